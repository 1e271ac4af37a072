import { TransportError } from "../errors.ts";
import { formatDuration } from "../format.ts";
import type { OpenDeviceOptions, OpenedUsbDevice } from "../usb/open_device.ts";
import type { UsbBus } from "../usb/bus.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import { DISCOVERY } from "./device_options.ts";

/** AN2606: an F105/107 takes up to 13.7 s to appear. */
const RETURN_TIMEOUT_MS = 20_000;

/** A device that resets is still on the bus for a moment, and of no use. */
const RETRY_INTERVAL_MS = 250;

export interface ReopenOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly open: (bus: UsbBus, options: OpenDeviceOptions) => Promise<OpenedUsbDevice>;
}

/**
 * Waits for the boot loader at a USB path to come back after a reset, and opens it. Tries that again and again: what is
 * found first may be the device that is about to go.
 *
 * @throws {TransportError} if it does not come back, which happens where the boot pins start the program.
 */
export async function reopenOnBus(
  bus: UsbBus,
  path: string,
  options: ReopenOptions,
): Promise<Transport> {
  const { clock, signal, open } = options;
  const wanted = { selector: { path }, detach: false, ...DISCOVERY, clock, signal };
  const deadline = clock.now() + RETURN_TIMEOUT_MS;
  while (true) {
    await clock.sleep(RETRY_INTERVAL_MS);
    try {
      const waitMs = Math.max(0, deadline - clock.now());
      return (await open(bus, { ...wanted, waitMs })).transport;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (clock.now() >= deadline) throw missing(path, error);
    }
  }
}

function missing(path: string, cause: TransportError): TransportError {
  const time = formatDuration(RETURN_TIMEOUT_MS);
  return new TransportError(
    "not-found",
    `Cannot reopen the device at ${path}: it did not come back within ${time} of its reset`,
    {
      hint:
        "If it runs its program now, start its boot loader again: most boards do with BOOT0 held at reset. " +
        "Then dfuse options shows how it stands.",
      cause,
    },
  );
}
