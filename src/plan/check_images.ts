import { PlanError } from "../errors.ts";
import type { DfuIds, Extent } from "../firmware/firmware.ts";
import { formatAddress, formatRange, formatUsbIds } from "../format.ts";
import type { DeviceProfile } from "./device_profile.ts";
import { endOf, extentOf, gapsIn, joinExtents, overlaps } from "./extents.ts";
import type { MemoryLayout, MemoryRegion } from "./memory_layout.ts";
import type { PageRun } from "./operation.ts";

/** At most this many problems are named; a file for another part has one on every segment. */
const MAX_PROBLEMS = 20;

/** Throws one `PlanError` for all problems found; its fact `problems` lists them. */
export function throwProblems(problems: readonly string[], hint: string): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  const rest = more.length === 0
    ? ""
    : ` (and ${more.length} more problem${more.length === 1 ? "" : "s"})`;
  throw new PlanError(first + rest, {
    hint,
    facts: { problems: problems.slice(0, MAX_PROBLEMS), problemCount: problems.length },
  });
}

/** Whether every byte of `segments` lies in writable memory of the layout: a sentence for each place where it does not. */
export function findUnwritable(segments: readonly Extent[], layout: MemoryLayout): string[] {
  return segments.flatMap((segment) => [
    ...outsideOf(segment, layout),
    ...layout.regions.filter((region) => !region.writable).flatMap((region) =>
      readOnlyPart(segment, region, layout)
    ),
  ]);
}

function outsideOf(segment: Extent, layout: MemoryLayout): string[] {
  const memory = joinExtents(layout.regions.map(extentOf));
  return gapsIn(memory, segment).map((gap) =>
    `Cannot write ${formatRange(segment)}: ${formatAddress(gap.address)} is outside ` +
    `"${layout.name}" (${memory.map(formatRange).join(", ")})`
  );
}

function readOnlyPart(segment: Extent, region: MemoryRegion, layout: MemoryLayout): string[] {
  if (!overlaps(segment, extentOf(region))) return [];
  const start = formatAddress(Math.max(segment.address, region.address));
  return [`Cannot write ${formatRange(segment)}: ${start} is read-only in "${layout.name}"`];
}

/** A sentence for each region that cannot be erased and holds some of `segments`. */
export function findUnerasable(segments: readonly Extent[], layout: MemoryLayout): string[] {
  return layout.regions.filter((region) => !region.erasable).map(extentOf)
    .filter((region) => segments.some((segment) => overlaps(segment, region)))
    .map((region) =>
      `Cannot erase ${formatRange(region)}: "${layout.name}" says it is not erasable`
    );
}

/** A sentence for each of `extents` that cannot be read back; `purpose` is the verb that says what for. */
export function findUnreadable(
  extents: readonly Extent[],
  layout: MemoryLayout,
  { purpose }: { readonly purpose: string },
): string[] {
  return layout.regions.filter((region) => !region.readable).map(extentOf)
    .flatMap((region) => extents.filter((extent) => overlaps(extent, region)))
    .map((extent) =>
      `Cannot ${purpose} ${formatRange(extent)}: "${layout.name}" says it is not readable`
    );
}

/**
 * A sentence for each two alternate settings of which pages at the same addresses are planned for: they may be one memory
 * under two numbers, as some loaders list them, where the second would undo what the first has verified.
 */
export function findSharedPages(pages: readonly PageRun[]): string[] {
  const sorted = pages.toSorted((a, b) => a.address - b.address);
  const problems = new Map<string, string>();
  let reaching: PageRun | undefined;
  for (const run of sorted) {
    // Runs of one alternate setting are disjoint.
    if (reaching !== undefined && overlaps(extentOf(reaching), extentOf(run))) {
      const pair = [reaching.alternate, run.alternate].sort((a, b) => a - b).join(" and ");
      const at = formatAddress(run.address);
      problems.set(pair, `Cannot flash alternates ${pair} at once: both have pages at ${at}`);
    }
    if (reaching === undefined || endOf(extentOf(run)) > endOf(extentOf(reaching))) reaching = run;
  }
  return [...problems.values()];
}

/** 0xFFFF in a suffix stands for any device; real files also carry a product of 0 for the same. */
export function findIdMismatch(ids: DfuIds, profile: DeviceProfile): string[] {
  const { vendorId, productId } = profile;
  if (vendorId === undefined || productId === undefined) return [];
  const vendorFits = ids.vendorId === 0xFFFF || ids.vendorId === vendorId;
  const productFits = [0xFFFF, 0, productId].includes(ids.productId);
  if (vendorFits && productFits) return [];
  return [
    `Cannot flash a file made for USB device ${formatUsbIds(ids)}: the target is ` +
    `${formatUsbIds({ vendorId, productId })}`,
  ];
}
