/** The setup packet of a control transfer, less its length (USB 2.0 §9.3). */
export interface ControlSetup {
  /** bmRequestType: direction, type and recipient. */
  readonly requestType: number;
  /** bRequest. */
  readonly request: number;
  /** wValue. */
  readonly value: number;
  /** wIndex. */
  readonly index: number;
}

/**
 * Control transfers to one opened device, and nothing more. SET_INTERFACE goes through `controlOut` like any
 * other request. Every call ends: within its time-out it resolves, or rejects with a `TransportError`. A stall
 * is the kind `stall`, a time-out `timeout`; after `disconnected` every further call rejects with the same kind.
 */
export interface Transport {
  /** Resolves once the device has acknowledged all of `data`. */
  controlOut(setup: ControlSetup, data: Uint8Array, timeoutMs: number): Promise<void>;
  /** Resolves with what the device sent: at most `length` bytes, perhaps fewer. */
  controlIn(setup: ControlSetup, length: number, timeoutMs: number): Promise<Uint8Array>;
  /** USB port reset. The device may enumerate anew; this transport is then disconnected. */
  reset(): Promise<void>;
  /** Releases the device. May be called twice. */
  close(): Promise<void>;
}

/** Time as a dependency: real on hardware, virtual in tests and in the simulator. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  sleep(ms: number): Promise<void>;
}
