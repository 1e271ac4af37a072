import { InterruptedError } from "../errors.ts";

/** Throws `InterruptedError` if the user asked to stop. Called between steps only, so that none is left half done. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new InterruptedError("Stopped, as asked", {
    hint: "What was erased or written so far stays as it is. Run the same command again.",
  });
}
