import { TransportError } from "../errors.ts";
import type { Clock } from "../usb/transport.ts";
import type { StatusPoller } from "./poll.ts";
import { COMMAND_BLOCK, DfuState, type DfuStatus } from "./protocol.ts";
import { isUnanswered, RefusedError } from "./refusal.ts";
import type { DfuRequests } from "./requests.ts";

/** Longest wait for a device that is asked to leave, in milliseconds: many never answer. */
const LEAVE_TIMEOUT_MS = 1_000;

/** GETSTATUS is what makes the device leave, so one that got lost is sent again. */
const MAX_STATUSES = 3;

/**
 * Ends the download, whose GETSTATUS makes the device start its program (AN3156 §5.5). A device that is gone, or silent,
 * afterwards has done what it was asked.
 *
 * @throws {RefusedError} if the device answers with an error.
 */
export async function askToLeave(
  requests: DfuRequests,
  poller: StatusPoller,
  clock: Clock,
): Promise<void> {
  try {
    await requests.download(COMMAND_BLOCK, new Uint8Array());
  } catch (error) {
    // Some devices do not wait to be asked for their status.
    if (isGone(error)) return;
    throw error;
  }
  for (let count = 1; count <= MAX_STATUSES; count++) {
    const status = await leavingStatus(poller);
    if (status === undefined) continue;
    if (status.state === DfuState.dfuERROR || status.status !== 0) throw new RefusedError(status);
    if (status.state !== DfuState.dfuMANIFEST_SYNC) return;
    await clock.sleep(poller.waitAfter(status, LEAVE_TIMEOUT_MS));
  }
}

/** The status, or undefined from a device that is gone or silent. */
async function leavingStatus(poller: StatusPoller): Promise<DfuStatus | undefined> {
  try {
    return await poller.status(LEAVE_TIMEOUT_MS);
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

/** A device that resets in the middle of a transfer may look like a fault of the bus. */
function isGone(error: unknown): boolean {
  return error instanceof TransportError &&
    (error.kind === "disconnected" || error.kind === "fault");
}
