import type { ConfigurationDescriptor } from "./descriptors.ts";
import type { Transport } from "./transport.ts";

/** What the system knows of an attached device, whatever kind it is, without asking it. */
export interface BusFacts {
  /** Bus and port chain as Linux names them, `1-4.2`: the same as long as nobody plugs it elsewhere. */
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  /** bDeviceClass. */
  readonly deviceClass: number;
}

/** Strings of a device; missing where it has none, or the system would not tell. */
export interface BusStrings {
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly product?: string;
}

/** A device on the bus. */
export interface BusDevice {
  readonly facts: BusFacts;
  /** Those that the system knows; it may ask the device for the others. Never throws. */
  readStrings(): BusStrings;
  /**
   * The active configuration. Where the system does not tell it, the device is asked.
   *
   * @throws {TransportError} if it cannot be asked.
   * @throws {DeviceError} if it cannot be understood.
   */
  readConfiguration(): Promise<ConfigurationDescriptor>;
  /**
   * Claims an interface; nobody else can use it until the transport is closed.
   *
   * @throws {TransportError} if it cannot be had.
   */
  open(interfaceNumber: number): Promise<Transport>;
}

/** All of USB, as far as dfuse needs it. */
export interface UsbBus {
  /**
   * What is attached now, in order of path. Makes no USB traffic.
   *
   * @throws {TransportError} if the system has no USB.
   */
  devices(): Promise<readonly BusDevice[]>;
  /**
   * Calls back when something was attached, until the returned function is called, which must happen: a watch keeps
   * the process alive. Some systems never call, so ask from time to time as well.
   */
  watch(onAttach: () => void): () => void;
}
