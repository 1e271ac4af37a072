import type { VoltageRange } from "../chips/chip.ts";
import { PlanError } from "../errors.ts";
import type { DfuIds } from "../firmware/firmware.ts";
import { formatAddress } from "../format.ts";
import { findIdMismatch, findSharedPages, throwProblems } from "./check_images.ts";
import { findFamilyMismatch, warnOfNoVectorTable } from "./check_start.ts";
import { type DeviceProfile, specialArea } from "./device_profile.ts";
import { estimatePlan } from "./estimate.ts";
import { totalSize } from "./extents.ts";
import type { Operation, PageStates, Plan, PlanTotals } from "./operation.ts";
import { regionAt } from "./memory_layout.ts";
import {
  type AlternatePlan,
  type AlternatePolicy,
  hasMassErase,
  planAlternate,
} from "./plan_alternate.ts";
import type { EraseMode } from "./plan_page.ts";
import { type PlannedImage, resolveImages, type TargetedImage } from "./resolve_images.ts";
import { countBlocks } from "./write_blocks.ts";

/** What shall be flashed: the outline of each image, and whom the file is for. */
export interface PlanInput {
  readonly images: readonly PlannedImage[];
  readonly ids?: DfuIds;
  /** UF2 family of the parts that the file is for. */
  readonly family?: number;
}

export interface PlanOptions {
  /** The alternate setting for images that name none; of those that name one, only these are flashed. */
  readonly alternate?: number;
  /** Default `needed`. */
  readonly erase?: EraseMode;
  /**
   * Keep the bytes around the image in pages that it covers in part. Default false: they are blanked.
   * Contradicts erasing `all`.
   */
  readonly preserve?: boolean;
  /** Read back and compare. Default true. */
  readonly verify?: boolean;
  /** Start the program at an address, or at the image's start (true, the default), or stay in the boot loader (false). */
  readonly leave?: boolean | number;
  /** Write to option bytes, OTP and the like, which a mistake can make useless. Default false. */
  readonly allowSpecial?: boolean;
  /** Flash a file that was made for another USB id. Default false. */
  readonly ignoreIds?: boolean;
  /** The supply voltage, to be told to a part that programs faster when it knows it. */
  readonly voltage?: VoltageRange;
  /** What a survey found; without it every touched page counts as different. */
  readonly pageStates?: PageStates;
}

/**
 * Plans the whole of a flash at once, so that elements that share a page do not erase each other. Pure: asks no device.
 *
 * @throws {PlanError} if anything of it is impossible; its fact `problems` lists all that was found of that kind.
 */
export function planFlash(
  input: PlanInput,
  profile: DeviceProfile,
  options: PlanOptions = {},
): Plan {
  checkLimits(profile);
  const images = resolveImages(input.images, profile, options);
  if (options.ignoreIds !== true && input.ids !== undefined) {
    throwProblems(
      findIdMismatch(input.ids, profile),
      "Choose the device with --device or --chip, or give --ignore-ids if the file fits all the same.",
    );
  }
  if (options.ignoreIds !== true) {
    throwProblems(
      findFamilyMismatch(input.family, profile),
      "Choose the part with --chip, or give --ignore-ids if the file fits all the same.",
    );
  }
  const policy = policyOf(profile, options);
  const parts = images.map((target) => {
    const verify = policy.verify && !resetsWhenWritten(target, profile);
    const states = options.pageStates?.get(target.alternate);
    return planAlternate(withoutBlanks(target, profile), states, { ...policy, verify });
  });
  const pages = parts.flatMap((part) => part.pages);
  throwProblems(findSharedPages(pages), "Flash them one after the other, with --alternate.");
  const reset = images.find((target, index) =>
    resetsWhenWritten(target, profile) &&
    parts[index]!.operations.some((operation) => operation.kind === "write")
  );
  const work = parts.flatMap((part) => part.operations);
  const body = [...voltageOperations(work, profile, options.voltage), ...work];
  const leave = reset === undefined ? options.leave ?? true : false;
  const operations = [...body, ...leaveOperations(body, { images, profile, leave })];
  const plan = {
    operations,
    pages,
    blanked: parts.flatMap((part) => part.blanked),
    preserved: parts.flatMap((part) => part.preserved),
    warnings: [
      ...warnOfNoVectorTable(images, profile),
      ...parts.flatMap((part) => part.warnings),
      ...(reset === undefined ? [] : [
        `The device resets itself after "${reset.layout.name}" is written: ` +
        "that is not verified, and the reset takes the place of leaving",
      ]),
    ],
    totals: sumTotals(images, parts, profile.transferSize),
  };
  const estimate = estimatePlan(operations, profile);
  return estimate === undefined ? plan : { ...plan, estimate };
}

/** What is 0xFF need not be written after an erase, but only where erased memory reads as 0xFF. */
function withoutBlanks(target: TargetedImage, profile: DeviceProfile): TargetedImage {
  const { erasedByte = 0xFF } = profile;
  if (erasedByte === 0xFF) return target;
  return { ...target, outline: { ...target.outline, blanks: [] } };
}

/** The voltage is told before the first erase or write, and only if there is one. */
function voltageOperations(
  work: readonly Operation[],
  profile: DeviceProfile,
  range: VoltageRange | undefined,
): Operation[] {
  if (range === undefined) return [];
  const feature = profile.alternates.find(({ layout }) => specialArea(layout) === "device-feature");
  const address = feature?.layout.regions[0]?.address;
  if (feature === undefined || address === undefined) {
    throw new PlanError(
      `Cannot tell ${profile.name} its supply voltage: it has no "Device Feature"`,
      {
        hint: "Leave --vdd out: only F2, F4 and F7 parts have such a setting.",
      },
    );
  }
  const changes = work.some(({ kind }) => kind === "write" || kind.startsWith("erase"));
  if (!changes) return [];
  return [{ kind: "select", alternate: feature.alternate }, { kind: "voltage", address, range }];
}

function policyOf(profile: DeviceProfile, options: PlanOptions): AlternatePolicy {
  const policy = {
    erase: options.erase ?? "needed",
    preserve: options.preserve ?? false,
    verify: options.verify ?? true,
    transferSize: profile.transferSize,
    writeAlignment: profile.writeAlignment,
    massErase: hasMassErase(profile),
  };
  if (policy.preserve && policy.erase === "all") {
    throw new PlanError("Cannot preserve what an erase of all pages blanks", {
      hint: "Give --erase touched with --preserve to keep everything outside the image.",
    });
  }
  return policy;
}

function resetsWhenWritten({ layout }: TargetedImage, profile: DeviceProfile): boolean {
  return specialArea(layout) === "option-bytes" &&
    profile.quirks.includes("resets-after-option-bytes");
}

/** Leaving needs a pointer into the memory of the program, so its alternate setting is selected again if need be. */
function leaveOperations(
  before: readonly Operation[],
  { images, profile, leave }: {
    readonly images: readonly TargetedImage[];
    readonly profile: DeviceProfile;
    readonly leave: boolean | number;
  },
): Operation[] {
  if (leave === false) return [];
  const program = images.find((target) => specialArea(target.layout) === undefined);
  const address = leave === true ? program?.outline.segments[0]?.address : leave;
  if (address === undefined) return [];
  const holders = profile.alternates.filter(({ layout }) => regionAt(layout, address));
  const holder = holders.find(({ alternate }) => alternate === program?.alternate) ?? holders[0];
  if (holder === undefined) throw leaveOutside(address, profile);
  const { alternate } = holder;
  const selected = before.findLast((operation) => operation.kind === "select")?.alternate;
  return [
    ...(selected === alternate ? [] : [{ kind: "select", alternate } as const]),
    { kind: "leave", address },
  ];
}

function leaveOutside(address: number, profile: DeviceProfile): PlanError {
  return new PlanError(
    `Cannot start a program at ${formatAddress(address)}: it is in no memory of ${profile.name}`,
    { hint: "Give the address of the program's vector table: --leave 0x08000000, for example." },
  );
}

function checkLimits(profile: DeviceProfile): void {
  const { transferSize, writeAlignment } = profile;
  const fits = Number.isInteger(writeAlignment) &&
    writeAlignment > 0 && transferSize >= writeAlignment && transferSize % writeAlignment === 0;
  if (!fits) {
    throw new PlanError(
      `Cannot plan for "${profile.name}": transfer size ${transferSize} B, ` +
        `expected a multiple of the write alignment, ${writeAlignment} B`,
      { hint: "Give a multiple of that with --transfer-size, at most what the device reports." },
    );
  }
}

function sumTotals(
  images: readonly TargetedImage[],
  parts: readonly AlternatePlan[],
  transferSize: number,
): PlanTotals {
  const pages = parts.flatMap((part) => part.pages);
  const operations = parts.flatMap((part) => part.operations);
  const writes = operations.filter((operation) => operation.kind === "write");
  const erased = pages.filter((run) => run.action === "erase" || run.action === "erase-write");
  const kept = pages.filter((run) => run.action === "keep");
  const count = (runs: readonly { pageCount: number }[]) =>
    runs.reduce((sum, run) => sum + run.pageCount, 0);
  return {
    imageSize: images.reduce((sum, { outline }) => sum + totalSize(outline.segments), 0),
    keptPages: count(kept),
    erasedPages: count(erased),
    erasedSize: erased.reduce((sum, run) => sum + run.pageCount * run.pageSize, 0),
    writtenSize: totalSize(writes),
    writtenBlocks: writes.reduce((sum, write) => sum + countBlocks(write, transferSize), 0),
    verifiedSize: totalSize(operations.filter((operation) => operation.kind === "verify")),
    blankedSize: totalSize(parts.flatMap((part) => part.blanked)),
    preservedSize: totalSize(parts.flatMap((part) => part.preserved)),
  };
}
