import type { Clock } from "../usb/transport.ts";

/** Timers count in milliseconds: less is not worth waiting for, it is added to the next wait. */
const SHORTEST_WAIT_MS = 1;
/** Timers count to 2^31. Whoever waits for weeks waits for ever. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
/** A process that was held up for longer has stood still, and the device with it. */
const MAXIMUM_LATENESS_MS = 5;

/**
 * Real time for one simulated device, `speed` times faster, that is right on average although timers are late and
 * count in whole milliseconds: what one wait takes too long, the next one takes less, and the other way round. One
 * wait at a time; one that has been given up may go on beside the next.
 *
 * A transfer of a block takes 2.5 ms on the wire, so timers that are late by one would make each a third slower.
 */
export class UsbipClock implements Clock {
  readonly #speed: number;
  readonly #timer: Timer;
  /** Real milliseconds by which the device's time is behind real time, or ahead of it if negative. */
  #latenessMs = 0;
  #waits = 0;

  constructor(speed: number, timer: Timer = SYSTEM_TIMER) {
    this.#speed = speed;
    this.#timer = timer;
  }

  now(): number {
    return (this.#timer.now() - this.#latenessMs) * this.#speed;
  }

  async sleep(ms: number): Promise<void> {
    const dueMs = Math.max(0, ms) / this.#speed - this.#latenessMs;
    if (dueMs < SHORTEST_WAIT_MS) {
      this.#latenessMs = -dueMs;
      return;
    }
    if (dueMs > LONGEST_WAIT_MS) return await new Promise<void>(() => {});
    const wait = ++this.#waits;
    const startMs = this.#timer.now();
    await this.#timer.sleep(Math.floor(dueMs));
    const tookMs = this.#timer.now() - startMs;
    if (wait === this.#waits) this.#latenessMs = Math.min(tookMs - dueMs, MAXIMUM_LATENESS_MS);
  }
}

/** The system's time and timers, in real milliseconds. */
export interface Timer {
  now(): number;
  sleep(ms: number): Promise<void>;
}

const SYSTEM_TIMER: Timer = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
