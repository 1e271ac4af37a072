import { TransportError } from "../errors.ts";
import type { BusDevice, BusFacts, UsbBus } from "../usb/bus.ts";
import { type DfuCandidate, discoverDevices } from "../usb/discovery.ts";
import { moveToDfuMode, openCandidate } from "../usb/open_device.ts";
import { type DeviceSelector, matchDevices } from "../usb/selection.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import type { DeviceSource, StationDevice } from "../station/device_source.ts";
import { DISCOVERY } from "./device_options.ts";

export interface UsbSourceOptions {
  readonly clock: Clock;
  readonly selector: DeviceSelector;
  /** Whether devices that run their programs count too, to be brought into their boot loaders. */
  readonly detach: boolean;
}

/**
 * The devices on a computer's USB ports that wait in their boot loaders, or can be brought there. Each is looked at once, when it comes: some systems
 * ask the device for its descriptors, which would disturb one that is being flashed.
 */
export class UsbSource implements DeviceSource {
  readonly #bus: UsbBus;
  readonly #options: UsbSourceOptions;
  readonly #known = new Map<string, Known>();
  /** Ports of devices that ran their programs and fitted: boot loaders there are meant too, whatever their ids. */
  readonly #programPorts = new Set<string>();

  constructor(bus: UsbBus, options: UsbSourceOptions) {
    this.#bus = bus;
    this.#options = options;
  }

  async devices(): Promise<readonly StationDevice[]> {
    await this.#look();
    const { selector, detach } = this.#options;
    const candidates = [...this.#known.values()].flatMap(({ candidate }) => candidate ?? []);
    const matches = new Set(matchDevices({ candidates, selector, runtime: detach }));
    for (const { device } of matches) {
      if (device.mode === "runtime") this.#programPorts.add(device.path);
    }
    return candidates
      .filter((candidate) => matches.has(candidate) || this.#isMovedLoader(candidate))
      .map((candidate) => this.#stationDevice(candidate));
  }

  #isMovedLoader({ device }: DfuCandidate): boolean {
    return device.mode === "dfu" && this.#programPorts.has(device.path);
  }

  watch(onChange: () => void): () => void {
    return this.#bus.watch(() => {
      // What was no boot loader may be one now, under the same ids.
      for (const [path, { candidate }] of this.#known) {
        if (candidate?.device.mode !== "dfu") this.#known.delete(path);
      }
      onChange();
    });
  }

  async #look(): Promise<void> {
    const attached = await this.#bus.devices();
    const paths = new Set(attached.map(({ facts }) => facts.path));
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path);
    const fresh = attached.filter(({ facts }) =>
      this.#known.get(facts.path)?.identity !== identityOf(facts)
    );
    const bus: UsbBus = { devices: () => Promise.resolve(fresh), watch: () => () => {} };
    const { candidates } = await discoverDevices(bus, DISCOVERY);
    for (const busDevice of attached) {
      const { facts } = busDevice;
      const candidate = fresh.includes(busDevice)
        ? candidates.find(({ device }) => device.path === facts.path)
        : this.#known.get(facts.path)?.candidate;
      this.#known.set(facts.path, { identity: identityOf(facts), busDevice, candidate });
    }
  }

  #stationDevice({ device }: DfuCandidate): StationDevice {
    const { path, serial, interfaceNumber, mode } = device;
    // The system's newest object for the device: an older one may be of its life before a reset.
    const latest = () => this.#known.get(path)?.busDevice.open(interfaceNumber);
    const open = () => latest() ?? Promise.reject(gone(path));
    return {
      path,
      ...(serial === undefined ? {} : { serial }),
      ...(mode === "dfu" ? {} : { isProgram: true }),
      open: (signal) => this.#open({ device, open }, signal),
    };
  }

  async #open(candidate: DfuCandidate, signal: AbortSignal | undefined): Promise<Transport> {
    const { clock } = this.#options;
    const options = { clock, signal, isNew: true, ...DISCOVERY };
    const opened = candidate.device.mode === "dfu"
      ? await openCandidate(candidate, options)
      : await moveToDfuMode(this.#bus, candidate, options);
    return opened.transport;
  }
}

interface Known {
  readonly identity: string;
  readonly busDevice: BusDevice;
  /** Missing for what does no DFU. */
  readonly candidate: DfuCandidate | undefined;
}

function identityOf({ vendorId, productId, deviceVersion, deviceClass }: BusFacts): string {
  return [vendorId, productId, deviceVersion, deviceClass].join();
}

function gone(path: string): TransportError {
  return new TransportError("disconnected", `Cannot open the device at ${path}: it is gone`);
}
