/**
 * `deno task e2e [--figures] [--pydfu FILE] [--only TEXT] [--dfuse FILE] [--limit SECONDS]`: the executable and dfu-util
 * on simulated boards that are attached to a real Linux USB stack, in a small virtual machine; with `--figures`, how fast
 * both are, and MicroPython's pydfu.py if there is one. Needs Debian on x86-64, and root where packages are missing. What happened is in .cache/rig/run afterwards.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { compile, findCompiler } from "./compile.ts";
import type { Job } from "./rig/guest.ts";
import { ensureBootFiles } from "./rig/kernel.ts";
import { runMachine } from "./rig/machine.ts";
import type { Result } from "./rig/step.ts";
import { ensureTools } from "./rig/tools.ts";
import { findTarget } from "./targets.ts";
import { fromFileUrl } from "./tasks.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const cache = `${root}.cache/rig`;
const share = `${cache}/run`;

/** 700 s were seen on two processors that had other things to do. */
const DEFAULT_LIMIT_S = 1_080;

/** Runs the rig; whether all went well. */
async function runRig(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      figures: { type: "boolean", default: false },
      only: { type: "string" },
      dfuse: { type: "string" },
      pydfu: { type: "string" },
      limit: { type: "string", default: `${DEFAULT_LIMIT_S}` },
    },
  });
  const startMs = performance.now();
  await Deno.mkdir(cache, { recursive: true });
  await ensureTools(say, { python: values.pydfu !== undefined });
  const boot = await ensureBootFiles(cache, say);
  const program = values.dfuse === undefined ? await compileProgram() : fromHere(values.dfuse);
  const { figures, only, pydfu } = values;
  await writeJob({
    project: root,
    dfuse: [program],
    figures,
    ...(only === undefined ? {} : { only }),
    ...(pydfu === undefined ? {} : { pydfu: fromHere(pydfu) }),
  });
  say(`Linux ${boot.version} on an emulated processor; what happens is kept in ${share}`);
  const serial: string[] = [];
  const limitMs = Number(values.limit) * 1000;
  const onLine = (line: string) => {
    serial.push(line);
    if (line.startsWith(MARK)) say(line.slice(MARK.length));
  };
  try {
    await runMachine({ boot, share, pace: figures ? "counted" : "fast", limitMs, onLine });
  } finally {
    await Deno.writeTextFile(`${share}/serial.txt`, serial.join("\n") + "\n");
  }
  const result = await readResult();
  if (result === undefined) {
    say(`The machine left no result. Its last lines:\n${serial.slice(-30).join("\n")}`);
    return false;
  }
  const failed = result.steps.filter(({ error }) => error !== undefined);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  say(`${result.steps.length - failed.length} steps passed, ${failed.length} failed, ${seconds} s`);
  return failed.length === 0 && result.steps.length > 0;
}

/** A path as whoever starts the task means it. */
function fromHere(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? root, path);
}

/** Begins the lines of the machine that are meant for whoever started it. */
const MARK = "rig: ";

/** The executable as users get it. */
async function compileProgram(): Promise<string> {
  const target = findTarget(Deno.build.target);
  const output = `${cache}/dfuse`;
  await compile(target, { output, compiler: await findCompiler(target) });
  return output;
}

/** Fills the folder that the machine sees as /rig. */
async function writeJob(job: Job): Promise<void> {
  await Deno.remove(share, { recursive: true }).catch(() => {});
  await Deno.mkdir(share, { recursive: true });
  await Deno.writeTextFile(`${share}/job.json`, JSON.stringify(job));
  await Deno.writeTextFile(`${share}/start.sh`, startScript());
}

/** What the machine runs: it looks like this computer, so the same paths lead to the same programs. */
function startScript(): string {
  const settings = Object.entries({
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: Deno.env.get("HOME") ?? "/root",
    ...(Deno.env.has("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
  });
  const command = [Deno.execPath(), "run", "--no-config", "--no-lock", "--no-check", "-A", QUIET];
  const main = `${root}scripts/rig/guest_main.ts`;
  return [
    ...settings.map(([name, value]) => `export ${name}=${quote(value)}`),
    [...command, main].map(quote).join(" "),
    "sync",
    "/bin/busybox poweroff -f",
    "",
  ].join("\n");
}

/** The rig waits while others are measured: it must not tidy up its memory then, which takes the only processor. */
const QUIET = "--v8-flags=--no-memory-reducer";

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function readResult(): Promise<Result | undefined> {
  const text = await Deno.readTextFile(`${share}/result.json`).catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

function say(line: string): void {
  console.log(line);
}

if (import.meta.main) {
  try {
    Deno.exitCode = await runRig(Deno.args) ? 0 : 1;
  } catch (error) {
    console.error(`The rig failed: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}
