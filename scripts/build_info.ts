import type { Build } from "../src/cli/version.ts";

/**
 * What the executable says about itself: the version of deno.json, the commit, the day. `SOURCE_DATE_EPOCH` (seconds,
 * see reproducible-builds.org) sets the day, so that a build can be repeated byte for byte.
 */
export async function readBuildInfo(root: string, target: string): Promise<Build> {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [commit, changes] = await Promise.all([
    git(root, ["rev-parse", "--short=12", "HEAD"]),
    git(root, ["status", "--porcelain"]),
  ]);
  const suffix = changes === "" ? "" : "+changes";
  return {
    version,
    commit: commit === undefined ? "unknown" : commit + suffix,
    date: buildDate(Deno.env.get("SOURCE_DATE_EPOCH"), Date.now()),
    target,
  };
}

/** The day of a build in UTC, `2025-01-31`; the epoch is in seconds, `now` in milliseconds. */
export function buildDate(epoch: string | undefined, now: number): string {
  const date = new Date(epoch === undefined ? now : /^\d+$/.test(epoch) ? +epoch * 1000 : NaN);
  if (Number.isNaN(date.getTime())) {
    throw new Error(`Cannot use SOURCE_DATE_EPOCH "${epoch}", expected seconds since 1970`);
  }
  return date.toISOString().slice(0, 10);
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
