import type { Clock } from "../usb/transport.ts";
import { LONGEST_STATED_MS, MAXIMUM_WRITE_MS, SAFETY_FACTOR } from "./limits.ts";
import { DfuState, type DfuStatus } from "./protocol.ts";
import { isStall, StuckError, tolerateStall } from "./refusal.ts";
import { type DfuRequests, REQUEST_TIMEOUT_MS } from "./requests.ts";

/** Bounds of one piece of work, in milliseconds. */
export interface WorkBounds {
  /** A device that is busy for longer counts as hung. Default: that of a write. */
  readonly maximumMs?: number;
  /** For parts that never report the end: after this time they are done. */
  readonly stuckMs?: number;
  /** The device may reset itself at the end, so that nothing answers any more. */
  readonly mayReset?: boolean;
}

/** Work that an error can name. */
export interface NamedWork extends WorkBounds {
  /** As it follows "Cannot": `erase the whole memory`. */
  readonly doing: string;
}

/** A request that stalls is sent this often at most. */
const MAX_ATTEMPTS = 4;

/** A status that says "busy for 0 ms" is asked again after this: it must not become a busy loop. */
const LEAST_WAIT_MS = 1;

/**
 * Waits for the device. bwPollTimeout is the least time before the next GETSTATUS (DFU 1.1 §6.1.2). ST's ROMs answer an
 * earlier one when the work is done, which is the fastest way to learn of it; some stall it instead. So a part that is
 * known to answer is asked at once, and the first stall teaches to wait the stated time from then on.
 */
export class StatusPoller {
  readonly #requests: DfuRequests;
  readonly #clock: Clock;
  #pollEarly: boolean;

  constructor(
    requests: DfuRequests,
    options: { readonly clock: Clock; readonly pollEarly: boolean },
  ) {
    this.#requests = requests;
    this.#clock = options.clock;
    this.#pollEarly = options.pollEarly;
  }

  /** One GETSTATUS; one that stalls is sent again, a bounded number of times. */
  async status(timeoutMs: number = REQUEST_TIMEOUT_MS, waitMs = LEAST_WAIT_MS): Promise<DfuStatus> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#requests.getStatus(timeoutMs);
      } catch (error) {
        if (!isStall(error) || attempt === MAX_ATTEMPTS) throw error;
        await this.#clock.sleep(waitMs);
      }
    }
  }

  /** The first GETSTATUS after a DNLOAD, which starts the work (AN3156 §5). */
  async begin({ maximumMs = MAXIMUM_WRITE_MS }: WorkBounds = {}): Promise<DfuStatus> {
    return await this.status(maximumMs);
  }

  /** Waits for the end of the work that `begin()` started. Throws `StuckError` when the device is busy for too long. */
  async end(first: DfuStatus, work: WorkBounds = {}): Promise<DfuStatus> {
    if (!isBusy(first)) return first;
    if (work.stuckMs !== undefined) return await this.unstick(work.stuckMs);
    const stated = Math.min(LONGEST_STATED_MS, SAFETY_FACTOR * first.pollTimeoutMs);
    const startMs = this.#clock.now();
    const deadline = startMs + Math.max(work.maximumMs ?? MAXIMUM_WRITE_MS, stated);
    // Asking early pays once: who is still busy then wants its time.
    let status = this.#pollEarly ? await this.#earlyStatus(first, deadline) : first;
    while (isBusy(status)) {
      const leftMs = deadline - this.#clock.now();
      if (leftMs <= 0) throw new StuckError(status, this.#clock.now() - startMs);
      const waitMs = this.waitAfter(status, leftMs);
      await this.#clock.sleep(waitMs);
      status = await this.status(this.#timeoutBefore(deadline), waitMs);
    }
    return status;
  }

  /** How long to wait after a status, in milliseconds: as it says, within bounds. */
  waitAfter(status: DfuStatus, mostMs: number): number {
    return Math.max(LEAST_WAIT_MS, Math.min(status.pollTimeoutMs, mostMs));
  }

  /**
   * For a part that is done after this time but may stay busy for ever: CLRSTATUS twice wakes it (STM32H74x, ROM 0x91;
   * the first leads to dfuERROR, the second to dfuIDLE). Parts that do report the end are not disturbed.
   */
  async unstick(stuckMs: number): Promise<DfuStatus> {
    await this.#clock.sleep(stuckMs);
    let status = await this.status();
    if (!isBusy(status)) return status;
    await tolerateStall(() => this.#requests.clearStatus());
    status = await this.status();
    if (status.state !== DfuState.dfuERROR) return status;
    await tolerateStall(() => this.#requests.clearStatus());
    return await this.status();
  }

  async #earlyStatus(before: DfuStatus, deadline: number): Promise<DfuStatus> {
    try {
      return await this.#requests.getStatus(this.#timeoutBefore(deadline));
    } catch (error) {
      if (!isStall(error)) throw error;
      this.#pollEarly = false;
      return before;
    }
  }

  /** The device may keep the host waiting until the work is done, so a transfer may take as long as the work. */
  #timeoutBefore(deadline: number): number {
    return Math.max(REQUEST_TIMEOUT_MS, deadline - this.#clock.now());
  }
}

/** Whether the device works, or is about to. */
export function isBusy(status: DfuStatus): boolean {
  return status.state === DfuState.dfuDNBUSY || status.state === DfuState.dfuDNLOAD_SYNC;
}
