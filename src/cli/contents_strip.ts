import type { Extent, Image, Outline } from "../firmware/firmware.ts";
import { outlineImage } from "../firmware/outline.ts";
import { endOf, subtractExtents, totalSize } from "../plan/extents.ts";
import { cellsIn, layOutStrips, type Mark, renderLegend, renderStrips } from "./strip_cells.ts";
import type { Style } from "./style.ts";

/** How full a cell is: the blocks tell eighths, ASCII and words tell the bands that begin at these levels. */
const BANDS = [
  { from: 8, ascii: "#", word: "full" },
  { from: 4, ascii: "+", word: "half full or more" },
  { from: 1, ascii: ":", word: "less" },
  { from: 0, ascii: ".", word: "blank or nothing" },
] as const;
const BLOCKS = "·▁▂▃▄▅▆▇█";

/**
 * Where memory holds anything but blank bytes, as strips of cells that are the fuller the more it does. `memory` is what
 * is shown, in order of address and disjoint; the outline says what is there.
 */
export function renderContentsStrip(
  memory: readonly Extent[],
  outline: Outline,
  style: Style,
): string {
  const contents = subtractExtents(outline.segments, outline.blanks);
  const strips = layOutStrips(memory, style).map((strip) => {
    const filled: number[] = new Array(strip.cellCount).fill(0);
    for (const extent of contents) {
      for (const { index, size } of cellsIn(strip, extent)) filled[index]! += size;
    }
    const cellSize = strip.size / strip.cellCount;
    return { strip, levels: filled.map((size) => levelOf(size / cellSize)) };
  });
  const found = strips.flatMap(({ levels }) => levels.map((level) => bandOf(level).from));
  const legend = BANDS.filter(({ from }) => found.includes(from)).map(({ from }) => markOf(from));
  const drawn = strips.map(({ strip, levels }) => ({ strip, cells: levels.map(markOf) }));
  return `${renderStrips(drawn, style)}\n${renderLegend(legend, style)}`;
}

/** The least there is shows as something, and only all of it as all. */
function levelOf(share: number): number {
  if (share <= 0) return 0;
  if (share >= 1 - 1e-9) return 8;
  return Math.max(1, Math.min(7, Math.floor(share * 8)));
}

function bandOf(level: number) {
  return BANDS.find(({ from }) => level >= from)!;
}

function markOf(level: number): Mark {
  const { ascii, word } = bandOf(level);
  return { block: BLOCKS.charAt(level), ascii, color: level === 0 ? "dim" : "cyan", word };
}

/** A gap this many times as large as all that a file has is not drawn: between internal and external flash, for example. */
const MAX_GAP_SHARE = 16;

/** Memory around the pieces of a file: from the first to the last, but for huge gaps. */
export function memoryAround(pieces: readonly Extent[]): Extent[] {
  const total = totalSize(pieces);
  const around: Extent[] = [];
  for (const { address, size } of pieces) {
    const last = around.at(-1);
    if (last !== undefined && address - endOf(last) <= total * MAX_GAP_SHARE) {
      around[around.length - 1] = { address: last.address, size: address + size - last.address };
    } else {
      around.push({ address, size });
    }
  }
  return around;
}

/** The outline of what was read from a part whose erased memory reads as `erasedByte`: blank means that. */
export function outlineContents(image: Image, erasedByte: number): Outline {
  if (erasedByte === 0xFF) return outlineImage(image);
  // An outline looks for 0xFF: shifted round, the erased byte becomes that, and no other does.
  const shift = 0xFF - erasedByte;
  return outlineImage({
    segments: image.segments.map((segment) => ({
      ...segment,
      data: segment.data.map((byte) => (byte + shift) % 256),
    })),
  });
}
