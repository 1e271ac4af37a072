import type { Clock } from "./transport.ts";

/** Real time, `speed` times faster: at speed 10 a wait of one second takes 100 ms. */
export function realClock(speed = 1): Clock {
  const startedMs = performance.now();
  return {
    now: () => (performance.now() - startedMs) * speed,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms) / speed)),
  };
}
