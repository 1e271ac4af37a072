/**
 * The part of npm `usb` 3.1.0 that dfuse uses, as it behaves in Deno; its own types promise a time-out of one second and
 * miss the third argument of transfers.
 */
export interface Addon {
  readonly usb: {
    /** Makes no USB traffic. Each call gives new objects. */
    getDevices(): Promise<AddonDevice[]>;
    /** Its `addEventListener` throws where nobody can catch, if the system offers no events; this rejects. */
    readonly nativeEmitter: {
      addAttach(listener: () => void): Promise<void>;
      removeAttach(): Promise<void>;
    };
  };
}

/** One device. Any method may reject; the object must then be left alone until the next macrotask. */
export interface AddonDevice {
  /** Another one for each enumeration on Linux and macOS. */
  readonly handle: string;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice, a byte and two digits. */
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  /** bDeviceClass. */
  readonly deviceClass: number;
  /** Decimal with leading zeros on Linux, hexadecimal on macOS, a location path on Windows. */
  readonly bus: string;
  readonly address: number;
  readonly ports: readonly number[];
  /** These three come from the system if it knows them; otherwise the device is opened and asked. */
  readonly serialNumber: string | null;
  readonly manufacturerName: string | null;
  readonly productName: string | null;
  /** Opens the device if need be, and reads every string: throws if one of them is odd. */
  readonly configuration: AddonConfiguration | null;
  open(): Promise<void>;
  /** Does not release interfaces. */
  close(): Promise<void>;
  reset(): Promise<void>;
  claimInterface(interfaceNumber: number): Promise<void>;
  releaseInterface(interfaceNumber: number): Promise<void>;
  selectAlternateInterface(interfaceNumber: number, alternate: number): Promise<void>;
  controlTransferIn(
    setup: AddonSetup,
    length: number,
    timeoutMs: number,
  ): Promise<{ readonly data?: DataView }>;
  controlTransferOut(setup: AddonSetup, data: Uint8Array, timeoutMs: number): Promise<unknown>;
}

/** A setup packet in the words of WebUSB. */
export interface AddonSetup {
  readonly requestType: "standard" | "class" | "vendor";
  readonly recipient: "device" | "interface" | "endpoint" | "other";
  readonly request: number;
  readonly value: number;
  readonly index: number;
}

/** The active configuration. */
export interface AddonConfiguration {
  readonly configurationValue: number;
  readonly interfaces: readonly {
    readonly interfaceNumber: number;
    readonly alternates: readonly {
      readonly alternateSetting: number;
      readonly interfaceClass: number;
      readonly interfaceSubclass: number;
      readonly interfaceProtocol: number;
    }[];
  }[];
}

/** After a rejection, Deno holds the addon's object until the next macrotask; calls before it would throw. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
