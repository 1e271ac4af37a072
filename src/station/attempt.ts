import type { ErrorFacts } from "../errors.ts";
import type { FinalState, Report, Stage } from "../dfu/report.ts";
import type { PlanTotals } from "../plan/operation.ts";

/** How an attempt ended. */
export type AttemptResult =
  | "passed"
  | "failed"
  /** Stopped by the user. */
  | "interrupted"
  /** dfuse itself was ended, or the computer, before the result was known. */
  | "unfinished";

/** A file that an attempt flashed. */
export interface AttemptFile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

/** What is known of an attempt before the device is touched. */
export interface AttemptStart {
  readonly schema: "dfuse.attempt/1";
  /** Unique among all attempts ever. */
  readonly id: string;
  /** When it began: ISO 8601, UTC. */
  readonly time: string;
  /** The station name of the port; its USB path where it has none. */
  readonly port: string;
  /** USB path. */
  readonly path: string;
  readonly serial?: string;
  readonly files: readonly AttemptFile[];
  /** The values of this unit, by name, as they were given. */
  readonly unit?: Readonly<Record<string, string>>;
  /** Version of dfuse. */
  readonly dfuse: string;
}

/** Why an attempt failed. */
export interface AttemptError {
  /** The class of the error. */
  readonly error: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string;
  readonly facts: ErrorFacts;
}

/** One attempt to flash one unit: a line of the journal. */
export interface Attempt extends AttemptStart {
  readonly result: AttemptResult;
  /** The unit held the image already, and nothing was changed. */
  readonly skipped?: boolean;
  /** Missing where the device could not be opened. */
  readonly device?: {
    readonly name: string;
    readonly usb: string;
    readonly chip?: string;
  };
  readonly plan?: PlanTotals;
  readonly bytes?: Report["bytes"];
  /** By stage and `total`, in milliseconds. */
  readonly durations?: Readonly<Record<Stage, number>> & { readonly total: number };
  readonly finalState?: FinalState;
  readonly error?: AttemptError;
}

/** What is written of an attempt whose end nobody saw. */
export function unfinishedAttempt(start: AttemptStart): Attempt {
  return {
    ...start,
    result: "unfinished",
    error: {
      error: "InterruptedError",
      exitCode: 130,
      message: "dfuse was ended before the result was known",
      hint: "Flash the unit again: it may hold a part of the image only.",
      facts: {},
    },
  };
}

/** Reads a line of a journal; undefined if it is none. */
export function parseAttempt(line: string): Attempt | undefined {
  const value = parseObject(line);
  const isAttempt = value?.["schema"] === "dfuse.attempt/1" && typeof value["id"] === "string" &&
    typeof value["time"] === "string" && typeof value["port"] === "string" &&
    RESULTS.some((result) => result === value["result"]);
  return isAttempt ? value as unknown as Attempt : undefined;
}

const RESULTS: readonly AttemptResult[] = ["passed", "failed", "interrupted", "unfinished"];

/** A JSON object; undefined if a text is none. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
