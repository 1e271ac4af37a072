import { createSimulatedDevice, type SimulatedDevice } from "../simulator/simulated_device.ts";
import { parseSimulatorSpec } from "../simulator/simulator_spec.ts";
import { VirtualClock } from "../simulator/virtual_clock.ts";
import type { BusDevice, UsbBus } from "../usb/bus.ts";
import { parseConfigurationDescriptor } from "../usb/descriptors.ts";
import { realClock } from "../usb/real_clock.ts";
import type { Clock } from "../usb/transport.ts";

/** What `--simulate` makes. */
export interface Simulation {
  readonly bus: UsbBus;
  readonly clock: Clock;
}

/**
 * Makes the simulated device that the command line describes, alone on a bus: in virtual time, which no one has to wait
 * for, or in real time with `speed=`.
 *
 * @throws {UsageError} for a description that cannot be read.
 */
export function simulate(text: string): Simulation {
  const { options, speed } = parseSimulatorSpec(text);
  const clock = speed === undefined ? new VirtualClock() : realClock(speed);
  const device = createSimulatedDevice(options, clock);
  return { bus: busOfSimulated(() => [device]), clock };
}

/**
 * Simulated devices as a system shows what is attached. It has read their descriptors when they came, so that looking at
 * them costs no transfer. One that enumerates is there already: opening it waits.
 */
export function busOfSimulated(devices: () => readonly SimulatedDevice[]): UsbBus {
  return {
    devices: () => Promise.resolve(devices().filter((device) => device.isPresent).map(busDeviceOf)),
    watch: () => () => {},
  };
}

/** A simulated device as the system shows it. */
function busDeviceOf(device: SimulatedDevice): BusDevice {
  const { path, vendorId, productId, deviceVersion, serial, configuration } = device.describe();
  return {
    facts: { path, vendorId, productId, deviceVersion, deviceClass: 0 },
    readStrings: () => ({ serial }),
    readConfiguration: () => Promise.resolve(parseConfigurationDescriptor(configuration)),
    open: () => device.open(),
  };
}
