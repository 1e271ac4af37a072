import type { DfuseError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";

/** The kinds of work that take time, in the order in which they come. */
export type Stage = "survey" | "read" | "erase" | "write" | "verify" | "leave";

/** What is told while a plan is executed: a stage begins, then its steps in order of time. */
export type ProgressEvent =
  | { readonly kind: "stage"; readonly stage: Stage; readonly total: number }
  | {
    readonly kind: "progress";
    readonly stage: Stage;
    readonly address: number;
    /** Bytes of this step. */
    readonly size: number;
    /** Bytes of this stage so far. */
    readonly done: number;
    readonly total: number;
    /** Of `verify`: where in this step the device differs, first to last byte within each page. Missing where it does not. */
    readonly different?: readonly Extent[];
  };

/** Where the device is when dfuse lets go of it. */
export type FinalState =
  /** In the boot loader, ready for the next command. */
  | "boot-loader"
  /** Told to start its program. */
  | "left"
  /** Reset itself, as parts do when their option bytes are written. */
  | "reset"
  /** Gone, no longer answering, or in a state that no request gets it out of: it must be plugged in again. */
  | "lost";

/** What was done to one device. */
export interface Report {
  readonly outcome: "done" | "nothing-to-do" | "failed" | "interrupted";
  readonly operationsDone: number;
  readonly operationCount: number;
  /** In bytes; `verified` are those that were compared, different ones too. */
  readonly bytes: Readonly<Record<"read" | "erased" | "written" | "verified", number>>;
  /** In milliseconds. */
  readonly durations: Readonly<Record<Stage, number>> & { readonly total: number };
  readonly finalState: FinalState;
  readonly error?: DfuseError;
}

/** What two runs on one device did together; the second one's end counts. */
export function addReports(first: Report, second: Report): Report {
  const sum = <Key extends string>(
    a: Readonly<Record<Key, number>>,
    b: Readonly<Record<Key, number>>,
  ) =>
    Object.fromEntries(Object.keys(a).map((key) => [key, a[key as Key] + b[key as Key]])) as Record<
      Key,
      number
    >;
  return {
    ...second,
    operationsDone: first.operationsDone + second.operationsDone,
    operationCount: first.operationCount + second.operationCount,
    bytes: sum(first.bytes, second.bytes),
    durations: sum(first.durations, second.durations),
  };
}
