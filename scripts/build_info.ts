import type { Build } from "../src/cli/version.ts";

/** What the executable says about itself: the version of deno.json, the commit, the day in UTC. */
export async function readBuildInfo(
  root: string,
  made: { readonly target: string; readonly time: Date },
): Promise<Build> {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [commit, changes] = await Promise.all([
    git(root, ["rev-parse", "--short=12", "HEAD"]),
    git(root, ["status", "--porcelain"]),
  ]);
  const suffix = changes === "" ? "" : "+changes";
  return {
    version,
    commit: commit === undefined ? "unknown" : commit + suffix,
    date: made.time.toISOString().slice(0, 10),
    target: made.target,
  };
}

/** When a build says that it was made; the epoch is in seconds, `now` in milliseconds. */
export function buildTime(epoch: string | undefined, now: number): Date {
  const date = new Date(epoch === undefined ? now : /^\d+$/.test(epoch) ? +epoch * 1000 : NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new Error(`Cannot use SOURCE_DATE_EPOCH "${epoch}", expected seconds since 1970`);
}

/** What git prints; undefined where there is no git, or no commit. */
async function git(root: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", { args: [...args], cwd: root })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
