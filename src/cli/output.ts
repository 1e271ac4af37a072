import { type DfuseError, ExitCode, OutputError, writeReasonOf } from "../errors.ts";
import { type Style, styleOf } from "./style.ts";
import { hang } from "./wrap.ts";

/**
 * Where a command writes. Results go to `out`, all that is said meanwhile to `err`. Neither ever throws: what cannot be
 * written is dropped, with all that follows, for no board may stay half done because a disk is full.
 */
export interface Output {
  readonly style: Style;
  readonly errorStyle: Style;
  /** Whether standard error is a terminal that understands cursor movement. */
  readonly errorIsTerminal: boolean;
  /** Writes text to standard output. */
  out(text: string): void;
  err(text: string): void;
  /** Why standard output takes no more; undefined as long as it does. */
  readonly outLoss?: OutputLoss | undefined;
  /** The same of standard error. */
  readonly errLoss?: OutputLoss | undefined;
}

/** A reader that has closed its pipe has seen enough; a disk that is full has lost something. */
export type OutputLoss =
  | { readonly kind: "closed" }
  | { readonly kind: "failed"; readonly reason: string };

/** The process's own standard output and error. */
export function processOutput(): Output {
  const out = new Stream(Deno.stdout);
  const err = new Stream(Deno.stderr);
  return {
    style: styleOf(Deno.stdout),
    errorStyle: styleOf(Deno.stderr),
    errorIsTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
    out: (text) => out.write(text),
    err: (text) => err.write(text),
    get outLoss() {
      return out.loss;
    },
    get errLoss() {
      return err.loss;
    },
  };
}

/** Writes until it fails: what came behind a gap would be read as something else. */
class Stream {
  readonly #file: { writeSync(bytes: Uint8Array): number };
  loss: OutputLoss | undefined;

  constructor(file: { writeSync(bytes: Uint8Array): number }) {
    this.#file = file;
  }

  write(text: string): void {
    if (this.loss !== undefined) return;
    let bytes: Uint8Array = new TextEncoder().encode(text);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
    } catch (error) {
      const isClosed = error instanceof Deno.errors.BrokenPipe;
      this.loss = isClosed ? { kind: "closed" } : { kind: "failed", reason: writeReasonOf(error) };
    }
  }
}

/** Prints what came of work on a device, on standard error as well where standard output has lost it. */
export function printResult(
  output: Output,
  text: string,
  options: {
    /** The same for a person. Default: the text. */
    readonly words?: string;
    /** Whether it tells of a failure: then a reader that has closed its pipe is no excuse. */
    readonly isFailure?: boolean;
  } = {},
): void {
  const { words = text, isFailure = false } = options;
  output.out(text);
  const { outLoss } = output;
  if (outLoss?.kind === "failed" || (outLoss !== undefined && isFailure)) output.err(words);
}

/**
 * The last word of the program: says on the stream that is left which one has lost something, and gives the exit code. It
 * is that of the work, unless this was done and its result could not be printed.
 */
export function endOutput(
  output: Output,
  { exitCode, json }: { readonly exitCode: ExitCode; readonly json: boolean },
): ExitCode {
  const { outLoss, errLoss } = output;
  const isDone = exitCode === ExitCode.done;
  if (outLoss?.kind === "failed") {
    const error = new OutputError(`Cannot write the output: ${outLoss.reason}`, {
      hint: `${isDone ? "Nothing else failed. " : ""}Send it to a file on a disk that has space.`,
    });
    output.err(renderError(error, output.errorStyle));
    return isDone ? ExitCode.output : exitCode;
  }
  // With --json the error is on standard output already.
  if (errLoss?.kind === "failed" && !isDone && !json) {
    const error = new OutputError(`Cannot write to standard error: ${errLoss.reason}`, {
      hint: `What is wrong stood there; the exit code is ${exitCode}.`,
    });
    output.out(renderError(error, output.style));
  }
  return exitCode;
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

/** What to do next, as lines for a person; `indent` is what all of them stand in by. */
export function hintLines(hint: string, style: Style, { indent = 0 } = {}): string[] {
  const head = `${" ".repeat(indent)}hint: `;
  return hang(hint, style, { head, paintHead: "cyan", indent: indent + 2 });
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
