import { DfuseError, ExitCode, UsageError, writeReasonOf } from "../errors.ts";
import { type Style, styleOf } from "./style.ts";
import { hang } from "./wrap.ts";

/** Where a command writes. Results go to `out`, all that is said meanwhile to `err`. */
export interface Output {
  readonly style: Style;
  readonly errorStyle: Style;
  /** Whether standard error is a terminal that understands cursor movement. */
  readonly errorIsTerminal: boolean;
  /** Writes text to standard output. A reader that has closed the pipe has seen enough: the rest is dropped. */
  out(text: string): void;
  err(text: string): void;
}

/** The process's own standard output and error. */
export function processOutput(): Output {
  return {
    style: styleOf(Deno.stdout),
    errorStyle: styleOf(Deno.stderr),
    errorIsTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
  };
}

function writeAll(file: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new UsageError(`Cannot write the output: ${writeReasonOf(error)}`, {
      hint: "Send it to a file on a disk that has space.",
      cause: error,
    });
  }
}

/** Prints a text and gives the exit code, for who has nothing else to do. */
export function printOnly(output: Output, text: string): ExitCode {
  try {
    output.out(text);
    return ExitCode.done;
  } catch (error) {
    if (!(error instanceof DfuseError)) throw error;
    output.err(renderError(error, output.errorStyle));
    return error.exitCode;
  }
}

/** An error as a person reads it: the sentence, then each further problem, then what to do. */
export function renderError(error: DfuseError, style: Style): string {
  const problems = error.facts["problems"];
  const more = Array.isArray(problems) ? problems.slice(1) : [];
  const lines = [
    ...hang(error.message, style, { head: "error: ", paintHead: "red", indent: 2 }),
    ...more.flatMap((problem: string) => hang(problem, style, { head: " ".repeat(7), indent: 9 })),
    ...(error.hint === undefined ? [] : hintLines(error.hint, style)),
  ];
  return lines.join("\n") + "\n";
}

/** A warning as a person reads it. */
export function renderWarning(message: string, style: Style): string {
  const lines = hang(message, style, { head: "warning: ", paintHead: "yellow", indent: 2 });
  return lines.join("\n") + "\n";
}

/** What to do next, as lines for a person. */
export function hintLines(hint: string, style: Style): string[] {
  return hang(hint, style, { head: "hint: ", paintHead: "cyan", indent: 2 });
}

/** An error as a program reads it: one document or, in a stream of events, the last line. */
export function errorDocument(error: DfuseError): Record<string, unknown> {
  return {
    schema: "dfuse.error/1",
    event: "error",
    error: error.name,
    exitCode: error.exitCode,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    facts: error.facts,
  };
}

/** Ends the program with an exit code whose reason has been told already. */
export class ReportedError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** What a bug prints: all that helps to mend it. */
export function renderBug(error: unknown): string {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return `error: dfuse has a bug (exit code ${ExitCode.bug}). Please report this with the command line:\n${text}\n`;
}
