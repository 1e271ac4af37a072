import { fromFileUrl } from "../../scripts/tasks.ts";

/** How a run of the program ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Where the project stands: what relative paths of tests begin at. */
export const projectRoot = fromFileUrl(new URL("../../", import.meta.url));

/** The command that starts dfuse: set by the launcher, which knows where the packages are. */
export function dfuseCommand(): readonly string[] {
  const command = Deno.env.get("DFUSE_COMMAND");
  if (command === undefined) throw new Error("Run the tests with: deno task test");
  return JSON.parse(command);
}

/** Runs dfuse as a process of its own, from the project's root, and waits for its end. */
export async function runDfuse(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [program, ...first] = dfuseCommand();
  const child = new Deno.Command(program!, {
    args: [...first, ...args],
    cwd: options.cwd ?? projectRoot,
    env: { NO_COLOR: "1", ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // A program that ends early closes its input: what it made of it is in its output.
    await writer.write(options.stdin).then(() => writer.close()).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
