import type { Extent } from "../firmware/firmware.ts";
import { extentOf } from "../plan/extents.ts";
import type { MemoryLayout } from "../plan/memory_layout.ts";
import type { PageAction, PageRun } from "../plan/operation.ts";
import { cellsIn, layOutStrips, type Mark, renderLegend, renderStrips } from "./strip_cells.ts";
import type { Style } from "./style.ts";

type Treatment = PageAction | "none" | "read-only";

/** How each treatment of memory is drawn. */
const MARKS: Readonly<Record<Treatment, Mark>> = {
  "erase-write": { block: "█", ascii: "#", color: "yellow", word: "erase and write" },
  "write": { block: "▓", ascii: "+", color: "cyan", word: "write" },
  "erase": { block: "▒", ascii: "x", color: "red", word: "erase" },
  "keep": { block: "░", ascii: "=", color: "green", word: "unchanged" },
  "none": { block: "·", ascii: ".", color: "dim", word: "not touched" },
  "read-only": { block: "-", ascii: "-", color: "dim", word: "read-only" },
};

/** Where several treatments share a cell, the one that changes most is shown. */
const RANK: readonly Treatment[] = ["read-only", "none", "keep", "write", "erase", "erase-write"];

/** What a plan does to one alternate's memory, as strips of cells to scale, with a legend of the marks in them. */
export function renderMemoryStrip(
  layout: MemoryLayout,
  pages: readonly PageRun[],
  style: Style,
): string {
  const ranges = [
    ...layout.regions.map((region): Range => ({
      ...extentOf(region),
      treatment: region.writable ? "none" : "read-only",
    })),
    ...pages.map((run): Range => ({ ...extentOf(run), treatment: run.action })),
  ];
  const strips = layOutStrips(layout.regions.map(extentOf), style).map((strip) => {
    const ranks: number[] = new Array(strip.cellCount).fill(0);
    for (const range of ranges) {
      const rank = RANK.indexOf(range.treatment);
      for (const { index } of cellsIn(strip, range)) {
        ranks[index] = Math.max(ranks[index]!, rank);
      }
    }
    return { strip, cells: ranks.map((rank) => MARKS[RANK[rank]!]) };
  });
  const found = new Set(strips.flatMap(({ cells }) => cells));
  const legend = RANK.toReversed().map((name) => MARKS[name]).filter((mark) => found.has(mark));
  return `${renderStrips(strips, style)}\n${renderLegend(legend, style)}`;
}

interface Range extends Extent {
  readonly treatment: Treatment;
}
