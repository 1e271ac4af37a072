import { DeviceError, TransportError } from "../errors.ts";
import {
  configurationSize,
  type FunctionalDescriptor,
  parseConfigurationDescriptor,
} from "./descriptors.ts";
import type { Transport } from "./transport.ts";

/** A device that runs its program. */
export interface DetachTarget {
  readonly interfaceNumber: number;
  /** Where it is known already. */
  readonly functional?: FunctionalDescriptor;
}

/**
 * Asks a device that runs its program to enter its boot loader (DFU 1.1 §5.1): DETACH, then a USB reset, unless it
 * leaves the bus by itself. The device is then gone, to enumerate anew, often with other ids; the transport is
 * closed.
 *
 * @throws {TransportError} if it refuses.
 */
export async function detachDevice(transport: Transport, target: DetachTarget): Promise<void> {
  const { interfaceNumber } = target;
  try {
    const functional = target.functional ?? await readFunctional(transport, interfaceNumber);
    const setup = {
      requestType: CLASS_INTERFACE_OUT,
      request: DETACH,
      value: functional?.detachTimeoutMs ?? DEFAULT_DETACH_TIMEOUT_MS,
      index: interfaceNumber,
    };
    const isGone = await hasLeft(transport.controlOut(setup, new Uint8Array(0), TIMEOUT_MS));
    // Windows knows no such reset. Many devices leave anyway; whether this one did shows when it comes back.
    if (!isGone && functional?.willDetach !== true) await transport.reset().catch(ignoreTransport);
  } finally {
    await transport.close();
  }
}

/** bmRequestType and bRequest (DFU 1.1 table 3.2). */
const CLASS_INTERFACE_OUT = 0x21;
const DETACH = 0;

const TIMEOUT_MS = 5_000;

/** For devices that do not tell how long they wait for the reset; what dfu-util uses for all. */
const DEFAULT_DETACH_TIMEOUT_MS = 1_000;

/** A device that goes so fast that it does not acknowledge has done what it was asked. */
async function hasLeft(request: Promise<void>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (!(error instanceof TransportError) || error.kind === "stall") throw error;
    return true;
  }
}

function ignoreTransport(error: unknown): void {
  if (!(error instanceof TransportError)) throw error;
}

async function readFunctional(
  transport: Transport,
  interfaceNumber: number,
): Promise<FunctionalDescriptor | undefined> {
  const read = (size: number) => transport.controlIn(GET_CONFIGURATION, size, TIMEOUT_MS);
  try {
    const bytes = await read(configurationSize(await read(9)));
    return parseConfigurationDescriptor(bytes).functional.get(interfaceNumber);
  } catch (error) {
    if (error instanceof DeviceError) return undefined;
    throw error;
  }
}

/** GET_DESCRIPTOR of the first configuration (USB 2.0 §9.4.3). */
const GET_CONFIGURATION = { requestType: 0x80, request: 6, value: 0x0200, index: 0 } as const;
