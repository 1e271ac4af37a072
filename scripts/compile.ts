/**
 * `deno task compile [--target TRIPLE] [--output FILE]`: one executable with everything in it, dist/dfuse by default.
 *
 * The program is bundled first: a start reads the few modules that a command needs, not a hundred small ones. Then
 * `deno compile` puts them behind its runtime, together with the USB addon of the target.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildTime, readBuildInfo } from "./build_info.ts";
import { obtainNpmRuntime } from "./npm_only/denort.ts";
import { PERMISSIONS } from "./permissions.ts";
import { findTarget, type Target } from "./targets.ts";
import { fromFileUrl } from "./tasks.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

/** Which deno compiles, and which runtime it uses: its own, unless one is named. */
export interface Compiler {
  readonly deno: string;
  readonly denort?: string;
}

/** Builds the executable for a target. Throws an `Error` if a step fails; its messages are on standard error. */
export async function compile(
  target: Target,
  options: { readonly output: string; readonly compiler: Compiler },
): Promise<void> {
  const { output, compiler } = options;
  const stage = `${root}.cache/compile/${target.triple}/`;
  await Deno.remove(stage, { recursive: true }).catch(() => {});
  await Deno.mkdir(stage, { recursive: true });
  // SOURCE_DATE_EPOCH, see reproducible-builds.org.
  const time = buildTime(Deno.env.get("SOURCE_DATE_EPOCH"), Date.now());
  await Deno.writeTextFile(`${stage}main.ts`, await entryText(target, time));
  const { usb } = JSON.parse(await Deno.readTextFile(`${root}deno.json`)).imports;
  await Deno.writeTextFile(`${stage}deno.json`, JSON.stringify({ imports: { usb } }));
  await Deno.writeTextFile(`${stage}deno.lock`, JSON.stringify(await lockOf(target, usb)));
  const bundle = ["--code-splitting", "--external=usb", `--outdir=${stage}bundle`];
  await runDeno(compiler, ["bundle", ...packageFlags(), ...bundle, `${stage}main.ts`]);
  // The executable keeps the times of its files.
  for await (const file of Deno.readDir(`${stage}bundle`)) {
    await Deno.utime(`${stage}bundle/${file.name}`, time, time);
  }
  const usbOnly = [`--config=${stage}deno.json`, `--lock=${stage}deno.lock`, "--frozen"];
  const flags = [...PERMISSIONS, `--target=${target.triple}`, `--output=${output}`];
  const main = `${stage}bundle/main.js`;
  const general = ["--quiet", "--no-check", NO_PAUSES];
  await runDeno(compiler, ["compile", ...general, ...usbOnly, ...flags, main]);
}

/**
 * V8 gives memory back after 8 s, which takes tens of milliseconds on a slow computer: in the middle of a flash. There is
 * little to give back.
 */
const NO_PAUSES = "--v8-flags=--no-memory-reducer";

/** main.ts for an executable, which cannot ask git for its commit any more. */
async function entryText(target: Target, time: Date): Promise<string> {
  const build = await readBuildInfo(root, { target: target.triple, time });
  return `import { main } from "../../../main.ts";\nawait main(${JSON.stringify(build)});\n`;
}

/** A lock file of deno, version 5, as far as it matters here. */
export interface UsbLock {
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

/**
 * A lock file with nothing but `usb`, which loads an addon and so cannot be bundled, and the addon of the target, with
 * the checksums that this project has pinned: what it does not name, deno neither downloads nor takes along.
 */
export async function lockOf(target: Target, usb: string): Promise<UsbLock> {
  const { npm } = JSON.parse(await Deno.readTextFile(`${root}scripts/npm_only/deno.lock`));
  const name = usb.replace("npm:", "");
  const version = usb.replace(/^.*@/, "");
  const addon = `${target.addon}@${version}`;
  if (npm[name] === undefined || npm[addon] === undefined) {
    throw new Error(`Cannot compile: scripts/npm_only/deno.lock does not pin ${name} and ${addon}`);
  }
  const { integrity } = npm[name];
  const lock = {
    version: "5",
    specifiers: { [usb]: version },
    npm: { [addon]: npm[addon], [name]: { integrity, optionalDependencies: [target.addon] } },
    workspace: { dependencies: [usb] },
  };
  return lock;
}

/** The flags that tell deno where the packages are: from the launcher. */
export function packageFlags(): string[] {
  const flags = Deno.env.get("DFUSE_PACKAGE_FLAGS");
  if (flags === undefined) {
    throw new Error("Cannot find the packages: run this as a task of deno.json");
  }
  return JSON.parse(flags);
}

/** Runs deno, from the project's root, and gives what it prints on standard output. */
export async function runDeno(compiler: Compiler, args: readonly string[]): Promise<string> {
  const env: Record<string, string> = compiler.denort === undefined ? {} : {
    DENORT_BIN: compiler.denort,
    // A network with an npm registry only has certificates of its own, too.
    DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system",
  };
  const child = new Deno.Command(compiler.deno, {
    args: [...args],
    cwd: root,
    env,
    stderr: "inherit",
  });
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`Cannot compile: deno ${args[0]} failed`);
  return new TextDecoder().decode(stdout);
}

/** This deno, where its runtime can be downloaded or is named by `DENORT_BIN`; otherwise one from npm. */
export async function findCompiler(target: Target): Promise<Compiler> {
  const deno = Deno.execPath();
  if (Deno.env.has("DENORT_BIN") || await hasRuntime(target)) return { deno };
  console.error(
    "dfuse: Deno's own host does not answer, taking the runtime from npm (for testing only)",
  );
  await Deno.mkdir(`${root}.cache`, { recursive: true });
  return await obtainNpmRuntime(target.triple, `${root}.cache`);
}

/** Long enough for a slow line; a network that says no says it at once. */
const PROBE_TIMEOUT_MS = 20_000;

/** Whether this deno's runtime for a target is in its cache, or offered by its own host. */
export async function hasRuntime(target: Target): Promise<boolean> {
  const path = `release/v${Deno.version.deno}/denort-${target.triple}.zip`;
  const { denoDir } = JSON.parse(
    await runDeno({ deno: Deno.execPath() }, ["info", "--no-config", "--json"]),
  );
  try {
    if (await Deno.stat(`${denoDir}/dl/${path}`).then(() => true, () => false)) return true;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await fetch(`https://dl.deno.land/${path}`, { method: "HEAD", signal });
    return response.ok;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: [...Deno.args],
      options: {
        target: { type: "string", default: Deno.build.target },
        output: { type: "string", short: "o" },
      },
    });
    const target = findTarget(values.target);
    const extension = target.triple.includes("windows") ? ".exe" : "";
    const output = values.output === undefined
      ? `${root}dist/dfuse${extension}`
      : resolve(Deno.env.get("INIT_CWD") ?? root, values.output);
    await compile(target, { output, compiler: await findCompiler(target) });
    console.error(`dfuse: ${output}`);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
