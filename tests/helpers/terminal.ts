import { dfuseCommand, projectRoot, type Run } from "./run_dfuse.ts";

/** Whether there is the `script` of util-linux, which makes pseudo-terminals. */
export const HAS_TERMINAL = await isUtilLinux();

async function isUtilLinux(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch {
    return false;
  }
}

/** Who never prints what is waited for must not keep the tests waiting. */
const LIMIT_S = 30;

export interface TerminalOptions {
  /** Typed when this text has been printed. */
  readonly after: string;
  readonly type: string;
  /** Added to the command line of the shell: `> file`. */
  readonly redirect?: string;
  /** Default: without colours. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs dfuse at a terminal of its own; what the terminal shows is the `stdout`. */
export async function runAtTerminal(
  args: readonly string[],
  { after, type, redirect = "", env = {} }: TerminalOptions,
): Promise<Run> {
  const words = [...dfuseCommand(), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const command = `${words.join(" ")} ${redirect}`;
  const script = ["script", "--quiet", "--return", "--command", command, "/dev/null"];
  const child = new Deno.Command("timeout", {
    args: [`${LIMIT_S}`, ...script],
    cwd: projectRoot,
    env: { NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  let shown = "";
  let hasTyped = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (hasTyped || !shown.includes(after)) continue;
    hasTyped = true;
    await keyboard.write(new TextEncoder().encode(type));
  }
  const { code } = await child.status;
  await keyboard.close().catch(() => {});
  return { code, stdout: shown.replaceAll("\r\n", "\n"), stderr: "" };
}
