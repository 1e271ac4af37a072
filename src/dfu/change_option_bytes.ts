import { DeviceError, TransportError, VerifyError } from "../errors.ts";
import type { OptionState } from "../plan/option_state.ts";
import type { OptionPlan } from "../plan/plan_option_bytes.ts";
import {
  checkOptionBytes,
  isReadProtected,
  isReadRefusal,
  liftReadProtection,
  type OptionDevice,
  type OptionWriteEnd,
  readOptionBytes,
  writeOptionBytes,
} from "./option_bytes.ts";
import { isUnanswered } from "./refusal.ts";

/** How a change ended. */
export interface OptionOutcome {
  /**
   * `verified`: all settings were read back. `protected`: the device refuses to be read, as was wanted. `locked`: it does not
   * come back, as was wanted.
   */
  readonly kind: "verified" | "protected" | "locked";
  /** What was read back. */
  readonly found?: OptionState;
  /** Whether the device has reset itself, so that the settings are in force. */
  readonly hasReset: boolean;
}

export interface ReopenOptions {
  /** Opens the device again after it has reset itself. */
  readonly reopen: () => Promise<OptionDevice>;
}

/** A reset may come after the answer; no device resets so often. */
const MAX_REOPENS = 3;

/**
 * Writes planned option bytes, survives the reset that follows, and reads them back. Nothing can interrupt it.
 *
 * @throws {VerifyError} if a setting is not as planned.
 * @throws {DeviceError} if the device refuses, or is read-protected afterwards and should not be.
 * @throws {TransportError} if it does not come back.
 */
export async function changeOptionBytes(
  device: OptionDevice,
  plan: OptionPlan,
  { reopen }: ReopenOptions,
): Promise<OptionOutcome> {
  let current = device;
  const follow = async () => current = await reopen();
  for (let attempt = 1;; attempt++) {
    try {
      return await writeAndCheck(current, plan, { reopen: follow });
    } catch (error) {
      // The block is known as a whole: writing it again can only mend it.
      if (!(error instanceof VerifyError) || attempt === MAX_WRITES) throw error;
    }
  }
}

/** A write that went wrong on its way is done again once. */
const MAX_WRITES = 2;

async function writeAndCheck(
  device: OptionDevice,
  plan: OptionPlan,
  { reopen }: ReopenOptions,
): Promise<OptionOutcome> {
  const { after } = plan;
  const end = await writeOptionBytes(device, plan);
  try {
    const { value: found, hasReset } = await returning(
      { device, end, reopen },
      (current) => readOptionBytes(current, after.table),
    );
    checkOptionBytes(found, after);
    return { kind: "verified", found, hasReset };
  } catch (error) {
    if (after.level === 2 && isMissing(error)) return { kind: "locked", hasReset: true };
    if (!isReadRefusal(error)) throw error;
    if (after.level === 1) return { kind: "protected", hasReset: true };
    throw new DeviceError(
      "Cannot read the option bytes back: the device is read-protected now, as after an interrupted write",
      {
        hint: "dfuse unprotect makes it usable again, and erases the whole flash.",
        cause: error,
      },
    );
  }
}

/**
 * Lifts read protection, which erases all of the flash, and sees that the device can be read afterwards.
 *
 * @throws {DeviceError} if it still cannot be read.
 * @throws {TransportError} if it does not come back.
 */
export async function unprotectDevice(
  device: OptionDevice,
  { reopen }: ReopenOptions,
): Promise<void> {
  const end = await liftReadProtection(device);
  const { value: isProtected } = await returning({ device, end, reopen }, isReadProtected);
  if (!isProtected) return;
  throw new DeviceError("Cannot lift read protection: the device still refuses to be read", {
    hint: "Run it once more; if it stays so, a debug probe can tell more.",
  });
}

/** Does work on a device that may be gone or about to go, and comes back. */
async function returning<T>(
  { device, end, reopen }: ReopenOptions & {
    readonly device: OptionDevice;
    readonly end: OptionWriteEnd;
  },
  work: (device: OptionDevice) => Promise<T>,
): Promise<{ readonly value: T; readonly hasReset: boolean }> {
  let current = end === "gone" ? undefined : device;
  for (let count = current === undefined ? 1 : 0;; count++) {
    try {
      current ??= await reopen();
      return { value: await work(current), hasReset: count > 0 };
    } catch (error) {
      if (!isLost(error) || count === MAX_REOPENS) throw error;
      current = undefined;
    }
  }
}

/** A device that was open and no longer answers; one that does not come back is another matter. */
function isLost(error: unknown): boolean {
  return isUnanswered(error) && !isMissing(error);
}

function isMissing(error: unknown): boolean {
  return error instanceof TransportError && error.kind === "not-found";
}
