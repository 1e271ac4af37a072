import type { Clock, Transport } from "../usb/transport.ts";
import { createSimulatedDevice } from "./simulated_device.ts";
import { parseSimulatorSpec } from "./simulator_spec.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { realClock } from "../usb/real_clock.ts";

/**
 * Opens a simulated device as the command line describes it: in virtual time, which no one has to wait for, or in real
 * time with `speed=`.
 *
 * @throws {UsageError} for a description that cannot be read.
 */
export async function openSimulator(
  text: string,
): Promise<{
  readonly transport: Transport;
  readonly clock: Clock;
  readonly path: string;
  /** Opens it again after it has reset itself. */
  readonly reopen: () => Promise<Transport>;
}> {
  const { options, speed } = parseSimulatorSpec(text);
  const clock = speed === undefined ? new VirtualClock() : realClock(speed);
  const device = createSimulatedDevice(options, clock);
  const reopen = () => device.open();
  return { transport: await reopen(), clock, path: device.describe().path, reopen };
}
