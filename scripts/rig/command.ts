/** How a command ended. */
export interface CommandResult {
  /** 128 and the signal's number, if a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface CommandOptions {
  /** It is killed after that: nothing in the rig may hang. */
  readonly limitMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Number of the user who runs it. */
  readonly user?: number;
}

/** Runs a command to its end. Throws an `Error` if it cannot be started or takes longer than its limit. */
export async function runCommand(
  command: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const running = startCommand(command, options);
  return await running.result;
}

/** A command that runs beside others. */
export interface RunningCommand {
  /** What it has printed so far, on standard output and standard error. */
  printed(): string;
  /** Ends it as Ctrl-C does. */
  interrupt(): void;
  readonly result: Promise<CommandResult>;
}

/** As `runCommand()`, without waiting for the end. */
export function startCommand(command: readonly string[], options: CommandOptions): RunningCommand {
  const { limitMs, user, ...rest } = options;
  const [program = "", ...args] = command;
  const startMs = performance.now();
  const child = new Deno.Command(program, {
    args,
    ...rest,
    ...(user === undefined ? {} : { uid: user, gid: user }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Collector(child.stdout);
  const stderr = new Collector(child.stderr);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, limitMs);
  const finish = async (): Promise<CommandResult> => {
    const [{ code }] = await Promise.all([child.status, stdout.end, stderr.end]);
    clearTimeout(timer);
    const seconds = (performance.now() - startMs) / 1000;
    if (!isLate) return { code, stdout: stdout.text, stderr: stderr.text, seconds };
    const printed = `${stdout.text}${stderr.text}`;
    throw new Error(`${command.join(" ")} did not end within ${limitMs / 1000} s:\n${printed}`);
  };
  return {
    printed: () => stdout.text + stderr.text,
    interrupt: () => child.kill("SIGINT"),
    result: finish(),
  };
}

/** Runs a command that must succeed, and gives what it printed. */
export async function mustRun(
  command: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, options);
  if (code === 0) return stdout;
  throw new Error(`${command.join(" ")} ended with ${code}:\n${stderr || stdout}`);
}

/** The text of a stream, as far as it has come. */
class Collector {
  readonly end: Promise<void>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.end = this.#collect(stream);
  }

  /** Progress bars return to the start of a line: each of their states becomes a line. */
  get text(): string {
    return this.#text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) this.#text += decoder.decode(bytes, { stream: true });
  }
}
