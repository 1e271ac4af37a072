/**
 * The launcher behind every task of deno.json. It decides where the packages come from: JSR, when they are cached or JSR
 * (or the server that `JSR_URL` names) answers; otherwise the stand-ins of `scripts/npm_only/`, which need an npm
 * registry only. `DFUSE_PACKAGES=jsr` or `=npm` decides it by hand; any other value is the path of an import map.
 */
import { fromFileUrl, TASKS } from "./tasks.ts";

/** Long enough to download the packages over a slow line; a network that says no says it at once. */
const PROBE_TIMEOUT_MS = 60_000;

const root = fromFileUrl(new URL("../", import.meta.url));
const npmOnly = `${root}scripts/npm_only/`;

async function launch(name: string, args: readonly string[]): Promise<number> {
  const task = TASKS[name];
  if (task === undefined) {
    console.error(`error: Unknown task "${name}", expected ${Object.keys(TASKS).join(", ")}`);
    return 2;
  }
  const packages = await packageFlags();
  for (const step of task(args)) {
    const [command, ...rest] = step;
    if (command === undefined) continue;
    const flags = NEEDS_PACKAGES.has(command) ? packages : ["--config", `${root}deno.json`];
    const code = await deno([command, ...flags, ...rest], { cwd: cwdOf(name), packages });
    if (code !== 0) return code;
  }
  return 0;
}

/** Subcommands of deno that resolve imports. */
const NEEDS_PACKAGES = new Set(["run", "test", "check", "bench", "compile"]);

/** dfuse itself runs where the user stands, so that relative paths mean what they say. */
function cwdOf(name: string): string {
  return name === "dfuse" ? Deno.env.get("INIT_CWD") ?? Deno.cwd() : root;
}

/** The flags that tell deno where `@cliffy/command` and the others are. */
async function packageFlags(): Promise<string[]> {
  const choice = Deno.env.get("DFUSE_PACKAGES") ?? await probe();
  const frozen = Deno.env.get("CI") === "true" ? ["--frozen"] : [];
  const config = ["--quiet", "--config", `${root}deno.json`];
  switch (choice) {
    case "jsr":
      return exists(`${root}deno.lock`)
        ? [...config, `--lock=${root}deno.lock`, ...frozen]
        : [...config, "--no-lock"];
    case "npm":
      return [
        ...config,
        `--import-map=${npmOnly}import_map.json`,
        `--lock=${npmOnly}deno.lock`,
        ...frozen,
      ];
    default:
      return [...config, `--import-map=${choice}`, "--no-lock"];
  }
}

/** Asks deno itself, so that its cache, `JSR_URL` and its certificates count. */
async function probe(): Promise<"jsr" | "npm"> {
  const script = ["@cliffy/command", "@std/assert", "@std/streams"]
    .map((name) => `import "${name}";`).join("");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-lock", "--config", `${root}deno.json`, script],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), PROBE_TIMEOUT_MS);
  const { success } = await child.status;
  clearTimeout(timer);
  if (success) return "jsr";
  console.error("dfuse: JSR does not answer, using the npm stand-ins of scripts/npm_only/");
  return "npm";
}

async function deno(
  args: readonly string[],
  options: { readonly cwd: string; readonly packages: readonly string[] },
): Promise<number> {
  // Tests and benchmarks start dfuse as a process: the same source, unless an executable was named.
  const source = [
    Deno.execPath(),
    "run",
    "--no-check",
    ...options.packages,
    "-A",
    `${root}main.ts`,
  ];
  const command = Deno.env.get("DFUSE_COMMAND") ?? JSON.stringify(source);
  const env = {
    DFUSE_COMMAND: command,
    DFUSE_PACKAGE_FLAGS: JSON.stringify(options.packages),
  };
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: options.cwd, env })
    .spawn();
  return (await child.status).code;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  // The terminal sends Ctrl-C to the child as well: the child decides, and this process reports its decision.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.exit(await launch(Deno.args[0] ?? "", Deno.args.slice(1)));
}
