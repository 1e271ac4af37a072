import type { Work } from "./work.ts";

/** A sum of times may miss by less than the nanosecond that the virtual clock knows. */
export const CLOCK_TOLERANCE_MS = 1e-6;

/** Flash at work: one job at a time, in time that others count. */
export class WorkRunner {
  #work: Work | undefined;
  #startMs = 0;
  #endMs = 0;
  #isFinished = true;

  /** The last work begun, finished or not. */
  get work(): Work | undefined {
    return this.#work;
  }

  /** When it ends or ended. */
  get endMs(): number {
    return this.#endMs;
  }

  /** When the stated bwPollTimeout is over. */
  get dueMs(): number {
    return this.#startMs + (this.#work?.statedMs ?? 0);
  }

  get isBusy(): boolean {
    return !this.#isFinished;
  }

  start(work: Work, nowMs: number): void {
    this.#work = work;
    this.#startMs = nowMs;
    this.#endMs = nowMs + work.durationMs;
    this.#isFinished = false;
    work.begin?.();
  }

  /** Lets work that has ended take effect. */
  settle(nowMs: number): void {
    if (this.#isFinished || nowMs < this.#endMs - CLOCK_TOLERANCE_MS) return;
    this.#isFinished = true;
    this.#work?.finish?.();
  }

  /** Work that has not ended leaves a mess, as when power is lost. */
  breakOff(nowMs: number): void {
    this.settle(nowMs);
    if (!this.#isFinished) this.#work?.tear?.();
    this.#isFinished = true;
    this.#work = undefined;
  }
}
