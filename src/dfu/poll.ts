import { DeviceError, TransportError } from "../errors.ts";
import type { Clock } from "../usb/transport.ts";
import { MAXIMUM_WRITE_MS } from "./limits.ts";
import { describeState, describeStatus, DfuState, type DfuStatus } from "./protocol.ts";
import type { DfuRequests } from "./requests.ts";

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

  /** One GETSTATUS. */
  async status(timeoutMs?: number): Promise<DfuStatus> {
    return await this.retried(() => this.#requests.getStatus(timeoutMs));
  }

  /**
   * After a DNLOAD: starts the work with the first GETSTATUS and waits for its end. `stuckMs` is for parts that never
   * report the end: after that time they are done. Throws `DeviceError` when the device is still busy at `maximumMs`.
   */
  async finish(
    work: { readonly maximumMs?: number; readonly stuckMs?: number } = {},
  ): Promise<DfuStatus> {
    const maximumMs = work.maximumMs ?? MAXIMUM_WRITE_MS;
    const deadline = this.#clock.now() + maximumMs;
    let status = await this.status(maximumMs);
    if (work.stuckMs !== undefined && isBusy(status)) return await this.#unstick(work.stuckMs);
    let asked = false;
    while (isBusy(status)) {
      if (this.#clock.now() >= deadline) throw this.refused("wait for the device", status);
      // Asking early pays once: who is still busy then wants its time.
      const early = this.#pollEarly && !asked;
      if (!early) await this.#clock.sleep(Math.max(LEAST_WAIT_MS, status.pollTimeoutMs));
      asked = true;
      status = early ? await this.#earlyStatus(status, maximumMs) : await this.status(maximumMs);
    }
    return status;
  }

  async #earlyStatus(before: DfuStatus, timeoutMs: number): Promise<DfuStatus> {
    try {
      return await this.#requests.getStatus(timeoutMs);
    } catch (error) {
      if (!isStall(error)) throw error;
      this.#pollEarly = false;
      return before;
    }
  }

  /** The part is done after this time but stays busy; CLRSTATUS twice wakes it (STM32H74x errata, ROM 0x91). */
  async #unstick(stuckMs: number): Promise<DfuStatus> {
    await this.#clock.sleep(stuckMs);
    await this.retried(() => this.#requests.clearStatus());
    await this.status();
    await this.retried(() => this.#requests.clearStatus());
    return await this.status();
  }

  /** Sends a request again if it stalls, a bounded number of times. */
  async retried<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1;; attempt++) {
      try {
        return await request();
      } catch (error) {
        if (!isStall(error) || attempt === MAX_ATTEMPTS) throw error;
        await this.#clock.sleep(LEAST_WAIT_MS);
      }
    }
  }

  /** The error for a device that does not do what it should; names its state and status. */
  refused(doing: string, status: DfuStatus): DeviceError {
    const { name, meaning } = describeStatus(status.status);
    const state = describeState(status.state);
    const found = status.status === 0 ? `it stays in ${state}` : `${name}, ${meaning}`;
    return new DeviceError(`Cannot ${doing}: ${found}`, {
      hint: hintFor(status),
      facts: { status: status.status, state: status.state },
    });
  }
}

function isBusy(status: DfuStatus): boolean {
  return status.state === DfuState.dfuDNBUSY || status.state === DfuState.dfuDNLOAD_SYNC;
}

function isStall(error: unknown): boolean {
  return error instanceof TransportError && error.kind === "stall";
}

const ERR_TARGET = 1;
const ERR_VENDOR = 11;

function hintFor({ status }: DfuStatus): string {
  switch (status) {
    case ERR_TARGET:
      return "Check that the file and the chosen part fit the device: dfuse list shows its memory.";
    case ERR_VENDOR:
      return "If it is read-protected (RDP level 1), only removing that helps, which erases the whole part.";
    default:
      return "Unplug the device, plug it in again, and run the same command once more.";
  }
}
