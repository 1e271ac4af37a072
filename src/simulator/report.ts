/** DfuSe commands, and the other uses of DNLOAD. */
export type CommandKind =
  | "set-address"
  | "erase"
  | "mass-erase"
  | "read-unprotect"
  | "data"
  | "leave";

/** Where virtual time went, in milliseconds. */
export interface ActivityTimes {
  readonly erase: number;
  /** Writing flash, OTP, option bytes. */
  readonly program: number;
  /** Transfers, less the time in which the device kept the host waiting. */
  readonly wire: number;
  /** Neither work nor a transfer, since the device was first opened. */
  readonly idle: number;
}

/** What happened to a simulated device since it was made. */
export interface SimulatorReport {
  /** Control transfers of every kind, answered or not. */
  readonly transfers: number;
  /** By the name of the request: `GETSTATUS`, `GET_DESCRIPTOR`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Commands whose work began. */
  readonly commands: Readonly<Record<CommandKind, number>>;
  /** How often each page was erased, by its address; a mass erase counts for each page. */
  readonly erases: ReadonlyMap<number, number>;
  /** Bytes of flash or OTP that were programmed, or should have been, and were not blank before. */
  readonly unerasedBytesProgrammed: number;
  /** GETSTATUS before the stated bwPollTimeout was over. */
  readonly earlyPolls: number;
  readonly stalls: number;
  /** What a strict device does not forgive, in order; the first thousand. */
  readonly violations: readonly string[];
  readonly violationCount: number;
  /** Data blocks accepted, in bytes; commands do not count. */
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly ms: ActivityTimes;
  /** Where the program was started, and whether a vector table was there. */
  readonly left?: { readonly address: number; readonly vectorTable: boolean };
}

/** One line of the request log. */
export interface LogEntry {
  /** Virtual time at the end of the transfer. */
  readonly atMs: number;
  readonly text: string;
}

/** More would not tell more, and a host gone wild must not fill the memory. */
const MAXIMUM_VIOLATIONS = 1000;
const LOG_LENGTH = 256;

/** Counts, for `SimulatorReport`. */
export class Recorder {
  transfers = 0;
  unerasedBytesProgrammed = 0;
  earlyPolls = 0;
  stalls = 0;
  bytesWritten = 0;
  bytesRead = 0;
  left: SimulatorReport["left"];
  readonly erases = new Map<number, number>();
  readonly log: LogEntry[] = [];
  readonly #requests: Record<string, number> = {};
  readonly #commands: Record<CommandKind, number> = {
    "set-address": 0,
    "erase": 0,
    "mass-erase": 0,
    "read-unprotect": 0,
    "data": 0,
    "leave": 0,
  };
  readonly #violations: string[] = [];
  #violationCount = 0;
  readonly #ms = { erase: 0, program: 0, wire: 0, idle: 0 };
  /** Until here all time has been given to an activity. */
  #accountedMs: number | undefined;

  request(name: string): void {
    this.#requests[name] = (this.#requests[name] ?? 0) + 1;
  }

  command(kind: CommandKind): void {
    this.#commands[kind]++;
  }

  erase(address: number): void {
    this.erases.set(address, (this.erases.get(address) ?? 0) + 1);
  }

  violation(text: string): void {
    this.#violationCount++;
    if (this.#violations.length < MAXIMUM_VIOLATIONS) this.#violations.push(text);
  }

  /** Starts the account of time, once. */
  opened(nowMs: number): void {
    this.#accountedMs ??= nowMs;
  }

  /** Something took from `startMs` to `endMs`. Calls come in order of their start. */
  activity(kind: "erase" | "program" | "wire", span: { startMs: number; endMs: number }): void {
    this.#ms[kind] += span.endMs - span.startMs;
    const accountedMs = this.#accountedMs ?? span.startMs;
    this.#ms.idle += Math.max(0, span.startMs - accountedMs);
    this.#accountedMs = Math.max(accountedMs, span.endMs);
  }

  logTransfer(atMs: number, text: string): void {
    if (this.log.length === LOG_LENGTH) this.log.shift();
    this.log.push({ atMs, text });
  }

  report(): SimulatorReport {
    return {
      transfers: this.transfers,
      requests: { ...this.#requests },
      commands: { ...this.#commands },
      erases: new Map(this.erases),
      unerasedBytesProgrammed: this.unerasedBytesProgrammed,
      earlyPolls: this.earlyPolls,
      stalls: this.stalls,
      violations: [...this.#violations],
      violationCount: this.#violationCount,
      bytesWritten: this.bytesWritten,
      bytesRead: this.bytesRead,
      ms: {
        erase: wholeNs(this.#ms.erase),
        program: wholeNs(this.#ms.program),
        wire: wholeNs(this.#ms.wire),
        idle: wholeNs(this.#ms.idle),
      },
      ...(this.left === undefined ? {} : { left: this.left }),
    };
  }
}

/** Without the noise of adding: the virtual clock knows whole nanoseconds. */
function wholeNs(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
