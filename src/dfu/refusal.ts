import { DeviceError, TransportError } from "../errors.ts";
import { formatDuration } from "../format.ts";
import { describeState, describeStatus, DfuState, type DfuStatus } from "./protocol.ts";

/** Within a session: the device went to dfuERROR after it had accepted the request. */
export class RefusedError extends Error {
  readonly status: DfuStatus;

  constructor(status: DfuStatus) {
    super("refused");
    this.status = status;
  }
}

/** Within a session: the device is busy for longer than any work takes. */
export class StuckError extends Error {
  readonly status: DfuStatus;
  readonly waitedMs: number;

  constructor(status: DfuStatus, waitedMs: number) {
    super("stuck");
    this.status = status;
    this.waitedMs = waitedMs;
  }
}

export interface RefusalDetails {
  /** It stalled the request again and again, and its status does not say why. */
  readonly stalled?: boolean;
  /** It stayed busy for so long, in milliseconds. */
  readonly waitedMs?: number;
}

/** The error for a device that does not do what it should; names its status, or else its state. */
export function refused(
  doing: string,
  status: DfuStatus,
  { stalled = false, waitedMs }: RefusalDetails = {},
): DeviceError {
  const error = describeStatus(status.status);
  const state = describeState(status.state);
  const found = stalled
    ? `the device refuses the request (USB stall), in ${state.name}`
    : waitedMs !== undefined
    ? `the device is still in ${state.name}, ${state.meaning}, after ${formatDuration(waitedMs)}`
    : status.status === 0
    ? `the device stays in ${state.name}, ${state.meaning}`
    : `${error.name}, ${error.meaning}`;
  return new DeviceError(`Cannot ${doing}: ${found}`, {
    hint: hintFor(status),
    facts: { status: status.status, state: status.state },
  });
}

/** What ended a piece of work that the device has not refused, with what was being done where the error itself tells less. */
export function explain(doing: string, error: unknown): unknown {
  if (error instanceof StuckError) return refused(doing, error.status, error);
  if (!(error instanceof TransportError)) return error;
  const { kind, hint, facts } = error;
  const found = kind === "timeout"
    ? "the device did not answer in time"
    : kind === "disconnected"
    ? "the device is disconnected"
    : undefined;
  if (found === undefined) return error;
  return new TransportError(kind, `Cannot ${doing}: ${found}`, {
    ...(hint === undefined ? {} : { hint }),
    facts,
    cause: error,
  });
}

/** Whether a status is a refusal with a reason: errSTALLEDPKT says no more than the stall itself. */
export function isRefusal({ state, status }: DfuStatus): boolean {
  return state === DfuState.dfuERROR && status !== 0 && status !== ERR_STALLEDPKT;
}

/** Whether work has ended as it should. */
export function hasSucceeded({ state, status }: DfuStatus): boolean {
  return status === 0 && (state === DfuState.dfuDNLOAD_IDLE || state === DfuState.dfuIDLE);
}

export function isStall(error: unknown): boolean {
  return error instanceof TransportError && error.kind === "stall";
}

/** Sends a request whose accidental stall the next status will show. */
export async function tolerateStall(request: () => Promise<void>): Promise<void> {
  try {
    await request();
  } catch (error) {
    if (!isStall(error)) throw error;
  }
}

/** Whether a transfer got no answer at all, as when the device has reset itself; or the one after a refusal. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof DeviceError) return isUnanswered(error.cause);
  return error instanceof TransportError && error.kind !== "stall";
}

const ERR_TARGET = 1;
const ERR_VENDOR = 11;
const ERR_STALLEDPKT = 15;

function hintFor({ status }: DfuStatus): string {
  switch (status) {
    case ERR_TARGET:
      return "Check that the file and the chosen part fit the device: dfuse list shows its memory.";
    case ERR_VENDOR:
      return "If it is read-protected (RDP level 1), dfuse unprotect lifts that, and erases the whole flash.";
    default:
      return "Unplug the device, plug it in again, and run the same command once more.";
  }
}
