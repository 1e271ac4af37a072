import { TransportError } from "../errors.ts";
import { formatDuration } from "../format.ts";
import type { UsbBus } from "./bus.ts";
import { detachDevice } from "./detach.ts";
import {
  type DfuCandidate,
  discoverDevices,
  type Discovery,
  type DiscoveryOptions,
  type UsbDfuDevice,
} from "./discovery.ts";
import {
  type DeviceSelector,
  matchDevices,
  noDeviceError,
  severalDevicesError,
} from "./selection.ts";
import type { Clock, Transport } from "./transport.ts";
import { waitOnBus, type WaitOptions } from "./wait.ts";

export interface OpenDeviceOptions extends DiscoveryOptions {
  readonly selector: DeviceSelector;
  /** Whether a device that runs its program may be asked to enter its boot loader. */
  readonly detach: boolean;
  /** How long to wait for a device to come, in milliseconds; 0 for not at all. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly onWait?: WaitOptions["onWait"];
  readonly signal?: AbortSignal | undefined;
}

/** A device in DFU mode that nobody else can use now. */
export interface OpenedUsbDevice {
  readonly transport: Transport;
  readonly device: UsbDfuDevice;
}

/**
 * Finds the one device that is meant, waits for it and brings it into DFU mode if that is asked for, and claims it.
 *
 * @throws {TransportError} `not-found` if there is none, telling what there is; or why it cannot be opened.
 * @throws {UsageError} if there are several.
 * @throws {InterruptedError} if the signal asks to stop waiting.
 */
export async function openUsbDevice(
  bus: UsbBus,
  options: OpenDeviceOptions,
): Promise<OpenedUsbDevice> {
  const { selector, detach: runtime, clock } = options;
  const startMs = clock.now();
  let discovery: Discovery = { candidates: [], others: [] };
  let looks = 0;
  const look = async () => {
    looks++;
    discovery = await discoverDevices(bus, options);
    const matches = matchDevices({ ...discovery, selector, runtime });
    return matches.length > 0 ? matches : undefined;
  };
  const matches = await waitOnBus(bus, look, { ...options, timeoutMs: options.waitMs });
  const [candidate, ...more] = matches ?? [];
  if (candidate === undefined) throw noDeviceError(discovery, { selector, runtime });
  if (more.length > 0) throw severalDevicesError([candidate, ...more].map(({ device }) => device));
  const isNew = looks > 1;
  if (candidate.device.mode === "dfu") return await openCandidate(candidate, { clock, isNew });
  const onWait = () => options.onWait?.(clock.now() - startMs);
  return await moveToDfuMode(bus, candidate, { ...options, onWait, isNew });
}

/**
 * Asks a device that runs its program to enter its boot loader, finds it again at its path, and claims it.
 *
 * @throws {TransportError} if it refuses, does not come back, or cannot be opened.
 * @throws {InterruptedError} if the signal asks to stop waiting.
 */
export async function moveToDfuMode(
  bus: UsbBus,
  program: DfuCandidate,
  options: DiscoveryOptions & Omit<WaitOptions, "timeoutMs"> & { readonly isNew?: boolean },
): Promise<OpenedUsbDevice> {
  const { clock } = options;
  const { transport, device } = await openCandidate(program, options);
  await detachDevice(transport, device);
  const loader = await findInDfuMode(bus, device.path, options);
  return await openCandidate(loader, { clock, isNew: true });
}

/** AN2606: an F105/107 takes up to 13.7 s to enumerate. */
const ENUMERATION_TIMEOUT_MS = 20_000;

/** Waits until the device at a path is in DFU mode: ids and serial number are often others then. */
async function findInDfuMode(
  bus: UsbBus,
  path: string,
  options: DiscoveryOptions & Omit<WaitOptions, "timeoutMs">,
): Promise<DfuCandidate> {
  const look = async () => {
    const { candidates } = await discoverDevices(bus, options);
    return candidates.find(({ device }) => device.path === path && device.mode === "dfu");
  };
  const found = await waitOnBus(bus, look, { ...options, timeoutMs: ENUMERATION_TIMEOUT_MS });
  if (found !== undefined) return found;
  const time = formatDuration(ENUMERATION_TIMEOUT_MS);
  throw new TransportError(
    "timeout",
    `Cannot bring the device at ${path} into DFU mode: it did not come back within ${time}`,
    { hint: "Start its boot loader by hand: most boards do with BOOT0 held at reset." },
  );
}

/** Another dfuse that lists devices lets go of each within milliseconds. */
const BUSY_PATIENCE_MS = 1_000;

/** A device appears before Linux has made its file, and that before udev has set its rights. */
const NEW_PATIENCE_MS = 3_000;
const RETRY_INTERVAL_MS = 50;

/** Claims a device, and tries again for a while where the reason may pass. */
export async function openCandidate(
  candidate: DfuCandidate,
  options: {
    readonly clock: Clock;
    /** Whether it has come just now. */
    readonly isNew?: boolean;
  },
): Promise<OpenedUsbDevice> {
  const { clock, isNew = false } = options;
  const startMs = clock.now();
  while (true) {
    try {
      return { transport: await candidate.open(), device: candidate.device };
    } catch (error) {
      const kind = error instanceof TransportError ? error.kind : undefined;
      const isPassing = kind === "access-denied" || kind === "disconnected";
      const patienceMs = isNew && isPassing
        ? NEW_PATIENCE_MS
        : kind === "busy"
        ? BUSY_PATIENCE_MS
        : 0;
      if (clock.now() - startMs >= patienceMs) throw error;
      await clock.sleep(RETRY_INTERVAL_MS);
    }
  }
}
