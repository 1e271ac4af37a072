import type { Output } from "./output.ts";
import { stopUnchanged } from "./interrupt.ts";

/** Nobody types more than this to answer a question, in bytes. */
const MAX_ANSWER_SIZE = 1024;

/**
 * Asks at the terminal, and gives the line that is typed; an empty one where the input ends. The question goes to standard
 * error, for standard output may be a file. Signals are heard meanwhile.
 *
 * @throws {InterruptedError} at Ctrl-C.
 */
export async function askLine(
  output: Output,
  question: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  output.err(`${question} `);
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop);
  try {
    const line = signal.aborted ? undefined : await Promise.race([readLine(), stopped]);
    stopUnchanged(signal);
    // The end of the input leaves the cursor behind the question.
    if (line === undefined) output.err("\n");
    return line ?? "";
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A line without its end; undefined where there is none. What is read after Ctrl-C is lost, but then the program ends. */
async function readLine(): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(MAX_ANSWER_SIZE);
  let size = 0;
  while (size < buffer.length) {
    const more = await Deno.stdin.read(buffer.subarray(size));
    if (more === null) return undefined;
    size += more;
    const end = buffer.subarray(0, size).indexOf(NEWLINE);
    if (end >= 0) return decoder.decode(buffer.subarray(0, end));
  }
  return undefined;
}

const NEWLINE = 0x0A;
