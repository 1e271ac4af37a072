import type { Extent } from "../../firmware/firmware.ts";
import { formatAddress, formatCount, formatRange, formatSize } from "../../format.ts";
import { endOf } from "../../plan/extents.ts";
import { describeLayout } from "../../plan/layout_text.ts";
import { layoutSize, pageAt } from "../../plan/memory_layout.ts";
import { wrapText } from "../wrap.ts";
import {
  BAR_END,
  BAR_WIDTH,
  BAR_X,
  charactersIn,
  type Drawn,
  drawText,
  MARGIN,
  shorten,
  stack,
  WIDTH,
} from "./canvas.ts";
import { type Bar, drawAddresses, drawBar, drawSizes } from "./draw_bar.ts";
import { LOOKS, TREATMENTS } from "./palette.ts";
import type { PictureMemory } from "./picture.ts";
import { layOut, type Row, type Stretch } from "./rows.ts";
import { clipSpans, sizesOf } from "./treatment.ts";

/** Rows of memory and the pages worth a closer look; `bars` are the rows, for whoever lays something over them. */
export interface DrawnMemory extends Drawn {
  readonly bars: readonly { readonly bar: Bar; readonly stretch: Stretch }[];
}

/** More than these are a list, which the tables and `--json` have. */
const MAX_CLOSE_UPS = 6;
/** A page that is this much of its row needs no closer look. */
const LARGE_SHARE = 0.4;
const MAX_LAYOUT_LINES = 3;

/** One alternate setting: its name, all of its memory, and the pages in which more than one thing happens. */
export function drawMemory(memory: PictureMemory, y: number): DrawnMemory {
  const stretches = layOut(memory.target.layout, memory.spans);
  const bars: { bar: Bar; stretch: Stretch }[] = [];
  const drawn = stack(y, [
    (y) => heading(memory, y),
    ...stretches.flatMap((stretch) =>
      stretch.rows.map((row) => (y: number) => {
        const drawn = drawRow(memory, { stretch, row, y });
        bars.push({ bar: drawn.bar, stretch });
        return drawn;
      })
    ),
    (y) => closeUps(memory, { stretches, y: y + 8 }),
  ]);
  return { ...drawn, bars };
}

function heading({ target: { alternate, layout } }: PictureMemory, y: number): Drawn {
  const name = shorten(`Alternate ${alternate}: ${layout.name}`, 70);
  const pages = layout.regions.reduce((sum, region) => sum + region.pageCount, 0);
  const facts = `${formatCount(pages, "page")}, ${formatSize(layoutSize(layout))}`;
  const room = charactersIn(WIDTH - 2 * MARGIN, "small");
  const lines = wrapText(describeLayout(layout), room);
  const shown = lines.length <= MAX_LAYOUT_LINES
    ? lines
    : [...lines.slice(0, MAX_LAYOUT_LINES - 1), "…"];
  return {
    markup: [
      drawText(name, { x: MARGIN, y: y + 16, look: "strong" }),
      drawText(facts, { x: BAR_END, y: y + 16, look: "faint", anchor: "end" }),
      ...shown.map((line, index) =>
        drawText(line, { x: MARGIN, y: y + 33 + index * 15, look: "small faint" })
      ),
    ],
    end: y + 27 + shown.length * 15,
  };
}

/** A row of memory: tall and with addresses where it is the only one, low where there are many. */
function drawRow(
  memory: PictureMemory,
  { stretch, row, y }: { readonly stretch: Stretch; readonly row: Row; readonly y: number },
): Drawn & { readonly bar: Bar } {
  const alone = stretch.rows.length === 1;
  const rowSize = row.foldedRows === undefined ? stretch.rowSize : row.size;
  const bar = { window: row, rowSize, y: y + 8, height: alone ? 26 : 14 };
  const label = drawText(formatAddress(row.address), {
    x: BAR_X - 8,
    y: bar.y + bar.height / 2 + 4,
    look: "small faint",
    anchor: "end",
  });
  if (row.foldedRows !== undefined) {
    const [span] = clipSpans(memory.spans, row);
    const words = `${formatSize(row.size)} ${LOOKS[span!.treatment].word}`;
    const at = { x: BAR_X + BAR_WIDTH / 2, y: bar.y + 11, anchor: "middle" } as const;
    const text = drawText(words, { ...at, look: "small on" });
    return { markup: [label, ...drawBar(bar, memory, []), text], end: y + 22, bar };
  }
  const markup = [label, ...drawBar(bar, memory, stretch.regions)];
  if (!alone) return { markup, end: y + 22, bar };
  return {
    markup: [...markup, ...drawAddresses(bar, addressesOf(memory, row))],
    end: y + 56,
    bar,
  };
}

/** Addresses worth a label, the most telling first: elements, then where the treatment changes, then regions. */
function addressesOf({ elements, spans, target }: PictureMemory, window: Extent): number[] {
  const inside = (address: number) => window.address <= address && address < endOf(window);
  return [
    ...elements.slice(0, MAX_LABELS).map(({ address }) => address).filter(inside),
    ...clipSpans(spans, window).slice(0, MAX_LABELS).map(({ address }) => address),
    ...target.layout.regions.map(({ address }) => address).filter(inside),
  ];
}

/** More labels than this never fit below a bar. */
const MAX_LABELS = 200;

/** The pages in which more than one thing happens, each as a bar of its own. */
function closeUps(
  memory: PictureMemory,
  { stretches, y }: { readonly stretches: readonly Stretch[]; readonly y: number },
): Drawn {
  const pages = mixedPages(memory, stretches);
  const rest = pages.length - MAX_CLOSE_UPS;
  return stack(y, [
    ...pages.slice(0, MAX_CLOSE_UPS).map((page) => (y: number) => closeUp(memory, page, y)),
    ...(rest <= 0 ? [] : [(y: number) => ({
      markup: [
        drawText(`… and ${formatCount(rest, "more such page")}`, {
          x: BAR_X,
          y: y + 12,
          look: "small faint",
        }),
      ],
      end: y + 20,
    })]),
  ]);
}

function mixedPages(
  { spans, target }: PictureMemory,
  stretches: readonly Stretch[],
): readonly Extent[] {
  const pages = new Map<number, Extent>();
  for (const { address } of spans) {
    const page = pageAt(target.layout, address);
    if (page === undefined || page.address === address) continue;
    const stretch = stretches.find((candidate) =>
      candidate.address <= address && address < endOf(candidate)
    );
    if (stretch === undefined || page.size > stretch.rowSize * LARGE_SHARE) continue;
    pages.set(page.address, page);
  }
  return [...pages.values()];
}

function closeUp(memory: PictureMemory, page: Extent, y: number): Drawn {
  const bar = { window: page, rowSize: page.size, y: y + 24, height: 24 };
  return {
    markup: [
      drawText(`${formatRange(page)}, ${describeSpans(memory, page)}`, {
        x: BAR_X,
        y: y + 14,
        look: "small",
      }),
      ...drawBar(bar, memory, []),
      ...drawSizes(bar, memory),
      ...drawAddresses(bar, addressesOf(memory, page)),
    ],
    end: y + 68,
  };
}

/** `16 KiB: written 12.1 KiB, lost 3.8 KiB`: what happens in a stretch of memory, in the order of the legend. */
export function describeSpans({ spans }: Pick<PictureMemory, "spans">, window: Extent): string {
  const sizes = sizesOf(clipSpans(spans, window));
  const found = TREATMENTS.filter((treatment) => sizes.has(treatment));
  if (found.length === 1) return `${formatSize(window.size)} ${LOOKS[found[0]!].word}`;
  const parts = found.map((treatment) =>
    `${LOOKS[treatment].word} ${formatSize(sizes.get(treatment)!)}`
  );
  return `${formatSize(window.size)}: ${parts.join(", ")}`;
}
