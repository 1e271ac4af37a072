import { PlanError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { formatAddress, formatRange } from "../format.ts";
import { throwProblems } from "./check_images.ts";
import type { DeviceProfile } from "./device_profile.ts";
import { estimatePlan } from "./estimate.ts";
import {
  appendExtent,
  clipExtents,
  endOf,
  extentOf,
  gapsIn,
  joinExtents,
  type Pages,
  totalSize,
} from "./extents.ts";
import type { MemoryLayout, MemoryRegion } from "./memory_layout.ts";
import type { Operation, Plan } from "./operation.ts";
import { erasesAtOnce, hasMassErase } from "./plan_alternate.ts";
import { EMPTY_TOTALS } from "./totals.ts";

/** What shall be erased: every page of an alternate setting, or those that a range touches. */
export type EraseTarget =
  | { readonly kind: "all" }
  | ({ readonly kind: "range" } & Extent);

/**
 * Plans an erase. Throws `PlanError` where the range is not all erasable memory, or does not begin and end with a page:
 * what would be erased beyond it is said in the message.
 */
export function planErase(
  target: EraseTarget,
  profile: DeviceProfile,
  options: { readonly alternate: number },
): Plan {
  const { alternate } = options;
  const layout = profile.alternates.find((found) => found.alternate === alternate)?.layout;
  if (layout === undefined) {
    throw new PlanError(`Cannot erase alternate ${alternate}: ${profile.name} has none`, {
      hint: "dfuse list shows the alternates of a device.",
    });
  }
  const pages = target.kind === "all" ? allPages(layout) : pagesOf(target, layout);
  const atOnce = target.kind === "all" &&
    erasesAtOnce(layout, hasMassErase(profile));
  const erases: Operation[] = atOnce
    ? [{ kind: "erase-all" }]
    : pages.map((run) => ({ kind: "erase", ...run }));
  // Write-protected pages take an erase without a word: only reading back shows it.
  const verifies = readableParts(pages, layout);
  const operations: Operation[] = [
    { kind: "select", alternate },
    ...erases,
    ...verifies.map((extent): Operation => ({ kind: "verify", ...extent })),
  ];
  const erasedSize = totalSize(pages.map(extentOf));
  const estimate = estimatePlan(operations, profile);
  return {
    operations,
    pages: pages.map((run) => ({ ...pageRun, ...run, alternate })),
    blanked: pages.map((run) => ({ alternate, ...extentOf(run) })),
    preserved: [],
    warnings: target.kind === "all" ? leftAlone(layout) : [],
    totals: {
      ...EMPTY_TOTALS,
      erasedPages: pages.reduce((sum, run) => sum + run.pageCount, 0),
      erasedSize,
      verifiedSize: totalSize(verifies),
      blankedSize: erasedSize,
    },
    ...(estimate === undefined ? {} : { estimate }),
  };
}

const pageRun = { action: "erase", reason: "requested", imageSize: 0, writeSize: 0 } as const;

function allPages(layout: MemoryLayout): Pages[] {
  const erasable = layout.regions.filter((region) => region.erasable);
  if (erasable.length === 0) {
    throw new PlanError(`Cannot erase "${layout.name}": nothing of it is erasable`, {
      hint: "Choose other memory with --alternate.",
    });
  }
  return erasable.map(({ address, pageSize, pageCount }) => ({ address, pageSize, pageCount }));
}

function readableParts(pages: readonly Pages[], layout: MemoryLayout): Extent[] {
  const parts: Extent[] = [];
  for (const region of layout.regions.filter((region) => region.readable)) {
    for (const part of clipExtents(pages.map(extentOf), extentOf(region))) {
      appendExtent(parts, part);
    }
  }
  return parts;
}

function leftAlone({ name, regions }: MemoryLayout): string[] {
  return regions.filter((region) => !region.erasable).map((region) =>
    `"${name}" says that ${formatRange(extentOf(region))} is not erasable: it stays as it is`
  );
}

function pagesOf(range: Extent, layout: MemoryLayout): Pages[] {
  const regions = layout.regions.filter((region) => region.erasable);
  const memory = joinExtents(regions.map(extentOf));
  throwProblems(
    gapsIn(memory, range).map((gap) =>
      `Cannot erase ${formatRange(range)}: ${
        formatAddress(gap.address)
      } is not erasable memory of ` +
      `"${layout.name}" (${memory.map(formatRange).join(", ")})`
    ),
    "dfuse list shows the memory of a device.",
  );
  return regions.flatMap((region) => {
    const part = clipExtents([range], extentOf(region))[0];
    return part === undefined ? [] : [wholePages(part, region, range)];
  });
}

function wholePages(part: Extent, region: MemoryRegion, range: Extent): Pages {
  const { pageSize } = region;
  const first = Math.floor((part.address - region.address) / pageSize);
  const end = Math.ceil((endOf(part) - region.address) / pageSize);
  const address = region.address + first * pageSize;
  const pages = { address, size: (end - first) * pageSize };
  if (pages.address !== part.address || pages.size !== part.size) {
    throw new PlanError(
      `Cannot erase ${formatRange(range)} exactly: pages reach over ${formatRange(pages)}`,
      {
        hint:
          "Give a range that begins and ends with a page, or --page for the page of an address.",
      },
    );
  }
  return { address, pageSize, pageCount: end - first };
}
