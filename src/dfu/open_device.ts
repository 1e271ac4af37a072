import type { Chip, VoltageRange } from "../chips/chip.ts";
import { DeviceError, PlanError, TransportError } from "../errors.ts";
import { type DeviceProfile, profileOfDevice, specialArea } from "../plan/device_profile.ts";
import {
  configurationSize,
  dfuModeOf,
  type FunctionalDescriptor,
  type InterfaceDescriptor,
  parseConfigurationDescriptor,
  parseDeviceDescriptor,
  parseStringDescriptor,
} from "../usb/descriptors.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import type { FlashDevice } from "./flash.ts";
import { DfuSession } from "./session.ts";

export interface OpenOptions {
  readonly clock: Clock;
  /** The part, where the user says so; otherwise it is recognised as far as possible. */
  readonly chip?: Chip | undefined;
  /** The supply voltage, where the user says so. */
  readonly voltage?: VoltageRange | undefined;
  /** Shorter blocks than the device reports, in bytes. */
  readonly transferSize?: number | undefined;
}

/** What a DFU device tells of itself in its descriptors. */
export interface DeviceFacts {
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly serial?: string;
  readonly interfaceNumber: number;
  /** Interface strings by alternate setting; empty where there is none. */
  readonly strings: readonly string[];
  /** Missing where the device has none. */
  readonly functional?: FunctionalDescriptor;
}

/**
 * Reads the descriptors of a device in DFU mode and prepares a session with it.
 *
 * @throws {DeviceError} if it has no DFU interface, or runs its program.
 * @throws {PlanError} if `transferSize` is more than the device takes.
 */
export async function openDevice(
  transport: Transport,
  options: OpenOptions,
): Promise<FlashDevice & { readonly facts: DeviceFacts }> {
  const facts = await readDevice(transport);
  const profile = profileOf(facts, options);
  const session = new DfuSession(transport, {
    interfaceNumber: facts.interfaceNumber,
    // What a user says instead only limits the blocks: the device counts in its own.
    transferSize: facts.functional?.transferSize ?? 0,
    quirks: profile.quirks,
    timing: profile.timing,
    pollEarly: pollsEarly(profile),
    resettingAlternates: resettingAlternates(profile),
    clock: options.clock,
  });
  const canUpload = facts.functional?.canUpload ?? true;
  return { session, profile, clock: options.clock, canUpload, facts };
}

/** Reads the descriptors of a device in DFU mode. Throws `DeviceError` if it is not one. */
export async function readDevice(transport: Transport): Promise<DeviceFacts> {
  const device = parseDeviceDescriptor(await getDescriptor(transport, { type: 1, size: 18 }));
  const head = await getDescriptor(transport, { type: 2, size: 9 });
  const size = configurationSize(head);
  const configuration = parseConfigurationDescriptor(
    await getDescriptor(transport, { type: 2, size }),
  );
  const alternates = dfuAlternates(configuration.interfaces);
  const interfaceNumber = alternates[0]!.interfaceNumber;
  const functional = configuration.functional.get(interfaceNumber);
  const strings: string[] = [];
  for (const { alternate, nameIndex } of alternates) {
    strings[alternate] = await getString(transport, nameIndex);
  }
  const serial = await getString(transport, device.serialIndex);
  return {
    vendorId: device.vendorId,
    productId: device.productId,
    deviceVersion: device.deviceVersion,
    ...(serial === "" ? {} : { serial }),
    interfaceNumber,
    strings: Array.from(strings, (text) => text ?? ""),
    ...(functional === undefined ? {} : { functional }),
  };
}

/** The alternate settings of the first interface in DFU mode. */
function dfuAlternates(interfaces: readonly InterfaceDescriptor[]): readonly InterfaceDescriptor[] {
  const found = interfaces.find((candidate) => dfuModeOf(candidate) === "dfu");
  if (found !== undefined) {
    return interfaces.filter((other) => other.interfaceNumber === found.interfaceNumber);
  }
  const runtime = interfaces.some((candidate) => dfuModeOf(candidate) === "runtime");
  throw new DeviceError(
    runtime
      ? "Cannot flash the device: its program runs, not its boot loader"
      : "Cannot flash the device: it has no DFU interface",
    { hint: "Start the boot loader: most boards do with BOOT0 held at reset." },
  );
}

function profileOf(facts: DeviceFacts, options: OpenOptions): DeviceProfile {
  const { chip, voltage, transferSize } = options;
  const reported = facts.functional?.transferSize ?? 0;
  if (transferSize !== undefined && reported > 0) checkTransferSize(transferSize, reported);
  const size = transferSize ?? (reported > 0 ? reported : undefined);
  return profileOfDevice(
    { ...facts, ...(size === undefined ? {} : { transferSize: size }) },
    {
      ...(chip === undefined ? {} : { chip }),
      ...(voltage === undefined ? {} : { voltage }),
    },
  );
}

/** A longer block is stalled, or its end gets lost: DFU 1.1 §4.1.3, wTransferSize. */
function checkTransferSize(size: number, reported: number): void {
  if (size <= reported) return;
  throw new PlanError(
    `Cannot use blocks of ${size} B: the device takes ${reported} B (wTransferSize), expected at most that`,
    { hint: "Leave out --transfer-size: it is for shorter blocks only." },
  );
}

/** ST's vendor id: its ROMs answer an early GETSTATUS when the work is done. */
const ST_VENDOR_ID = 0x0483;

/** Whether a part is known to answer early: a recognised one of ST's, without a quirk that says otherwise. */
function pollsEarly({ vendorId, timing, quirks }: DeviceProfile): boolean {
  return vendorId === ST_VENDOR_ID && timing !== undefined &&
    !quirks.includes("early-poll-stalls");
}

/** Where a write ends in a reset. */
function resettingAlternates({ alternates, quirks }: DeviceProfile): number[] {
  if (!quirks.includes("resets-after-option-bytes")) return [];
  return alternates.filter(({ layout }) => specialArea(layout) === "option-bytes")
    .map(({ alternate }) => alternate);
}

const DEVICE_IN = 0x80;
const GET_DESCRIPTOR = 6;
const US_ENGLISH = 0x0409;
const DESCRIPTOR_TIMEOUT_MS = 2_000;

/** A descriptor that does not come is asked for this often at most: early ROMs stall now and then. */
const MAX_ATTEMPTS = 3;

async function getDescriptor(
  transport: Transport,
  wanted: {
    readonly type: number;
    readonly size: number;
    readonly number?: number;
    readonly language?: number;
  },
): Promise<Uint8Array> {
  const { type, size, number = 0, language = 0 } = wanted;
  const setup = {
    requestType: DEVICE_IN,
    request: GET_DESCRIPTOR,
    value: type * 256 + number,
    index: language,
  };
  for (let attempt = 1;; attempt++) {
    try {
      return await transport.controlIn(setup, size, DESCRIPTOR_TIMEOUT_MS);
    } catch (error) {
      if (!isRefusedOrLate(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** A string that is missing, or that the device will not tell, is empty: it must not stop a flash. */
async function getString(transport: Transport, number: number): Promise<string> {
  if (number === 0) return "";
  try {
    const wanted = { type: 3, size: 255, number, language: US_ENGLISH };
    return parseStringDescriptor(await getDescriptor(transport, wanted));
  } catch (error) {
    if (error instanceof DeviceError || isRefusedOrLate(error)) return "";
    throw error;
  }
}

function isRefusedOrLate(error: unknown): boolean {
  return error instanceof TransportError && (error.kind === "stall" || error.kind === "timeout");
}
