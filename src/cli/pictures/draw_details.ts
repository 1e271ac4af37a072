import type { Extent } from "../../firmware/firmware.ts";
import { formatCount, formatRange, formatSize } from "../../format.ts";
import { endOf, ExtentCursor } from "../../plan/extents.ts";
import { BAR_END, BAR_X, drawText, MARGIN, textWidth } from "./canvas.ts";
import { type Bar, xOf } from "./draw_bar.ts";
import { describeSpans, type DrawnMemory } from "./draw_memory.ts";
import { element } from "./markup.ts";
import type { PictureMemory } from "./picture.ts";
import { pagesIn, type Stretch } from "./rows.ts";

/** Narrower than this, in pixels, a page cannot be pointed at: several share an area. */
const MIN_AREA_WIDTH = 4;
const MAX_ELEMENT_LINES = 4;
const LINE_HEIGHT = 15;

/**
 * For each page of the drawn rows an area that shows, under the pointer, what happens there: by style sheet alone, without
 * scripts. All areas come after the rows, so that no row covers what they show.
 */
export function drawDetails(
  memory: PictureMemory,
  { bars }: Pick<DrawnMemory, "bars">,
  pictureHeight: number,
): string[] {
  const elements = new ExtentCursor(memory.elements);
  return bars.flatMap(({ bar, stretch }) =>
    areasOf(bar, stretch).map(({ window, lines }) => {
      // Elements may overlap, where they hold the same bytes: the cursor then finds some that end before the window.
      const parts = elements.within(window).filter(({ size }) => size > 0);
      const facts = [describeSpans(memory, window), ...elementLines(parts)];
      return drawArea(bar, { window, lines: [...lines, ...facts], pictureHeight });
    })
  );
}

interface Area {
  readonly window: Extent;
  readonly lines: readonly string[];
}

function areasOf(bar: Bar, stretch: Stretch): Area[] {
  const isFolded = bar.rowSize !== stretch.rowSize;
  const minimum = isFolded ? bar.window.size : MIN_AREA_WIDTH / (BAR_END - BAR_X) * bar.rowSize;
  const areas: Area[] = [];
  let group: { window: Extent; from: number; to: number; sizes: Set<number> } | undefined;
  const finish = () => {
    if (group === undefined) return;
    const { from, to, window, sizes } = group;
    const which = from === to ? `page ${from}` : `pages ${from} to ${to}`;
    const each = sizes.size === 1 && from !== to ? ` of ${formatSize([...sizes][0]!)}` : "";
    areas.push({ window, lines: [`${formatRange(window)}, ${which}${each}`] });
    group = undefined;
  };
  for (const page of pagesIn(stretch.regions, bar.window)) {
    const number = stretch.pagesBefore + page.index;
    const start = group?.window.address ?? page.address;
    const window = { address: start, size: endOf(page) - start };
    const sizes = (group?.sizes ?? new Set()).add(page.size);
    group = { window, from: group?.from ?? number, to: number, sizes };
    if (window.size >= minimum) finish();
  }
  finish();
  return areas;
}

function elementLines(elements: readonly Extent[]): string[] {
  const shown = elements.slice(0, MAX_ELEMENT_LINES)
    .map((part) => `${formatRange(part)}: ${formatSize(part.size)} of the file`);
  const rest = elements.length - shown.length;
  return rest > 0 ? [...shown, `… and ${formatCount(rest, "more element")}`] : shown;
}

function drawArea(
  bar: Bar,
  { window, lines, pictureHeight }: Area & { readonly pictureHeight: number },
): string {
  const from = Math.max(BAR_X, xOf(bar, window.address));
  const to = Math.min(BAR_END, xOf(bar, endOf(window)));
  const area = element("rect", {
    class: "area",
    x: from,
    y: bar.y,
    width: Math.max(2, to - from),
    height: bar.height,
  });
  const width = Math.max(...lines.map((line) => textWidth(line, "small"))) + 20;
  const height = lines.length * LINE_HEIGHT + 12;
  const x = Math.max(MARGIN, Math.min((from + to) / 2 - width / 2, BAR_END - width));
  const below = bar.y + bar.height + 6;
  const y = below + height <= pictureHeight ? below : bar.y - 6 - height;
  const box = element("rect", { class: "tip-box", x, y, width, height, rx: 5 });
  const text = lines.map((line, index) =>
    drawText(line, {
      x: x + 10,
      y: y + 17 + index * LINE_HEIGHT,
      look: index === 0 ? "small strong" : "small",
    })
  );
  return element(
    "g",
    { class: "page" },
    area + element("g", { class: "tip" }, box + text.join("")),
  );
}
