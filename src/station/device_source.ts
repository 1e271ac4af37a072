import type { Transport } from "../usb/transport.ts";

/** A device that is on a port now. */
export interface StationDevice {
  /** USB path: names the port. */
  readonly path: string;
  /** Where it can be known without opening it. */
  readonly serial?: string;
  /** It runs its program: opening it brings it into its boot loader, where its serial number may be another one. */
  readonly isProgram?: boolean;
  /**
   * The signal ends what may take long.
   *
   * @throws {TransportError} if it cannot be had.
   */
  open(signal?: AbortSignal): Promise<Transport>;
}

/** Where a station's devices come from. */
export interface DeviceSource {
  /**
   * Those that wait to be flashed, in any order. Asked several times a second, also while others are flashed, so it
   * must leave these alone.
   */
  devices(): Promise<readonly StationDevice[]>;
  /** Calls back when a device may have come, until the returned function is called. May never call. */
  watch(onChange: () => void): () => void;
}
