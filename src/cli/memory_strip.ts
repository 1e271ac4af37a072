import { endOf } from "../plan/extents.ts";
import type { MemoryLayout } from "../plan/memory_layout.ts";
import type { PageAction, PageRun } from "../plan/operation.ts";
import { type Paint, paint, type Style } from "./style.ts";

/** How each treatment of memory is drawn: a block, an ASCII letter, a colour, a word. */
const MARKS: Readonly<Record<PageAction | "none", Mark>> = {
  "erase-write": { block: "█", ascii: "#", color: "yellow", word: "erase and write" },
  "write": { block: "▓", ascii: "+", color: "cyan", word: "write" },
  "erase": { block: "▒", ascii: "x", color: "red", word: "erase" },
  "keep": { block: "░", ascii: "=", color: "green", word: "unchanged" },
  "none": { block: "·", ascii: ".", color: "dim", word: "not touched" },
};

interface Mark {
  readonly block: string;
  readonly ascii: string;
  readonly color: Paint;
  readonly word: string;
}

/** Where several treatments share a cell, the one that changes most is shown. */
const RANK: readonly (PageAction | "none")[] = ["none", "keep", "write", "erase", "erase-write"];

/** One alternate's memory as a strip of cells to scale, with a legend of the marks in it. */
export function renderMemoryStrip(
  layout: MemoryLayout,
  pages: readonly PageRun[],
  style: Style,
): string {
  const regions = layout.regions.map((region) => ({
    address: region.address,
    size: region.pageSize * region.pageCount,
  }));
  const total = regions.reduce((sum, region) => sum + region.size, 0);
  const width = Math.max(16, Math.min(64, style.columns - 4));
  const cells: (PageAction | "none")[] = new Array(width).fill("none");
  let before = 0;
  for (const region of regions) {
    for (const run of pages) {
      const start = Math.max(run.address, region.address) - region.address + before;
      const end = Math.min(run.address + run.pageSize * run.pageCount, endOf(region)) -
        region.address + before;
      if (start < end) fill(cells, run.action, { from: start / total, to: end / total });
    }
    before += region.size;
  }
  return `  [${drawCells(cells, style)}]\n  ${legend(cells, style)}`;
}

function fill(
  cells: (PageAction | "none")[],
  action: PageAction,
  part: { readonly from: number; readonly to: number },
): void {
  const last = Math.ceil(part.to * cells.length - 1e-9);
  for (let index = Math.floor(part.from * cells.length + 1e-9); index < last; index++) {
    const current = cells[index] ?? "none";
    if (RANK.indexOf(action) > RANK.indexOf(current)) cells[index] = action;
  }
}

function drawCells(cells: readonly (PageAction | "none")[], style: Style): string {
  return cells.map((cell) => draw(cell, style)).join("");
}

function draw(cell: PageAction | "none", style: Style): string {
  const mark = MARKS[cell];
  return paint(style, mark.color, style.blocks ? mark.block : mark.ascii);
}

function legend(cells: readonly (PageAction | "none")[], style: Style): string {
  return RANK.toReversed().filter((action) => cells.includes(action))
    .map((action) => `${draw(action, style)} ${MARKS[action].word}`).join("   ");
}
