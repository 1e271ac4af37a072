import { TransportError } from "../errors.ts";
import { type AddonDevice, type AddonSetup, nextMacrotask } from "./addon.ts";
import type { ControlSetup, Transport } from "./transport.ts";
import { transportErrorOf, type UsbErrorContext } from "./usb_error.ts";

export interface OpenTransportOptions {
  /** The interface to claim: nobody else can use it until the transport is closed. */
  readonly interfaceNumber: number;
  /** For error messages: `the device at 1-4.2`. */
  readonly label: string;
  readonly context: Omit<UsbErrorContext, "doing">;
}

/**
 * Opens a device and claims its interface.
 *
 * @throws {TransportError} `access-denied`, `no-driver`, `busy`, `disconnected` or `fault`.
 */
export async function openAddonTransport(
  device: AddonDevice,
  options: OpenTransportOptions,
): Promise<Transport> {
  const { interfaceNumber, label, context } = options;
  let isOpen = false;
  try {
    await device.open();
    isOpen = true;
    await device.claimInterface(interfaceNumber);
  } catch (error) {
    await nextMacrotask();
    if (isOpen) await device.close();
    throw transportErrorOf(error, { ...context, doing: `open ${label}` });
  }
  return new AddonTransport(device, options);
}

/** Control transfers through the addon, one at a time: it allows no other call while it selects or closes. */
class AddonTransport implements Transport {
  readonly #device: AddonDevice;
  readonly #options: OpenTransportOptions;
  #turn: Promise<void> = Promise.resolve();
  #isGone = false;
  #isClosed = false;

  constructor(device: AddonDevice, options: OpenTransportOptions) {
    this.#device = device;
    this.#options = options;
  }

  controlOut(setup: ControlSetup, data: Uint8Array, timeoutMs: number): Promise<void> {
    const addonSetup = setupOf(setup);
    return this.#inTurn(async () => {
      // The system must know of it too: it keeps track of the interface's endpoints.
      if (setup.requestType === 0x01 && setup.request === SET_INTERFACE) {
        await this.#device.selectAlternateInterface(setup.index, setup.value);
      } else {
        await this.#device.controlTransferOut(addonSetup, data, wholeMs(timeoutMs));
      }
    });
  }

  controlIn(setup: ControlSetup, length: number, timeoutMs: number): Promise<Uint8Array> {
    const addonSetup = setupOf(setup);
    return this.#inTurn(async () => {
      const timeout = wholeMs(timeoutMs);
      const { data } = await this.#device.controlTransferIn(addonSetup, length, timeout);
      if (data === undefined) return new Uint8Array(0);
      return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    });
  }

  reset(): Promise<void> {
    return this.#inTurn(() => this.#device.reset());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Closing under a transfer throws; every transfer ends by its time-out.
    await this.#turn;
    const { interfaceNumber } = this.#options;
    // What is gone, or has been reset, is released already: there is nothing left to do about it.
    await this.#device.releaseInterface(interfaceNumber).catch(nextMacrotask);
    await this.#device.close().catch(nextMacrotask);
  }

  async #inTurn<T>(transfer: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw this.#disconnected();
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      if (this.#isGone) throw this.#disconnected();
      return await transfer();
    } catch (error) {
      await nextMacrotask();
      const { label, context } = this.#options;
      const doing = `complete a request to ${label}`;
      const known = transportErrorOf(error, { ...context, doing });
      if (known.kind === "disconnected") this.#isGone = true;
      throw known;
    } finally {
      resolve();
    }
  }

  #disconnected(): TransportError {
    const { label, context } = this.#options;
    return transportErrorOf(new Error("device disconnected"), {
      ...context,
      doing: `complete a request to ${label}`,
    });
  }
}

/** A standard request to an interface (USB 2.0 §9.4.10). */
const SET_INTERFACE = 11;

/** bmRequestType, bits 6..5 and 4..0 (USB 2.0 table 9-2). */
const TYPES = ["standard", "class", "vendor"] as const;
const RECIPIENTS = ["device", "interface", "endpoint", "other"] as const;

function setupOf({ requestType, request, value, index }: ControlSetup): AddonSetup {
  const type = TYPES[(requestType >> 5) & 3];
  const recipient = RECIPIENTS[requestType & 31];
  if (type === undefined || recipient === undefined) {
    throw new RangeError(`Cannot send a request of type ${requestType}`);
  }
  return { requestType: type, recipient, request, value, index };
}

/** The addon takes whole milliseconds in 32 bits. */
function wholeMs(timeoutMs: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(timeoutMs)));
}
