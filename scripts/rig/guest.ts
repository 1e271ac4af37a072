import { attach, attachedPaths, detach, detachAll, until } from "./bus.ts";
import { type CommandResult, type RunningCommand, startCommand } from "./command.ts";
import { type BoardName, BOARDS } from "./boards.ts";
import type { SimulatorProcess, TransferLine } from "./simulator_process.ts";

/** What the machine is told to do, in /rig/job.json. */
export interface Job {
  /** Path of the project. */
  readonly project: string;
  /** The command that starts dfuse. */
  readonly dfuse: readonly string[];
  /** Only steps whose names contain this. */
  readonly only?: string;
  /** Measure instead of trying everything. */
  readonly figures: boolean;
  /** Path of pydfu.py, if it is to be measured as well. */
  readonly pydfu?: string;
}

/** Emulated processors are slow to start programs. */
const LIMIT_MS = 120_000;
/** The record is written four times a second. */
const RECORD_DELAY_MS = 1_000;
/** As an ordinary user. */
export const NOBODY = 65_534;

export interface DfuseOptions {
  /** Expected; 0 unless told otherwise. */
  readonly code?: number;
  readonly user?: number;
}

export interface GuestOptions {
  readonly folder: string;
  readonly simulator: SimulatorProcess;
  readonly say: (text: string) => void;
}

/** The machine as steps see it: programs to run, boards to attach, files to keep. */
export class Guest {
  readonly job: Job;
  /** For files of steps; theirs alone. */
  readonly folder: string;
  /** Everything that was run, with what it printed. */
  readonly log: string[] = [];
  /** Tells whoever started the machine. */
  readonly say: (text: string) => void;
  readonly #simulator: SimulatorProcess;

  constructor(job: Job, options: GuestOptions) {
    this.job = job;
    this.folder = options.folder;
    this.say = options.say;
    this.#simulator = options.simulator;
  }

  /** Runs dfuse; throws an `Error` unless it ends with the expected code. */
  dfuse(args: readonly string[], options: DfuseOptions = {}): Promise<CommandResult> {
    return this.startDfuse(args, options).finish();
  }

  /** Starts dfuse beside other things. */
  startDfuse(args: readonly string[], { code = 0, user }: DfuseOptions = {}) {
    const running = this.#start([...this.job.dfuse, ...args], user);
    const finish = () => this.#finish(running, { name: "dfuse", args, code });
    return { ...running, finish };
  }

  /** Runs dfu-util, which must succeed. */
  dfuUtil(args: readonly string[]): Promise<CommandResult> {
    const running = this.#start(["dfu-util", ...args]);
    return this.#finish(running, { name: "dfu-util", args, code: 0 });
  }

  /** Runs pydfu, which must succeed. */
  pydfu(args: readonly string[]): Promise<CommandResult> {
    const running = this.#start(["/usr/bin/python3", this.job.pydfu ?? "", ...args]);
    return this.#finish(running, { name: "pydfu", args, code: 0 });
  }

  /** Plugs a board in; its USB path. */
  async attach(board: BoardName): Promise<string> {
    const path = await attach(BOARDS[board].busId);
    this.log.push(`${board} attached at ${path}`);
    return path;
  }

  /** Pulls the cable of the board at a USB path. */
  async detach(path: string): Promise<void> {
    await detach(path);
    this.log.push(`${path} detached`);
  }

  /** Waits until the board at a USB path has left by itself. */
  async left(path: string): Promise<void> {
    const isThere = async () => (await attachedPaths()).includes(path);
    await until(`${path} to leave`, async () => !await isThere() || undefined);
  }

  /** Plugs a board in again that leaves the bus by itself, as soon as it has; a real one needs nobody for that. */
  async reattach(board: BoardName, path: string): Promise<void> {
    await this.left(path);
    const again = await this.attach(board);
    if (again !== path) throw new Error(`${board} came back at ${again}, not at ${path}`);
  }

  /** Pulls all cables. */
  async detachAll(): Promise<void> {
    await detachAll();
    this.log.push("all detached");
  }

  /** Waits until a board has been sent so many more erase commands or blocks than when this was called. */
  async sent(board: BoardName, what: "erase" | "write", more: number): Promise<void> {
    const count = async () =>
      (await this.#recorded(board)).filter(({ name, value, data }) =>
        name === "DNLOAD" &&
        (what === "write" ? value >= 2 : value === 0 && data.startsWith("41"))
      ).length;
    const wanted = await count() + more;
    await until(
      `${more} times ${what} on ${board}`,
      async () => await count() >= wanted || undefined,
    );
  }

  /** Everything that a board was asked, which must be at rest. */
  async transfersOf(board: BoardName): Promise<TransferLine[]> {
    await new Promise((resolve) => setTimeout(resolve, RECORD_DELAY_MS));
    return await this.#recorded(board);
  }

  async #recorded(board: BoardName): Promise<TransferLine[]> {
    const { busId } = BOARDS[board];
    return (await this.#simulator.transfers()).filter(({ device }) => device === busId);
  }

  attachedPaths(): Promise<string[]> {
    return attachedPaths();
  }

  /** Lets other users reach the program, which may be in somebody's home folder. */
  async letInOthers(): Promise<void> {
    const folders = (this.job.dfuse[0] ?? "").split("/").slice(1, -1);
    for (let count = 1; count <= folders.length; count++) {
      const folder = `/${folders.slice(0, count).join("/")}`;
      const { mode } = await Deno.stat(folder);
      await Deno.chmod(folder, ((mode ?? 0) & 0o7777) | 0o055);
    }
  }

  /** Path of a file of this name, with these contents. */
  async write(name: string, bytes: Uint8Array): Promise<string> {
    await Deno.writeFile(this.path(name), bytes);
    return this.path(name);
  }

  read(name: string): Promise<Uint8Array> {
    return Deno.readFile(this.path(name));
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  #start(command: readonly string[], user?: number): RunningCommand {
    return startCommand(command, {
      limitMs: LIMIT_MS,
      cwd: this.job.project,
      env: { NO_COLOR: "1" },
      ...(user === undefined ? {} : { user }),
    });
  }

  async #finish(
    running: RunningCommand,
    expected: { readonly name: string; readonly args: readonly string[]; readonly code: number },
  ): Promise<CommandResult> {
    const { name, args, code } = expected;
    const result = await running.result;
    const text = `$ ${name} ${args.join(" ")}\n${result.stdout}${result.stderr}` +
      `-> ${result.code} after ${result.seconds.toFixed(1)} s`;
    this.log.push(text);
    if (result.code !== code) throw new Error(`Expected exit code ${code}:\n${text}`);
    return result;
  }
}
