import { UsageError } from "../errors.ts";
import type { DeviceSource } from "../station/device_source.ts";
import type { Clock } from "../usb/transport.ts";
import { DISCOVERY, openAttachedDevice, selectorOf, waitMsOf } from "./device_options.ts";
import type { TargetFlags } from "./open_target.ts";
import type { Output } from "./output.ts";
import type { StationFlags } from "./station_flags.ts";

/** Where the devices of a command come from. */
export interface StationSource {
  readonly source: DeviceSource;
  readonly clock: Clock;
  /** Of simulated devices: an attempt is over, and the next board may come. */
  readonly change?: (path: string, passed: boolean) => void;
  close(): Promise<void>;
}

/** How a source says that no device will come any more, and is told that none is wanted. */
export interface SourceSignals {
  readonly stop: AbortSignal;
  end(): void;
}

/** Opens the source that the options name: USB, one device of it, or simulated devices. */
export async function openStationSource(
  output: Output,
  flags: StationFlags & TargetFlags,
  signals: SourceSignals,
): Promise<StationSource> {
  if (flags.simulate !== undefined) return await openSimulated(flags, signals);
  if (flags.all === true || flags.watch === true) return await openAll(flags, signals);
  return await openOne(output, flags, signals);
}

async function openSimulated(
  flags: StationFlags & TargetFlags,
  signals: SourceSignals,
): Promise<StationSource> {
  if (flags.device !== undefined) {
    throw new UsageError("Cannot combine --device with --simulate: each names a device");
  }
  // Loaded on demand: most runs never need it.
  const { createSimulatedStation } = await import("./station_simulator.ts");
  const station = createSimulatedStation(flags.simulate!, {
    detach: flags.detach === true,
    onEmpty: () => signals.end(),
  });
  const { source, clock } = station;
  const watched = flags.watch === true
    ? { change: (path: string, passed: boolean) => void source.change(path, passed) }
    : {};
  const { length } = await source.devices();
  if (flags.all !== true && flags.watch !== true && length > 1) {
    throw new UsageError(`Cannot choose a device: ${length} fit, expected one`, {
      hint: "Flash all of them with --all.",
    });
  }
  return { source, clock, ...watched, close: () => Promise.resolve() };
}

async function openAll(
  flags: StationFlags & TargetFlags,
  signals: SourceSignals,
): Promise<StationSource> {
  const { realClock } = await import("../usb/real_clock.ts");
  const { openUsbBus } = await import("../usb/node_usb.ts");
  const { waitOnBus } = await import("../usb/wait.ts");
  const { discoverDevices } = await import("../usb/discovery.ts");
  const { matchDevices } = await import("../usb/selection.ts");
  const { UsbSource } = await import("./station_usb.ts");
  const selector = selectorOf(flags);
  const detach = flags.detach === true;
  const bus = await openUsbBus();
  const clock = realClock();
  const look = async () => {
    const { candidates } = await discoverDevices(bus, DISCOVERY);
    const matches = matchDevices({ candidates, selector, runtime: detach });
    return matches.length > 0 ? matches : undefined;
  };
  const timeoutMs = flags.watch === true ? 0 : waitMsOf(flags.wait);
  if (timeoutMs > 0) await waitOnBus(bus, look, { clock, timeoutMs, signal: signals.stop });
  const source = new UsbSource(bus, { clock, selector, detach });
  return { source, clock, close: () => Promise.resolve() };
}

/** The device that the options name, claimed. */
async function openOne(
  output: Output,
  flags: StationFlags & TargetFlags,
  signals: SourceSignals,
): Promise<StationSource> {
  const { transport, device, clock } = await openAttachedDevice(flags, {
    output,
    signal: signals.stop,
  });
  const { path, serial } = device;
  const station = {
    path,
    ...(serial === undefined ? {} : { serial }),
    open: () => Promise.resolve(transport),
  };
  const source: DeviceSource = {
    devices: () => Promise.resolve([station]),
    watch: () => () => {},
  };
  return { source, clock, close: () => transport.close() };
}
