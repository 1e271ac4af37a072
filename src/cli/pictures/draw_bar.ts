import type { Extent } from "../../firmware/firmware.ts";
import { formatAddress, formatSize } from "../../format.ts";
import { endOf } from "../../plan/extents.ts";
import type { MemoryRegion } from "../../plan/memory_layout.ts";
import { BAR_END, BAR_WIDTH, BAR_X, drawText, textWidth } from "./canvas.ts";
import { columnsOf } from "./columns.ts";
import { element } from "./markup.ts";
import { fillOf } from "./palette.ts";
import type { PictureMemory } from "./picture.ts";
import { pagesIn } from "./rows.ts";
import { clipSpans } from "./treatment.ts";

/** A stretch of memory as a bar, and where it is. */
export interface Bar {
  readonly window: Extent;
  /** Bytes that a bar of full width shows. */
  readonly rowSize: number;
  readonly y: number;
  readonly height: number;
}

/** Lines closer than this, in pixels, would be an area. */
const MIN_TICK_DISTANCE = 4;
const COLUMN_WIDTH = 1;

/** Where an address is on a bar, in pixels. */
export function xOf({ window, rowSize }: Bar, address: number): number {
  return BAR_X + (address - window.address) / rowSize * BAR_WIDTH;
}

/** The treatments as areas, with a line between pages, a frame, and the elements as brackets above. */
export function drawBar(
  bar: Bar,
  memory: PictureMemory,
  regions: readonly MemoryRegion[],
): string[] {
  const { window, y, height } = bar;
  const width = Math.max(2, xOf(bar, endOf(window)) - BAR_X);
  const columnCount = Math.ceil(width / COLUMN_WIDTH);
  const columnWidth = width / columnCount;
  const areas = columnsOf(memory.spans, window, columnCount)
    .map((run) =>
      element("rect", {
        x: BAR_X + run.column * columnWidth,
        y,
        width: run.columnCount * columnWidth,
        height,
        fill: fillOf(run.treatment),
      })
    );
  return [
    ...areas,
    ...pageLines(bar, regions),
    element("rect", { class: "frame", x: BAR_X, y, width, height }),
    ...brackets(bar, memory),
  ];
}

function pageLines(bar: Bar, regions: readonly MemoryRegion[]): string[] {
  const { window, y, height } = bar;
  const steps: string[] = [];
  let last = BAR_X;
  if (regions.every((region) => tooNarrow(bar, region.pageSize))) return [];
  for (const page of pagesIn(regions, window)) {
    const x = xOf(bar, page.address);
    if (page.address <= window.address || x - last < MIN_TICK_DISTANCE) continue;
    steps.push(`M${round(x)} ${y}v${height}`);
    last = x;
  }
  return steps.length === 0 ? [] : [element("path", { class: "pages", d: steps.join("") })];
}

function tooNarrow({ rowSize }: Bar, pageSize: number): boolean {
  return pageSize / rowSize * BAR_WIDTH < MIN_TICK_DISTANCE;
}

/**
 * A line over each element, with a hook at each end that is in the row; a single stroke where it is too small for that.
 */
function brackets(bar: Bar, { elements }: PictureMemory): string[] {
  const { window } = bar;
  const [low, high] = [bar.y - 1, bar.y - 4];
  const steps: string[] = [];
  let last = -Infinity;
  for (const part of elements) {
    if (part.address >= endOf(window)) break;
    if (endOf(part) <= window.address) continue;
    const begins = part.address >= window.address;
    const ends = endOf(part) <= endOf(window);
    const from = begins ? round(xOf(bar, part.address) + 1) : BAR_X;
    const to = ends ? round(xOf(bar, endOf(part)) - 1) : round(xOf(bar, endOf(window)));
    if (to - from >= 3) {
      const [start, end] = [begins ? `${low}V${high}` : `${high}`, ends ? `V${low}` : ""];
      steps.push(`M${from} ${start}H${to}${end}`);
    } else if (from - last >= 2) steps.push(`M${from} ${low}V${high}`);
    else continue;
    last = Math.max(from, to);
  }
  return steps.length === 0 ? [] : [element("path", { class: "element", d: steps.join("") })];
}

/** Sizes written into the areas that have room for them. */
export function drawSizes(bar: Bar, memory: PictureMemory): string[] {
  return clipSpans(memory.spans, bar.window).flatMap((span) => {
    const label = formatSize(span.size);
    const from = xOf(bar, span.address);
    const to = xOf(bar, endOf(span));
    if (to - from < textWidth(label, "small") + 14) return [];
    const at = { x: (from + to) / 2, y: bar.y + bar.height / 2 + 4 };
    return [drawText(label, { ...at, look: "small on", anchor: "middle" })];
  });
}

/** Addresses below a bar, the first ones before the later ones where there is no room for all. */
export function drawAddresses(bar: Bar, addresses: readonly number[]): string[] {
  const taken: { from: number; to: number }[] = [];
  const drawn: string[] = [];
  const y = bar.y + bar.height;
  for (const address of addresses) {
    const label = formatAddress(address);
    const width = textWidth(label, "small");
    const x = xOf(bar, address);
    const from = Math.min(x, BAR_END - width);
    const place = { from: from - 5, to: from + width + 5 };
    if (taken.some(({ from, to }) => place.from < to && from < place.to)) continue;
    taken.push(place);
    drawn.push(
      element("path", { class: "frame", d: `M${round(x)} ${y}v4` }),
      drawText(label, { x: from, y: y + 14, look: "small faint" }),
    );
  }
  return drawn;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
