import type { Chip, FlashTiming, Quirk, VoltageRange } from "../chips/chip.ts";
import { type ChipTraits, guessChips, sameString, sentBy } from "../chips/guess_chip.ts";
import { PlanError } from "../errors.ts";
import { type MemoryLayout, parseMemoryLayout } from "./memory_layout.ts";

/** One alternate setting and its memory. */
export interface AlternateProfile {
  readonly alternate: number;
  readonly layout: MemoryLayout;
}

/** An alternate setting that nothing can be planned onto: its string tells of no memory, or cannot be trusted. */
export interface UnusableAlternate {
  readonly alternate: number;
  /** The interface string; empty where the device has none. */
  readonly text: string;
  /** Why, as `parseMemoryLayout()` said it. */
  readonly reason: string;
}

/** All that the planner may know of a device. */
export interface DeviceProfile {
  /** For people: the chip's title, or the layout's name. */
  readonly name: string;
  /** Id of the chip, where one was named or recognised. */
  readonly chip?: string;
  /** USB ids, where known. */
  readonly vendorId?: number;
  readonly productId?: number;
  /** bcdDevice of an attached device. */
  readonly deviceVersion?: number;
  readonly alternates: readonly AlternateProfile[];
  /** Alternate settings without a usable layout, where there are any. */
  readonly unusable?: readonly UnusableAlternate[];
  /** wTransferSize, in bytes: no block of a write is longer. */
  readonly transferSize: number;
  /** Addresses and sizes of writes are multiples of this, in bytes. */
  readonly writeAlignment: number;
  /** What erased memory reads as; 0xFF where it is missing. */
  readonly erasedByte?: number;
  /** Writing to memory that is not blank does no harm: see `Chip.reprogrammable`. */
  readonly reprogrammable?: boolean;
  readonly timing?: FlashTiming;
  readonly quirks: readonly Quirk[];
}

/** What an attached device tells of itself; strings are empty where it has none. */
export interface DeviceIdentity extends ChipTraits {
  /** bcdDevice. */
  readonly deviceVersion?: number;
  /** wTransferSize of the functional descriptor, in bytes. */
  readonly transferSize?: number;
}

/** wTransferSize of most ROMs; an attached device says its own. */
const DEFAULT_TRANSFER_SIZE = 2048;

/**
 * For parts that are not known: the largest flash word of any known part (STM32H7), a multiple of every smaller
 * one and of what every known boot loader demands. It costs nothing: the padding is 0xFF, in pages that are
 * erased anyway, and every flash page of a known part is a multiple of it.
 */
const SAFE_WRITE_ALIGNMENT = 32;

/** The profile of a part of the table. `voltage` is the supply that the loader will be told of. */
export function profileOfChip(
  chip: Chip,
  options: { readonly voltage?: VoltageRange } = {},
): DeviceProfile {
  const { voltage } = options;
  return {
    name: chip.title,
    chip: chip.id,
    vendorId: chip.vendorId,
    productId: chip.productId,
    ...readAlternates(chip.alternates),
    transferSize: chip.transferSize,
    writeAlignment: alignmentOf(chip),
    ...flashTraits([chip]),
    timing: timingOf(chip, voltage),
    quirks: chip.quirks,
  };
}

/**
 * The profile of layouts that a person gave, one per alternate setting, in order.
 *
 * @throws {PlanError} if a layout cannot be used, or none is given.
 */
export function profileOfLayout(
  strings: readonly string[],
  options: { readonly transferSize?: number; readonly writeAlignment?: number } = {},
): DeviceProfile {
  const alternates = strings.map((text, alternate) => ({
    alternate,
    layout: withoutSpecialErase(parseMemoryLayout(text)),
  }));
  const first = alternates[0];
  if (first === undefined) {
    throw new PlanError("Cannot build a device profile: no layout, expected at least one");
  }
  return {
    name: first.layout.name,
    alternates,
    transferSize: options.transferSize ?? DEFAULT_TRANSFER_SIZE,
    writeAlignment: options.writeAlignment ?? SAFE_WRITE_ALIGNMENT,
    quirks: [],
  };
}

/**
 * The profile of an attached device. `chip` says which part it is; otherwise every part of the table that looks
 * the same counts: the strictest write alignment of all, every quirk of any, timing only where they agree.
 * Where a part's layout is known to lie, the table's is used, and a note of the layout says so.
 */
export function profileOfDevice(
  device: DeviceIdentity,
  options: {
    readonly chip?: Chip;
    readonly voltage?: VoltageRange;
    /** The parts to choose from, if not all. */
    readonly table?: readonly Chip[];
  } = {},
): DeviceProfile {
  const { vendorId, productId, deviceVersion, strings } = device;
  const candidates = options.chip === undefined
    ? guessChips(device, options.table)
    : [options.chip];
  const chip = candidates.length === 1 ? candidates[0] : undefined;
  const known = readAlternates(strings, candidates);
  const timing = commonTiming(candidates, options.voltage);
  return {
    name: nameOf(candidates) ?? known.alternates[0]?.layout.name ?? "Unknown device",
    ...(chip === undefined ? {} : { chip: chip.id }),
    vendorId,
    productId,
    ...(deviceVersion === undefined ? {} : { deviceVersion }),
    ...known,
    transferSize: device.transferSize ?? chip?.transferSize ?? DEFAULT_TRANSFER_SIZE,
    writeAlignment: strictestAlignment(candidates),
    ...flashTraits(candidates),
    ...(timing === undefined ? {} : { timing }),
    quirks: [...new Set(candidates.flatMap((candidate) => candidate.quirks))],
  };
}

/** What may be relied on whichever of the parts it is. */
function flashTraits(
  candidates: readonly Chip[],
): Pick<DeviceProfile, "erasedByte" | "reprogrammable"> {
  const erasedByte = candidates.find((chip) => chip.erasedByte !== undefined)?.erasedByte;
  const reprogrammable = candidates.length > 0 &&
    candidates.every((chip) => chip.reprogrammable === true);
  return {
    ...(erasedByte === undefined ? {} : { erasedByte }),
    ...(reprogrammable ? { reprogrammable } : {}),
  };
}

/** More names than this tell a person less than the name of the memory does. */
const MAX_NAMES = 3;

/** What the device is, for people; where parts share a boot loader, what it may be. */
function nameOf(candidates: readonly Chip[]): string | undefined {
  if (candidates.length === 1) return candidates[0]!.title;
  if (candidates.length === 0 || candidates.length > MAX_NAMES) return undefined;
  return candidates.map((chip) => chip.id).join(" or ");
}

/** Memory that is not for programs: it is written without an erase, and never by accident. */
export type SpecialArea = "option-bytes" | "otp" | "device-feature";

/** Which special area a layout describes, by its name; undefined for ordinary memory. */
export function specialArea(layout: MemoryLayout): SpecialArea | undefined {
  const name = layout.name.toLowerCase();
  if (/^option bytes?\b/.test(name)) return "option-bytes";
  if (/^otp\b/.test(name)) return "otp";
  if (/^device feature\b/.test(name)) return "device-feature";
  return undefined;
}

/**
 * Option bytes, one-time memory and feature words have no erase of their own, yet some loaders claim one (`g`
 * instead of `e`: STM32F4 ROM 2.1, STM32F105/107). They are written as they are.
 */
function withoutSpecialErase(layout: MemoryLayout): MemoryLayout {
  if (specialArea(layout) === undefined) return layout;
  if (!layout.regions.some((region) => region.erasable)) return layout;
  return {
    name: layout.name,
    regions: layout.regions.map((region) => ({ ...region, erasable: false })),
    notes: [...layout.notes, "It claims to be erasable, which such an area is not"],
  };
}

type Alternates = Pick<DeviceProfile, "alternates" | "unusable">;

function readAlternates(strings: readonly string[], candidates: readonly Chip[] = []): Alternates {
  const alternates: AlternateProfile[] = [];
  const unusable: UnusableAlternate[] = [];
  for (const [alternate, text] of strings.entries()) {
    try {
      const layout = correctedLayout(text, { alternate, candidates }) ?? parseMemoryLayout(text);
      alternates.push({ alternate, layout: withoutSpecialErase(layout) });
    } catch (error) {
      // A string without memory concerns only those who plan onto it: the others stay usable.
      if (!(error instanceof PlanError)) throw error;
      unusable.push({ alternate, text, reason: error.message });
    }
  }
  return unusable.length === 0 ? { alternates } : { alternates, unusable };
}

/** The table's layout, where the device may be a part that is known to send a wrong one. */
function correctedLayout(
  text: string,
  device: { readonly alternate: number; readonly candidates: readonly Chip[] },
): MemoryLayout | undefined {
  const { alternate, candidates } = device;
  const liar = candidates.find((chip) => {
    const sent = sentBy(chip)[alternate];
    return chip.quirks.includes("layout-lies") && sent !== undefined &&
      sent !== chip.alternates[alternate] && sameString(sent, text);
  });
  if (liar === undefined) return undefined;
  const layout = parseMemoryLayout(liar.alternates[alternate]!);
  const others = candidates.filter((chip) => chip !== liar).map((chip) => chip.id);
  const doubt = others.length === 0
    ? ""
    : `, unless it is ${others.join(" or ")}, which --chip would say`;
  const note =
    `The device sends "${text}", which is wrong for ${liar.id}: the table's is used${doubt}`;
  return { ...layout, notes: [...layout.notes, note] };
}

function strictestAlignment(candidates: readonly Chip[]): number {
  if (candidates.length === 0) return SAFE_WRITE_ALIGNMENT;
  // All are powers of two, so the largest is a multiple of every other.
  return Math.max(...candidates.map(alignmentOf));
}

/** What both the loader and the flash accept. */
function alignmentOf(chip: Chip): number {
  return Math.max(chip.writeAlignment, chip.flashWordSize ?? 1);
}

function timingOf(chip: Chip, voltage: VoltageRange | undefined): FlashTiming {
  return (voltage === undefined ? undefined : chip.timingAtVoltage?.[voltage]) ?? chip.timing;
}

function commonTiming(
  candidates: readonly Chip[],
  voltage: VoltageRange | undefined,
): FlashTiming | undefined {
  const [first, ...others] = candidates.map((chip) => timingOf(chip, voltage));
  if (first === undefined) return undefined;
  const figures = (timing: FlashTiming) => JSON.stringify({ ...timing, source: "" });
  return others.every((timing) => figures(timing) === figures(first)) ? first : undefined;
}
