import { InterruptedError } from "../errors.ts";
import type { Output } from "./output.ts";

/**
 * Runs work that Ctrl-C asks to stop at its next safe point. A second Ctrl-C ends the process at once, as without this.
 */
export async function interruptible<T>(
  output: Output,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const listener = () => {
    Deno.removeSignalListener("SIGINT", listener);
    output.err("\nStopping after the current step; Ctrl-C again stops at once.\n");
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", listener);
  try {
    return await work(controller.signal);
  } finally {
    if (!controller.signal.aborted) Deno.removeSignalListener("SIGINT", listener);
  }
}

/** Throws `InterruptedError` if the user asked to stop before anything was changed. */
export function stopUnchanged(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError("Stopped, as asked: nothing was changed");
}
