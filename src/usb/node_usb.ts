import type { Addon, AddonConfiguration, AddonDevice } from "./addon.ts";
import { nextMacrotask } from "./addon.ts";
import { openAddonTransport } from "./addon_transport.ts";
import type { BusDevice, BusFacts, BusStrings, UsbBus } from "./bus.ts";
import {
  type ConfigurationDescriptor,
  configurationSize,
  parseConfigurationDescriptor,
} from "./descriptors.ts";
import { readSysfsConfiguration } from "./sysfs.ts";
import type { Transport } from "./transport.ts";
import { loadUnpacked } from "./unpack_folder.ts";
import { transportErrorOf, type UsbPlatform } from "./usb_error.ts";

/**
 * The USB of this machine. Loads the native addon, so it is called by commands that need it only.
 *
 * @throws {TransportError} if the addon is missing or must not be loaded.
 */
export async function openUsbBus(): Promise<UsbBus> {
  try {
    const addon = await loadUnpacked(() => import("usb")) as unknown as Addon;
    return busOf(addon, Deno.build.os);
  } catch (error) {
    throw transportErrorOf(error, { doing: "use USB", platform: Deno.build.os });
  }
}

/** The bus that an addon shows, on a platform. */
export function busOf(addon: Addon, platform: UsbPlatform): UsbBus {
  const asked: Asked = new Map();
  return {
    devices: async () => {
      try {
        const devices = await addon.usb.getDevices();
        const handles = new Set(devices.map((device) => device.handle));
        for (const handle of asked.keys()) if (!handles.has(handle)) asked.delete(handle);
        return devices
          .map((device) => new AddonBusDevice(device, platform, asked))
          .sort((a, b) => PATH_ORDER.compare(a.facts.path, b.facts.path));
      } catch (error) {
        await nextMacrotask();
        throw transportErrorOf(error, { doing: "look for USB devices", platform });
      }
    },
    watch: (onAttach) => {
      const { nativeEmitter } = addon.usb;
      // Where the system offers no events, polling finds the device a little later.
      const added = nativeEmitter.addAttach(onAttach).catch(nextMacrotask);
      return () => void added.then(() => nativeEmitter.removeAttach()).catch(nextMacrotask);
    },
  };
}

/**
 * What devices told, by handle, which is another one for each enumeration. Who waits for a device looks at the bus again
 * and again, but each device is opened for it once: opening may disturb whoever works with it.
 */
type Asked = Map<string, ConfigurationDescriptor>;

/** Port 10 comes after port 9. */
const PATH_ORDER = new Intl.Collator("en", { numeric: true });

class AddonBusDevice implements BusDevice {
  readonly facts: BusFacts;
  readonly #device: AddonDevice;
  readonly #platform: UsbPlatform;
  readonly #asked: Asked;

  constructor(device: AddonDevice, platform: UsbPlatform, asked: Asked) {
    this.#device = device;
    this.#platform = platform;
    this.#asked = asked;
    const { vendorId, productId, deviceClass } = device;
    const { deviceVersionMajor, deviceVersionMinor, deviceVersionSubminor } = device;
    this.facts = {
      path: pathOf(device),
      vendorId,
      productId,
      deviceVersion: deviceVersionMajor * 256 + deviceVersionMinor * 16 + deviceVersionSubminor,
      deviceClass,
    };
  }

  readStrings(): BusStrings {
    const serial = readable(attempt(() => this.#device.serialNumber));
    const manufacturer = attempt(() => this.#device.manufacturerName);
    const product = attempt(() => this.#device.productName);
    return {
      ...(serial === undefined ? {} : { serial }),
      ...(manufacturer === undefined ? {} : { manufacturer }),
      ...(product === undefined ? {} : { product }),
    };
  }

  async readConfiguration(): Promise<ConfigurationDescriptor> {
    const known = this.#platform === "linux" ? readSysfsConfiguration(this.facts.path) : undefined;
    const before = known ?? this.#asked.get(this.#device.handle);
    if (before !== undefined) return before;
    try {
      // Windows gives no way to ask a device before it is claimed, but knows what it is made of.
      if (this.#platform === "windows") return descriptorOf(this.#device.configuration);
      const told = await this.#askForConfiguration();
      this.#asked.set(this.#device.handle, told);
      return told;
    } catch (error) {
      await nextMacrotask();
      throw transportErrorOf(error, this.#context(`look at the device at ${this.facts.path}`));
    }
  }

  async open(interfaceNumber: number): Promise<Transport> {
    const { platform, ids } = this.#context("");
    return await openAddonTransport(this.#device, {
      interfaceNumber,
      label: `the device at ${this.facts.path}`,
      context: { platform, ids },
    });
  }

  async #askForConfiguration(): Promise<ConfigurationDescriptor> {
    await this.#device.open();
    try {
      const head = await this.#getConfiguration(9);
      return parseConfigurationDescriptor(await this.#getConfiguration(configurationSize(head)));
    } finally {
      await nextMacrotask();
      await this.#device.close();
    }
  }

  async #getConfiguration(size: number): Promise<Uint8Array> {
    const { data } = await this.#device.controlTransferIn(GET_CONFIGURATION, size, TIMEOUT_MS);
    return new Uint8Array(data?.buffer as ArrayBuffer ?? new ArrayBuffer(0));
  }

  #context(doing: string) {
    const { vendorId, productId } = this.facts;
    return { doing, platform: this.#platform, ids: { vendorId, productId } };
  }
}

const TIMEOUT_MS = 1_000;

/** GET_DESCRIPTOR of the first configuration (USB 2.0 §9.4.3): boot loaders have one. */
const GET_CONFIGURATION = {
  requestType: "standard",
  recipient: "device",
  request: 6,
  value: 0x0200,
  index: 0,
} as const;

function attempt(read: () => string | null): string | undefined {
  try {
    return read() ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Some devices send bytes where USB wants UTF-16, and the system has taken each two of them for one letter. Letters of
 * which both halves are plain text are such.
 */
function readable(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const halves = [...text].flatMap((letter) => {
    const code = letter.codePointAt(0)!;
    return [code % 256, Math.floor(code / 256)];
  });
  const isPlain = halves.every((half) => half >= 0x20 && half < 0x7F);
  return isPlain ? String.fromCharCode(...halves) : text;
}

/**
 * `1-4.2`. Windows names a bus by the way to its controller, `PCIROOT(0)#PCI(1400)#USBROOT(0)`, which becomes
 * `0.1400.0`: long, but it stays the same when another controller gets its first device.
 */
function pathOf({ bus, ports, address }: AddonDevice): string {
  const shortBus = bus.includes("(")
    ? [...bus.matchAll(/\(([^)]*)\)/g)].map((match) => match[1]).join(".")
    : bus.replace(/^0+(?=.)/, "");
  return `${shortBus}-${ports.length > 0 ? ports.join(".") : `@${address}`}`;
}

/** What Windows tells: interfaces, but neither their strings' numbers nor the functional descriptor. */
function descriptorOf(configuration: AddonConfiguration | null): ConfigurationDescriptor {
  return {
    configurationValue: configuration?.configurationValue ?? 0,
    interfaces: (configuration?.interfaces ?? []).flatMap(({ interfaceNumber, alternates }) =>
      alternates.map((alternate) => ({
        interfaceNumber,
        alternate: alternate.alternateSetting,
        classCode: alternate.interfaceClass,
        subclassCode: alternate.interfaceSubclass,
        protocolCode: alternate.interfaceProtocol,
        nameIndex: 0,
      }))
    ),
    functional: new Map(),
  };
}
