import { PERMISSIONS } from "./permissions.ts";

/** What each task runs: deno's subcommand first, then its own arguments. The launcher adds the packages. */
type Step = readonly string[];

/** The path that a `file:` URL names, with the platform's own separators. */
export function fromFileUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1).replaceAll("/", "\\") : path;
}

const root = fromFileUrl(new URL("../", import.meta.url));

/** Every task by its name. `ok` runs what must be green before a commit, fastest first. */
export const TASKS: Readonly<Record<string, (args: readonly string[]) => readonly Step[]>> = {
  dfuse: (args) => [["run", "--no-check", ...PERMISSIONS, `${root}main.ts`, ...args]],
  test: (args) => [test(args)],
  check: () => [check],
  ok: (args) => [
    ["fmt", "--check", "--quiet"],
    ["lint", "--quiet"],
    check,
    ["run", "--no-check", "--allow-read", "scripts/check_imports.ts"],
    test(args),
  ],
  compile: (args) => [["run", "--no-check", "-A", "scripts/compile.ts", ...args]],
  release: (args) => [["run", "--no-check", "-A", "scripts/release.ts", ...args]],
  e2e: (args) => [["run", "--no-check", "-A", "scripts/e2e.ts", ...args]],
  fuzz: (args) => [["run", "--no-check", "-A", "scripts/fuzz.ts", ...args]],
  bench: (args) => [["run", "--no-check", "-A", "scripts/bench.ts", ...args]],
};

const check: Step = ["check", "main.ts", "tests", ...entryScripts()];

function test(args: readonly string[]): Step {
  return ["test", "--no-check", "-A", "--parallel", ...(args.length === 0 ? ["tests"] : args)];
}

/** The scripts that stand on their own; those of npm_only are checked where they are used. */
function entryScripts(): string[] {
  return [...Deno.readDirSync(`${root}scripts`)]
    .filter((entry) => entry.isFile && entry.name.endsWith(".ts"))
    .map((entry) => `scripts/${entry.name}`)
    .sort();
}
