import { InterruptedError } from "../errors.ts";
import type { UsbBus } from "./bus.ts";
import type { Clock } from "./transport.ts";

export interface WaitOptions {
  readonly clock: Clock;
  /** How long at most, in milliseconds; 0 looks once. */
  readonly timeoutMs: number;
  /** Called before each pause, with the time that has passed. */
  readonly onWait?: ((elapsedMs: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asking the system for its devices takes about 2 ms. */
const POLL_INTERVAL_MS = 250;

/**
 * Looks again and again, whenever a device is attached and four times a second, until `look` finds something or the
 * time is over, which gives undefined.
 *
 * @throws {InterruptedError} if the signal asks to stop.
 */
export async function waitOnBus<T>(
  bus: UsbBus,
  look: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T | undefined> {
  const { clock, timeoutMs, onWait, signal } = options;
  const startMs = clock.now();
  let wake = () => {};
  const onAbort = () => wake();
  let stopWatching: (() => void) | undefined;
  signal?.addEventListener("abort", onAbort);
  try {
    while (true) {
      if (signal?.aborted === true) throw new InterruptedError("Stopped waiting, as asked");
      const found = await look();
      const elapsedMs = clock.now() - startMs;
      if (found !== undefined || elapsedMs >= timeoutMs) return found;
      onWait?.(elapsedMs);
      stopWatching ??= bus.watch(() => wake());
      const awoken = new Promise<void>((resolve) => wake = resolve);
      const pauseMs = Math.min(POLL_INTERVAL_MS, timeoutMs - elapsedMs);
      await Promise.race([clock.sleep(pauseMs), awoken]);
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stopWatching?.();
  }
}
