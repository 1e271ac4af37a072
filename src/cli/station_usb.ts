import { TransportError } from "../errors.ts";
import type { BusDevice, BusFacts, UsbBus } from "../usb/bus.ts";
import { type DfuCandidate, discoverDevices } from "../usb/discovery.ts";
import { openCandidate } from "../usb/open_device.ts";
import { type DeviceSelector, matchDevices } from "../usb/selection.ts";
import type { Clock } from "../usb/transport.ts";
import type { DeviceSource, StationDevice } from "../station/device_source.ts";
import { DISCOVERY } from "./device_options.ts";

/**
 * The devices on a computer's USB ports that wait in their boot loaders. Each is looked at once, when it comes: some systems
 * ask the device for its descriptors, which would disturb one that is being flashed.
 */
export class UsbSource implements DeviceSource {
  readonly #bus: UsbBus;
  readonly #clock: Clock;
  readonly #selector: DeviceSelector;
  readonly #known = new Map<string, Known>();

  constructor(
    bus: UsbBus,
    options: { readonly clock: Clock; readonly selector: DeviceSelector },
  ) {
    this.#bus = bus;
    this.#clock = options.clock;
    this.#selector = options.selector;
  }

  async devices(): Promise<readonly StationDevice[]> {
    await this.#look();
    const candidates = [...this.#known.values()].flatMap(({ candidate }) => candidate ?? []);
    const matches = matchDevices({ candidates, selector: this.#selector, runtime: false });
    return matches.map((candidate) => this.#stationDevice(candidate));
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
    const { path, serial, interfaceNumber } = device;
    // The system's newest object for the device: an older one may be of its life before a reset.
    const latest = () => this.#known.get(path)?.busDevice.open(interfaceNumber);
    const open = () => latest() ?? Promise.reject(gone(path));
    return {
      path,
      ...(serial === undefined ? {} : { serial }),
      open: async () =>
        (await openCandidate({ device, open }, { clock: this.#clock, isNew: true })).transport,
    };
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
