import { InterruptedError } from "../errors.ts";
import type { Output } from "./output.ts";
import { addStopListener, removeStopListener } from "./stop_signals.ts";

/**
 * Runs work that Ctrl-C, or another wish to end the program, asks to stop at its next safe point. The second time ends the
 * process at once, as without this.
 */
export async function interruptible<T>(
  output: Output,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const listener = () => {
    removeStopListener(listener);
    output.err("\nStopping after the current step; Ctrl-C again stops at once.\n");
    controller.abort();
  };
  addStopListener(listener);
  try {
    return await work(controller.signal);
  } finally {
    if (!controller.signal.aborted) removeStopListener(listener);
  }
}

/** Throws `InterruptedError` if the user asked to stop before anything was changed. */
export function stopUnchanged(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError("Stopped, as asked: nothing was changed");
}
