import { PlanError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { formatCount, formatRange } from "../format.ts";
import { findUnerasable, findUnreadable, throwProblems } from "./check_images.ts";
import { type DeviceProfile, specialArea } from "./device_profile.ts";
import { appendExtent, extentOf, overlaps, totalSize } from "./extents.ts";
import { type MemoryLayout, regionEnd } from "./memory_layout.ts";
import type { AlternateExtent, Operation, PageRun, PageState } from "./operation.ts";
import { type PagePolicy, type PageWork, planPage } from "./plan_page.ts";
import type { TargetedImage } from "./resolve_images.ts";
import { countTouchedPages, type TouchedPage, touchedPages } from "./touched_pages.ts";
import { appendWrite } from "./write_blocks.ts";

export interface AlternatePolicy extends PagePolicy {
  /** Whether the device has a command that erases all of its flash: see `hasMassErase()`. */
  readonly massErase: boolean;
}

/** The part of a plan that concerns one alternate setting. */
export interface AlternatePlan {
  readonly operations: readonly Operation[];
  readonly pages: readonly PageRun[];
  readonly blanked: readonly AlternateExtent[];
  readonly preserved: readonly AlternateExtent[];
  readonly warnings: readonly string[];
}

/** As many as 4 GiB have of 4 KiB each. It bounds the work for a layout that makes no sense. */
const MAX_PAGES = 1024 * 1024;

/** Grows with each page that belongs to it. */
type Growing<Item> = { -readonly [Key in keyof Item]: Item[Key] };

type EraseOperation = Extract<Operation, { kind: "erase" }>;

/** What is collected page by page; every list joins what touches, so that a plan stays small however large the image. */
interface Collected {
  readonly reads: Extent[];
  readonly erases: Growing<EraseOperation>[];
  readonly writes: Extent[];
  readonly verifies: Extent[];
  readonly blanked: Extent[];
  readonly runs: Growing<PageRun>[];
}

/** Plans one image: first all that is kept is read, then all pages are erased, then written, then verified. */
export function planAlternate(
  target: TargetedImage,
  states: ReadonlyMap<number, PageState> | undefined,
  policy: AlternatePolicy,
): AlternatePlan {
  const { alternate, layout, outline } = target;
  const all = policy.erase === "all";
  checkErase(target, policy);
  checkPageCount(target, countTouchedPages(outline, layout, { all }));
  const collected: Collected = {
    reads: [],
    erases: [],
    writes: [],
    verifies: [],
    blanked: [],
    runs: [],
  };
  for (const page of touchedPages(outline, layout, { all })) {
    const work = planPage(page, states?.get(page.address), policy);
    collect(collected, alternate, { page, work, policy });
  }
  checkReads(target, collected, policy);
  const extents = (list: readonly Extent[]) =>
    list.map(({ address, size }) => ({ alternate, address, size }));
  return {
    operations: operationsOf(target, collected, policy),
    pages: collected.runs,
    blanked: extents(collected.blanked),
    preserved: extents(collected.reads),
    warnings: warningsOf(target, collected, policy),
  };
}

function collect(
  into: Collected,
  alternate: number,
  of: { page: TouchedPage; work: PageWork; policy: AlternatePolicy },
): void {
  const { page, work, policy } = of;
  work.reads.forEach((extent) => appendExtent(into.reads, extent));
  work.blanked.forEach((extent) => appendExtent(into.blanked, extent));
  work.verifies.forEach((extent) => appendExtent(into.verifies, extent));
  for (const write of work.writes) {
    appendWrite(into.writes, write, { page, transferSize: policy.transferSize });
  }
  if (work.action === "erase" || work.action === "erase-write") appendErase(into.erases, page);
  appendRun(into.runs, {
    alternate,
    address: page.address,
    pageSize: page.size,
    pageCount: 1,
    action: work.action,
    reason: work.reason,
    imageSize: totalSize(page.extents),
    writeSize: totalSize(work.writes),
  });
}

function appendErase(erases: Growing<EraseOperation>[], page: TouchedPage): void {
  const last = erases.at(-1);
  const joins = last !== undefined && last.pageSize === page.size &&
    last.address + last.pageSize * last.pageCount === page.address;
  if (joins) last.pageCount++;
  else erases.push({ kind: "erase", address: page.address, pageSize: page.size, pageCount: 1 });
}

function appendRun(runs: Growing<PageRun>[], run: PageRun): void {
  const last = runs.at(-1);
  const joins = last !== undefined && last.pageSize === run.pageSize &&
    last.address + last.pageSize * last.pageCount === run.address &&
    last.action === run.action && last.reason === run.reason;
  if (!joins) {
    runs.push(run);
    return;
  }
  last.pageCount++;
  last.imageSize += run.imageSize;
  last.writeSize += run.writeSize;
}

function operationsOf(
  target: TargetedImage,
  collected: Collected,
  policy: AlternatePolicy,
): Operation[] {
  const { reads, writes, verifies } = collected;
  const verified = policy.verify ? verifies : [];
  const erases: Operation[] =
    policy.erase === "all" && erasesAtOnce(target.layout, policy.massErase)
      ? [{ kind: "erase-all" }]
      : collected.erases;
  if (reads.length + erases.length + writes.length + verified.length === 0) return [];
  return [
    { kind: "select", alternate: target.alternate },
    ...reads.map((extent) => ({ kind: "read", ...plain(extent) } as const)),
    ...erases,
    ...writes.map((extent) => ({ kind: "write", ...plain(extent) } as const)),
    ...verified.map((extent) => ({ kind: "verify", ...plain(extent) } as const)),
  ];
}

function plain({ address, size }: Extent): Extent {
  return { address, size };
}

/**
 * Whether one command erases the flash of a device and it is clear which one: the command names no memory, so beside
 * other flash it might erase that, or both.
 */
export function hasMassErase(profile: DeviceProfile): boolean {
  const { alternates, quirks } = profile;
  return !quirks.includes("no-mass-erase") &&
    alternates.filter(({ layout }) => layout.regions.some((region) => region.erasable))
        .length === 1;
}

/**
 * Mass erase means the part's own flash: it is used where the layout is one stretch of pages that may all be erased.
 * Elsewhere a loader may understand something else by it, and every page is erased by itself.
 */
export function erasesAtOnce({ regions }: MemoryLayout, massErase: boolean): boolean {
  return massErase && regions.every((region, index) => {
    const before = regions[index - 1];
    return region.erasable && (before === undefined || regionEnd(before) === region.address);
  });
}

function checkErase({ layout, outline }: TargetedImage, policy: AlternatePolicy): void {
  if (policy.erase !== "touched" && policy.erase !== "all") return;
  if (specialArea(layout) !== undefined) return;
  throwProblems(
    findUnerasable(outline.segments, layout),
    "Give --erase needed to write such memory without an erase.",
  );
}

function checkReads(
  { layout }: TargetedImage,
  { reads, verifies }: Collected,
  policy: AlternatePolicy,
): void {
  throwProblems(
    findUnreadable(reads, layout, { purpose: "keep the bytes around the image in" }),
    policy.preserve
      ? "Leave --preserve out, or make the image cover all of it"
      : "Make the image begin and end at multiples of the write alignment.",
  );
  if (!policy.verify) return;
  throwProblems(
    findUnreadable(verifies, layout, { purpose: "verify" }),
    "Give --no-verify to flash it without reading back.",
  );
}

function checkPageCount({ layout }: TargetedImage, pageCount: number): void {
  if (pageCount <= MAX_PAGES) return;
  throw new PlanError(
    `Cannot plan for "${layout.name}": ${pageCount} pages, expected at most ${MAX_PAGES}`,
    { hint: "Check the page size in the layout." },
  );
}

function warningsOf(
  target: TargetedImage,
  collected: Collected,
  policy: AlternatePolicy,
): string[] {
  const { layout } = target;
  if (specialArea(layout) !== undefined) return [];
  const fixed = layout.regions.filter((region) => !region.erasable).map(extentOf);
  const plainWrites = collected.runs.filter((run) => run.reason === "not-erasable").map(extentOf);
  const written = fixed.filter((region) => plainWrites.some((run) => overlaps(run, region)));
  const uneven = collected.writes.find(({ address, size }) =>
    address % policy.writeAlignment !== 0 || size % policy.writeAlignment !== 0
  );
  return [
    ...written.map((region) =>
      `"${layout.name}" says that ${formatRange(region)} is not erasable: ` +
      "it is written as it is, which is right for RAM and EEPROM only"
    ),
    ...(policy.erase === "all" ? fixed : []).map((region) =>
      `"${layout.name}" says that ${formatRange(region)} is not erasable: it stays as it is`
    ),
    ...(policy.erase === "none" && collected.writes.length > 0
      ? ["Nothing is erased: flash that is not blank will not take the image"]
      : []),
    ...(uneven === undefined ? [] : [
      `The pages of "${layout.name}" do not allow writes in multiples of ` +
      `${formatCount(policy.writeAlignment, "byte")}, as at ${formatRange(uneven)}`,
    ]),
  ];
}
