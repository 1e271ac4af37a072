/** Exit codes of the program. A script may rely on them: they never change their meaning. */
export const ExitCode = {
  done: 0,
  bug: 1,
  usage: 2,
  firmware: 3,
  plan: 4,
  device: 5,
  transport: 6,
  verify: 7,
  output: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Facts that an error carries for machines: they appear in `--json` beside the message. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface ErrorOptionsWithHint {
  /** What to do next, as a sentence of its own. */
  readonly hint?: string;
  readonly facts?: ErrorFacts;
  readonly cause?: unknown;
}

/** The base of every error that is not a bug: a message for a person, an exit code for a script. */
export abstract class DfuseError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly facts: ErrorFacts;

  constructor(message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
  }
}

/** The command line cannot be understood or contradicts itself. */
export class UsageError extends DfuseError {
  override readonly exitCode = ExitCode.usage;
}

/** The operating system does not write a file. */
export function writeErrorOf(path: string, cause: unknown): UsageError {
  return new UsageError(`Cannot write ${path}: ${writeReasonOf(cause)}`, {
    hint: "Check that its folder exists, may be written, and has space.",
    cause,
  });
}

/** Why the operating system does not write, in words. */
export function writeReasonOf(cause: unknown): string {
  // Deno lets programs with few rights open no devices.
  if (cause instanceof Deno.errors.NotCapable) {
    return "it is a special file, expected an ordinary one";
  }
  const known = cause instanceof Error && "code" in cause
    ? WRITE_REASONS[String(cause.code)]
    : undefined;
  return known ?? messageOf(cause);
}

/** What something that was thrown says: anything may be. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** By the names that POSIX has for them (errno.h). */
const WRITE_REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOENT: "there is no such folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "there is no such folder",
  EROFS: "the disk can only be read",
};

/** A firmware file is damaged, unreadable or not what it claims; facts: `offset` in bytes, or `line`. */
export class FirmwareError extends DfuseError {
  override readonly exitCode = ExitCode.firmware;
}

/** The image cannot be put onto this layout. Nothing was sent to a device. */
export class PlanError extends DfuseError {
  override readonly exitCode = ExitCode.plan;
}

/** The device answered, and refused; facts: `state`, `status`, `address`. */
export class DeviceError extends DfuseError {
  override readonly exitCode = ExitCode.device;
}

/** What can go wrong below the DFU protocol. A closed set: see `src/usb/`. */
export type TransportErrorKind =
  | "not-found"
  | "access-denied"
  | "no-driver"
  | "busy"
  | "stall"
  | "timeout"
  | "disconnected"
  | "fault";

/** The USB side failed: the device could not be found, opened, or kept. */
export class TransportError extends DfuseError {
  override readonly exitCode = ExitCode.transport;
  readonly kind: TransportErrorKind;

  constructor(kind: TransportErrorKind, message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** The device's memory differs from the image; facts: `address`, `expected`, `found`. */
export class VerifyError extends DfuseError {
  override readonly exitCode = ExitCode.verify;
}

/** All was done, but its result could not be written: nobody was told. */
export class OutputError extends DfuseError {
  override readonly exitCode = ExitCode.output;
}

/** The user asked to stop, and dfuse stopped at a safe point. */
export class InterruptedError extends DfuseError {
  override readonly exitCode = ExitCode.interrupted;
}
