import type { Extent } from "../firmware/firmware.ts";
import { formatAddress } from "../format.ts";
import { appendExtent, endOf } from "../plan/extents.ts";
import { type Paint, paint, type Style } from "./style.ts";
import { lineWidth } from "./wrap.ts";

/** How a cell of a strip is drawn: as a block or an ASCII character, in a colour, with its meaning. */
export interface Mark {
  readonly block: string;
  readonly ascii: string;
  readonly color: Paint;
  readonly word: string;
}

/** One stretch of memory as cells of equal size. */
export interface Strip extends Extent {
  readonly cellCount: number;
}

const MAX_CELLS = 64;
/** With fewer cells there is nothing to see, however narrow the terminal is. */
const MIN_CELLS = 16;
const MIN_LABELLED_CELLS = 4;
/** More strips than this are a list, which the text below them is better at. */
const MAX_STRIPS = 8;
const INDENT = "  ";

/**
 * Memory as strips: one for each stretch without a gap, all as wide as the style has room for. `memory` is in order of
 * address and disjoint.
 */
export function layOutStrips(memory: readonly Extent[], style: Style): Strip[] {
  const stretches: Extent[] = [];
  for (const { address, size } of memory) appendExtent(stretches, { address, size });
  const isLabelled = stretches.length > 1;
  const room = lineWidth(style) - INDENT.length - 2 - (isLabelled ? LABEL_WIDTH : 0);
  const least = isLabelled ? MIN_LABELLED_CELLS : MIN_CELLS;
  const cellCount = Math.max(least, Math.min(MAX_CELLS, room));
  return stretches.map((stretch) => ({ ...stretch, cellCount }));
}

/** `0x08000000 `. */
const LABEL_WIDTH = 11;

/** The cells of a strip that an extent has a part of, and how many bytes of each. */
export function* cellsIn(
  strip: Strip,
  extent: Extent,
): Generator<{ readonly index: number; readonly size: number }> {
  const from = Math.max(extent.address, strip.address) - strip.address;
  const to = Math.min(endOf(extent), endOf(strip)) - strip.address;
  if (from >= to) return;
  const cellSize = strip.size / strip.cellCount;
  // A billionth of a cell is an error of the division, not memory.
  const first = Math.floor(from / cellSize + 1e-9);
  const end = Math.ceil(to / cellSize - 1e-9);
  for (let index = first; index < end; index++) {
    const size = Math.min(to, (index + 1) * cellSize) - Math.max(from, index * cellSize);
    yield { index, size };
  }
}

/** Strips with their cells drawn, one line each; the address leads where there are several. */
export function renderStrips(
  strips: readonly { readonly strip: Strip; readonly cells: readonly Mark[] }[],
  style: Style,
): string {
  const lines = strips.slice(0, MAX_STRIPS).map(({ strip, cells }) => {
    const label = strips.length > 1 ? `${formatAddress(strip.address)} ` : "";
    return `${INDENT}${label}[${drawCells(cells, style)}]`;
  });
  const rest = strips.length - MAX_STRIPS;
  if (rest > 0) lines.push(`${INDENT}... ${rest} more`);
  return lines.join("\n");
}

/** Cells in their colours, those that follow each other in one. */
export function drawCells(cells: readonly Mark[], style: Style): string {
  let text = "";
  for (let index = 0; index < cells.length;) {
    const { color } = cells[index]!;
    let end = index;
    let run = "";
    while (end < cells.length && cells[end]!.color === color) run += glyph(cells[end++]!, style);
    text += paint(style, color, run);
    index = end;
  }
  return text;
}

function glyph({ block, ascii }: Mark, style: Style): string {
  return style.blocks ? block : ascii;
}

/** What marks mean, as lines that the style has room for. */
export function renderLegend(marks: readonly Mark[], style: Style): string {
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const mark of marks) {
    const item = `${drawCells([mark], style)} ${mark.word}`;
    const itemWidth = 2 + mark.word.length;
    if (line !== "" && width + SEPARATOR.length + itemWidth > lineWidth(style)) {
      lines.push(line);
      line = "";
    }
    width = line === "" ? INDENT.length + itemWidth : width + SEPARATOR.length + itemWidth;
    line = line === "" ? INDENT + item : line + SEPARATOR + item;
  }
  return [...lines, line].join("\n");
}

const SEPARATOR = "   ";
