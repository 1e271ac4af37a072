import type { BusDevice, BusFacts, BusStrings, UsbBus } from "../../src/usb/bus.ts";
import type { ConfigurationDescriptor, FunctionalDescriptor } from "../../src/usb/descriptors.ts";
import type { Transport } from "../../src/usb/transport.ts";

export interface FakeDeviceParts extends Partial<BusFacts>, BusStrings {
  /** bInterfaceProtocol of its DFU interface; "none" has no such interface. */
  readonly protocol?: number | "none";
  readonly interfaceNumber?: number;
  readonly functional?: Partial<FunctionalDescriptor>;
  /** Thrown where the configuration is read. */
  readonly unreadable?: Error;
  readonly open?: (interfaceNumber: number) => Promise<Transport>;
}

export const FUNCTIONAL: FunctionalDescriptor = {
  canDownload: true,
  canUpload: true,
  manifestationTolerant: false,
  willDetach: true,
  detachTimeoutMs: 255,
  transferSize: 2048,
  dfuVersion: 0x011A,
};

/** A device on a fake bus: an STM32 in its boot loader unless said otherwise. */
export function fakeDevice(parts: FakeDeviceParts = {}): BusDevice {
  const { serial, manufacturer, product, unreadable, open } = parts;
  return {
    facts: {
      path: parts.path ?? "1-1",
      vendorId: parts.vendorId ?? 0x0483,
      productId: parts.productId ?? 0xDF11,
      deviceVersion: parts.deviceVersion ?? 0x2200,
      deviceClass: parts.deviceClass ?? 0,
    },
    readStrings: () => ({
      ...(serial === undefined ? {} : { serial }),
      ...(manufacturer === undefined ? {} : { manufacturer }),
      ...(product === undefined ? {} : { product }),
    }),
    readConfiguration: () =>
      unreadable === undefined
        ? Promise.resolve(configurationOf(parts))
        : Promise.reject(unreadable),
    open: open ?? (() => Promise.reject(new Error("not to be opened"))),
  };
}

function configurationOf(parts: FakeDeviceParts): ConfigurationDescriptor {
  const { protocol = 2, interfaceNumber = 0, functional } = parts;
  const isDfu = protocol !== "none";
  const dfu = {
    interfaceNumber,
    classCode: isDfu ? 0xFE : 3,
    subclassCode: 1,
    protocolCode: isDfu ? protocol : 1,
    nameIndex: 0,
  };
  const interfaces = [{ ...dfu, alternate: 0 }, { ...dfu, alternate: 1 }];
  return {
    configurationValue: 1,
    interfaces,
    functional: new Map(isDfu ? [[interfaceNumber, { ...FUNCTIONAL, ...functional }]] : []),
  };
}

/** A bus whose devices come and go as a test says. */
export class FakeBus implements UsbBus {
  /** How often the devices were asked for. */
  looks = 0;
  watchers = 0;
  attach: () => void = () => {};
  readonly #devices: (look: number) => readonly BusDevice[];

  constructor(devices: readonly BusDevice[] | ((look: number) => readonly BusDevice[])) {
    this.#devices = typeof devices === "function" ? devices : () => devices;
  }

  devices(): Promise<readonly BusDevice[]> {
    return Promise.resolve(this.#devices(++this.looks));
  }

  watch(onAttach: () => void): () => void {
    this.watchers++;
    this.attach = onAttach;
    return () => this.watchers--;
  }
}
