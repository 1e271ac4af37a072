import { InterruptedError } from "../errors.ts";

/** Throws `InterruptedError` if the user asked to stop. Called between steps only, so that none is left half done. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new InterruptedError("Stopped, as asked", {
    hint: "The device may hold a part of the image only. Run the same command again to go on.",
  });
}
