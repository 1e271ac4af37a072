import type { Quirk } from "../chips/chip.ts";
import { DeviceError, DfuseError } from "../errors.ts";
import type { Clock } from "../usb/transport.ts";
import { stuckEraseMs } from "./limits.ts";
import { isBusy, type StatusPoller } from "./poll.ts";
import { DfuState, type DfuStatus } from "./protocol.ts";
import { refused, tolerateStall } from "./refusal.ts";
import type { DfuRequests } from "./requests.ts";

export interface RecoveryOptions {
  readonly clock: Clock;
  readonly quirks: readonly Quirk[];
  /** How long the device may stay busy, in milliseconds. */
  readonly maximumMs: number;
}

/** Requests on the way to dfuIDLE; each leaves a state behind, or is an accidental stall. */
const MAX_STEPS = 12;

/** Waits for a device that says it is busy before the ways of one that never says otherwise are tried. */
const PATIENT_WAITS = 2;

/**
 * Brings a device from any state to dfuIDLE. CLRSTATUS is sent in dfuERROR only: elsewhere it breaks some ROMs.
 *
 * @throws {DeviceError} if it cannot be brought there in time.
 */
export async function recoverDevice(
  requests: DfuRequests,
  poller: StatusPoller,
  options: RecoveryOptions,
): Promise<void> {
  const { clock, quirks, maximumMs } = options;
  const deadline = clock.now() + maximumMs;
  const mayStick = quirks.includes("erase-never-reports-done-above-0x08100000");
  let status = await poller.status(maximumMs);
  let waits = 0;
  for (let steps = 0; status.state !== DfuState.dfuIDLE;) {
    const leftMs = deadline - clock.now();
    if (isBusy(status) || status.state === DfuState.dfuMANIFEST) {
      if (leftMs <= 0) throw stays(status);
      if (mayStick && ++waits > PATIENT_WAITS) {
        status = await poller.unstick(stuckEraseMs(0));
        continue;
      }
      await clock.sleep(poller.waitAfter(status, leftMs));
    } else {
      if (++steps > MAX_STEPS) throw stays(status);
      await leaveState(status, requests);
    }
    status = await poller.status();
  }
}

/**
 * Recovers from the failure of a step. Where that fails too, the step's failure is what is thrown: what failed after it is
 * its cause, in its hint, and in the fact `recovery`.
 *
 * @throws {DeviceError} if the device cannot be brought back.
 */
export async function recoverAfter(
  failure: DeviceError,
  recover: () => Promise<void>,
): Promise<void> {
  try {
    await recover();
  } catch (cause) {
    if (!(cause instanceof DfuseError)) throw cause;
    const { message, hint = "", facts } = failure;
    throw new DeviceError(message, {
      hint: `${hint} After this failure the device could not be used again: ${cause.message}.`
        .trim(),
      facts: { ...facts, recovery: cause.message },
      cause,
    });
  }
}

async function leaveState({ state }: DfuStatus, requests: DfuRequests): Promise<void> {
  if (state === DfuState.appIDLE || state === DfuState.appDETACH) {
    throw new DeviceError("Cannot flash the device: its program runs, not its boot loader", {
      hint: "Start the boot loader: most boards do with BOOT0 held at reset.",
    });
  }
  await tolerateStall(() =>
    state === DfuState.dfuERROR ? requests.clearStatus() : requests.abort()
  );
}

function stays(status: DfuStatus): DeviceError {
  return refused("make the device ready", status);
}
