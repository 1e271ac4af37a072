import type { Extent } from "../../firmware/firmware.ts";
import { endOf, extentOf } from "../../plan/extents.ts";
import type { MemoryLayout, MemoryRegion } from "../../plan/memory_layout.ts";
import { isIdle } from "./columns.ts";
import { clipSpans, type Span } from "./treatment.ts";

/** Memory without a gap, as rows that have one scale. */
export interface Stretch extends Extent {
  readonly regions: readonly MemoryRegion[];
  /** How many pages of the layout come before it. */
  readonly pagesBefore: number;
  /** Bytes that a whole row shows; the last one may show fewer. */
  readonly rowSize: number;
  readonly rows: readonly Row[];
}

/** One row; idle ones that follow each other are folded into one that is not to scale. */
export interface Row extends Extent {
  readonly foldedRows?: number;
}

/** A page narrower than this, in shares of a row, cannot be told from its neighbours. */
const MIN_PAGE_SHARE = 1 / 128;
/** Pages in a row where there are too many for one row. */
const PAGES_PER_ROW = 64;
/** More rows than this do not fit on a screen. */
const MAX_ROWS = 40;
/** Fewer idle rows than this are shown as they are. */
const MIN_FOLDED_ROWS = 3;

/**
 * How to show all memory of a layout: one row to scale where its pages are wide enough, else rows of equally many bytes,
 * so that a page still is to scale, and where these are too many, rows of more.
 */
export function layOut(layout: MemoryLayout, spans: readonly Span[]): Stretch[] {
  let pagesBefore = 0;
  return stretchesOf(layout).map((regions) => {
    const first = extentOf(regions[0]!);
    const stretch = {
      address: first.address,
      size: endOf(extentOf(regions.at(-1)!)) - first.address,
    };
    const rowSize = chooseRowSize(regions, stretch.size);
    const rows = foldIdle(cut(stretch, rowSize), spans);
    const before = pagesBefore;
    pagesBefore += regions.reduce((sum, region) => sum + region.pageCount, 0);
    return { ...stretch, regions, pagesBefore: before, rowSize, rows };
  });
}

/** The regions of a layout, those without a gap between them together. */
export function stretchesOf({ regions }: MemoryLayout): MemoryRegion[][] {
  const stretches: MemoryRegion[][] = [];
  for (const region of regions) {
    const last = stretches.at(-1);
    const before = last?.at(-1);
    if (before !== undefined && endOf(extentOf(before)) === region.address) last!.push(region);
    else stretches.push([region]);
  }
  return stretches;
}

function chooseRowSize(regions: readonly MemoryRegion[], size: number): number {
  const smallest = Math.min(...regions.map((region) => region.pageSize));
  if (smallest >= size * MIN_PAGE_SHARE) return size;
  let rowSize = smallest * PAGES_PER_ROW;
  while (Math.ceil(size / rowSize) > MAX_ROWS) rowSize *= 2;
  return Math.min(rowSize, size);
}

function cut(stretch: Extent, rowSize: number): Extent[] {
  const rows: Extent[] = [];
  for (let address = stretch.address; address < endOf(stretch); address += rowSize) {
    rows.push({ address, size: Math.min(rowSize, endOf(stretch) - address) });
  }
  return rows;
}

/** Rows in which all is idle, and alike, become one. */
function foldIdle(rows: readonly Extent[], spans: readonly Span[]): Row[] {
  const folded: Row[] = [];
  for (let index = 0; index < rows.length;) {
    const idle = idleTreatment(rows[index]!, spans);
    let end = index + 1;
    while (idle !== undefined && end < rows.length && idleTreatment(rows[end]!, spans) === idle) {
      end++;
    }
    const group = rows.slice(index, end);
    if (group.length < MIN_FOLDED_ROWS) folded.push(...group);
    else {
      const size = group.reduce((sum, row) => sum + row.size, 0);
      folded.push({ address: group[0]!.address, size, foldedRows: group.length });
    }
    index = end;
  }
  return folded;
}

function idleTreatment(row: Extent, spans: readonly Span[]): string | undefined {
  const [first, ...others] = clipSpans(spans, row);
  return first !== undefined && others.length === 0 && isIdle(first.treatment)
    ? first.treatment
    : undefined;
}

/** The pages of a stretch that a window holds a part of, in order of address; `index` counts from the first of the regions. */
export function* pagesIn(
  regions: readonly MemoryRegion[],
  window: Extent,
): Generator<Extent & { readonly index: number }> {
  let before = 0;
  for (const region of regions) {
    const from = Math.max(0, Math.floor((window.address - region.address) / region.pageSize));
    const to = Math.min(
      region.pageCount,
      Math.ceil((endOf(window) - region.address) / region.pageSize),
    );
    for (let page = from; page < to; page++) {
      yield {
        address: region.address + page * region.pageSize,
        size: region.pageSize,
        index: before + page,
      };
    }
    before += region.pageCount;
  }
}
