import { DeviceError, TransportError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";
import type { BusDevice, BusFacts, BusStrings, UsbBus } from "./bus.ts";
import {
  type ConfigurationDescriptor,
  dfuModeOf,
  type FunctionalDescriptor,
} from "./descriptors.ts";
import type { Transport } from "./transport.ts";

/** A device that does DFU, as far as it is known without opening it. Plain data. */
export interface UsbDfuDevice extends BusFacts, BusStrings {
  /** Whether it waits in its boot loader, or runs its program and can be asked to enter it. */
  readonly mode: "dfu" | "runtime";
  readonly interfaceNumber: number;
  /** How many alternate settings it has; 0 where the system does not tell. */
  readonly alternateCount: number;
  /** Missing where the system does not tell, or the device has none. */
  readonly functional?: FunctionalDescriptor;
  /** Why it could not be looked at. What it is was then concluded from its ids. */
  readonly problem?: TransportError;
}

/** A DFU device that can be opened. */
export interface DfuCandidate {
  readonly device: UsbDfuDevice;
  /** Claims its DFU interface. Throws `TransportError` if it cannot be had. */
  open(): Promise<Transport>;
}

/** Everything that is attached. */
export interface Discovery {
  /** In order of path. */
  readonly candidates: readonly DfuCandidate[];
  /** All else but hubs. */
  readonly others: readonly BusFacts[];
}

export interface DiscoveryOptions {
  /** Tells a boot loader by its ids, where the system does not let anyone see what a device is. */
  readonly isBootLoader?: (ids: BusFacts) => boolean;
}

/**
 * Finds the devices that do DFU: those with an interface of class 0xFE, subclass 1. On Linux no device is opened for
 * it; nowhere is any claimed.
 *
 * @throws {TransportError} if the system has no USB.
 */
export async function discoverDevices(
  bus: UsbBus,
  options: DiscoveryOptions = {},
): Promise<Discovery> {
  const all = await bus.devices();
  const devices = all.filter(({ facts }) => facts.deviceClass !== HUB_CLASS);
  const found = await Promise.all(devices.map((device) => examine(device, options)));
  return {
    candidates: found.filter((candidate) => candidate !== undefined),
    others: devices.filter((_, index) => found[index] === undefined).map(({ facts }) => facts),
  };
}

/** bDeviceClass of hubs (USB 2.0 §11.23.1). */
const HUB_CLASS = 9;

/** Undefined if it does no DFU. */
async function examine(
  busDevice: BusDevice,
  { isBootLoader }: DiscoveryOptions,
): Promise<DfuCandidate | undefined> {
  const { facts } = busDevice;
  try {
    const dfu = dfuInterfaceOf(await busDevice.readConfiguration());
    return dfu === undefined ? undefined : candidateOf(busDevice, dfu);
  } catch (error) {
    if (!(error instanceof TransportError || error instanceof DeviceError)) throw error;
    if (isBootLoader?.(facts) !== true) return undefined;
    return candidateOf(busDevice, {
      mode: "dfu",
      interfaceNumber: 0,
      alternateCount: 0,
      problem: problemOf(error, facts),
    });
  }
}

type DfuInterface = Omit<UsbDfuDevice, keyof BusFacts | keyof BusStrings>;

function candidateOf(busDevice: BusDevice, dfu: DfuInterface): DfuCandidate {
  const device = { ...busDevice.facts, ...busDevice.readStrings(), ...dfu };
  return { device, open: () => busDevice.open(dfu.interfaceNumber) };
}

function dfuInterfaceOf(configuration: ConfigurationDescriptor): DfuInterface | undefined {
  const { interfaces, functional } = configuration;
  const found = interfaces.find((candidate) => dfuModeOf(candidate) === "dfu") ??
    interfaces.find((candidate) => dfuModeOf(candidate) === "runtime");
  const mode = found === undefined ? undefined : dfuModeOf(found);
  if (found === undefined || mode === undefined) return undefined;
  const { interfaceNumber } = found;
  const alternates = interfaces.filter((other) => other.interfaceNumber === interfaceNumber);
  const descriptor = functional.get(interfaceNumber);
  return {
    mode,
    interfaceNumber,
    alternateCount: alternates.length,
    ...(descriptor === undefined ? {} : { functional: descriptor }),
  };
}

function problemOf(error: TransportError | DeviceError, facts: BusFacts): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError("fault", error.message, {
    hint: "Unplug the device, plug it in again and try once more.",
    facts: { device: `${facts.path} (${formatUsbIds(facts)})` },
    cause: error,
  });
}
