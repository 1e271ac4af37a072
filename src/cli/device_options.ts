import { CHIPS } from "../chips/chips.ts";
import { UsageError } from "../errors.ts";
import { formatDuration } from "../format.ts";
import { realClock } from "../usb/real_clock.ts";
import type { UsbBus } from "../usb/bus.ts";
import type { DiscoveryOptions } from "../usb/discovery.ts";
import type { OpenedUsbDevice } from "../usb/open_device.ts";
import { type DeviceSelector, parseDeviceSelector } from "../usb/selection.ts";
import type { Clock } from "../usb/transport.ts";
import type { Output } from "./output.ts";
import type { AnyCommand } from "./plan_options.ts";

/** What the options below give. Cliffy leaves out what was not on the command line. */
export interface DeviceFlags {
  readonly device?: string;
  /** In seconds; `true` for the default. */
  readonly wait?: number | boolean;
  readonly detach?: boolean;
  /** A simulated part instead. */
  readonly simulate?: string;
}

/** Options of every command that works on an attached device. */
export function addDeviceOptions(command: AnyCommand): AnyCommand {
  return command
    .option(
      "-d, --device <which:string:device>",
      "Serial number, USB path (1-4.2), ids (0483:df11), or several with commas.",
    )
    .option("--wait [seconds:number]", `Wait for the device. Default: ${DEFAULT_WAIT_S} s.`)
    .option("--detach", "Ask a device that runs its program to enter its boot loader.");
}

/** An attached device that a command works on. */
export interface AttachedDevice extends OpenedUsbDevice {
  readonly bus: UsbBus;
  readonly clock: Clock;
}

/**
 * Finds and claims the device that the options name, simulated or not. What is said meanwhile goes to standard error.
 *
 * @throws {TransportError} if there is none, or it cannot be opened.
 * @throws {UsageError} if there are several, or an option cannot be read.
 */
export async function openAttachedDevice(
  flags: DeviceFlags,
  options: { readonly output: Output; readonly signal?: AbortSignal },
): Promise<AttachedDevice> {
  const wanted = {
    selector: selectorOf(flags),
    waitMs: waitMsOf(flags.wait),
    detach: flags.detach ?? false,
  };
  const notice = new WaitNotice(options.output);
  try {
    const { signal } = options;
    const { onWait } = notice;
    const { bus, clock } = await openBus(flags);
    // Loaded on demand: a plan for a named part needs no device.
    const { openUsbDevice } = await import("../usb/open_device.ts");
    const opened = await openUsbDevice(bus, { ...wanted, ...DISCOVERY, clock, onWait, signal });
    return { ...opened, bus, clock };
  } finally {
    notice.end();
  }
}

/** The bus that the options mean, and its time. Each is loaded on demand: no command needs both. */
async function openBus(
  { device, simulate: spec }: DeviceFlags,
): Promise<Pick<AttachedDevice, "bus" | "clock">> {
  if (spec === undefined) {
    const { openUsbBus } = await import("../usb/node_usb.ts");
    return { bus: await openUsbBus(), clock: realClock() };
  }
  if (device !== undefined) {
    throw new UsageError("Cannot combine --device with --simulate: each names a device");
  }
  const { simulate } = await import("./simulated_bus.ts");
  return simulate(spec);
}

/** Where the system hides what a device is, ids of known boot loaders tell. */
export const DISCOVERY: DiscoveryOptions = {
  isBootLoader: ({ vendorId, productId }) =>
    CHIPS.some((chip) => chip.vendorId === vendorId && chip.productId === productId),
};

/** What `--device` means; everything without it. */
export function selectorOf({ device }: DeviceFlags): DeviceSelector {
  return device === undefined ? {} : parseDeviceSelector(device);
}

const DEFAULT_WAIT_S = 60;
const MAXIMUM_WAIT_S = 24 * 60 * 60;

/** What `--wait` means, in milliseconds. */
export function waitMsOf(wait: DeviceFlags["wait"]): number {
  if (wait === undefined || wait === false) return 0;
  const seconds = wait === true ? DEFAULT_WAIT_S : wait;
  if (!(seconds >= 0 && seconds <= MAXIMUM_WAIT_S)) {
    throw new UsageError(`Cannot wait for ${seconds} s, expected 0 to ${MAXIMUM_WAIT_S}`);
  }
  return seconds * 1000;
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Says that dfuse waits: a spinner with the time on a terminal, one line elsewhere. */
class WaitNotice {
  readonly #output: Output;
  #count = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  readonly onWait = (elapsedMs: number): void => {
    const { errorIsTerminal, errorStyle, err } = this.#output;
    const frame = errorStyle.blocks ? SPINNER[this.#count % SPINNER.length] : "...";
    const isFirst = this.#count++ === 0;
    if (errorIsTerminal) {
      err(`\r\x1b[K${frame} Waiting for the device, ${formatDuration(elapsedMs)}`);
    } else if (isFirst) err("Waiting for the device\n");
  };

  end(): void {
    if (this.#count > 0 && this.#output.errorIsTerminal) this.#output.err("\r\x1b[K");
  }
}
