import { findChip } from "../chips/chips.ts";
import type { FlashDevice } from "../dfu/flash.ts";
import { type DeviceFacts, openDevice } from "../dfu/open_device.ts";
import { formatUsbIds } from "../format.ts";
import type { Clock } from "../usb/transport.ts";
import { addDeviceOptions, type DeviceFlags, openAttachedDevice } from "./device_options.ts";
import { reopenOnBus } from "./reopen_device.ts";
import { interruptible } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { type AnyCommand, type PlanFlags, voltageRangeOf } from "./plan_options.ts";

/** Which device, and what to believe of it. */
export interface TargetFlags
  extends DeviceFlags, Pick<PlanFlags, "chip" | "transferSize" | "vdd"> {}

/** A device that a command works on. */
export interface Target {
  readonly device: FlashDevice & { readonly facts: DeviceFacts };
  readonly clock: Clock;
  /** For people: `0483:df11 at 1-4.2, serial 3573…`. */
  readonly location: string;
  readonly path: string;
  /**
   * Opens the device again after it has reset itself; `device` is of no more use then.
   *
   * @throws {TransportError} if it does not come back.
   */
  reopen(): Promise<Target["device"]>;
}

/** Options of every command that works on a device. */
export function addTargetDeviceOptions(command: AnyCommand): AnyCommand {
  return addDeviceOptions(command)
    .option("-c, --chip <name:string:chip>", "Treat the device as this part, whatever it says.")
    .option(
      "--transfer-size <size:size>",
      "Longest block, if shorter than what the device says (wTransferSize).",
    )
    .option("--simulate <spec:string:chip>", "Work on a simulated part: stm32f405[,image=FILE,…].");
}

/**
 * Opens the device that the options name, does the work, and closes it again, also when the work fails. Ctrl-C asks the
 * work to stop by the signal.
 */
export function withTarget<T>(
  flags: TargetFlags,
  output: Output,
  work: (target: Target, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const chip = flags.chip === undefined ? undefined : findChip(flags.chip);
  const voltage = flags.vdd === undefined ? undefined : voltageRangeOf(flags.vdd);
  return interruptible(output, async (signal) => {
    const opened = await openTransport(flags, { output, signal });
    const { clock, path } = opened;
    let { transport } = opened;
    const open = () =>
      openDevice(transport, { clock, chip, voltage, transferSize: flags.transferSize });
    const reopen = async () => {
      await transport.close();
      transport = await opened.reopen();
      return await open();
    };
    try {
      const device = await open();
      return await work(
        { device, clock, path, location: locationOf(device, path), reopen },
        signal,
      );
    } finally {
      await transport.close();
    }
  });
}

/** Opens the device that the options name, and again after a reset. */
async function openTransport(
  flags: TargetFlags,
  options: { readonly output: Output; readonly signal: AbortSignal },
) {
  const { transport, bus, clock, device: { path } } = await openAttachedDevice(flags, options);
  const reopen = async () => {
    const { openUsbDevice } = await import("../usb/open_device.ts");
    return await reopenOnBus(bus, path, { clock, signal: options.signal, open: openUsbDevice });
  };
  return { transport, clock, path, reopen };
}

/** Where it is, for people: `0483:df11 at 1-4.2, serial 3573…`. */
function locationOf({ facts }: Target["device"], path: string): string {
  const serial = facts.serial === undefined ? "" : `, serial ${facts.serial}`;
  return `${formatUsbIds(facts)} at ${path}${serial}`;
}
