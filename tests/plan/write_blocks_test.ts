import { assertEquals } from "@std/assert";
import type { Extent } from "../../src/firmware/firmware.ts";
import type { TouchedPage } from "../../src/plan/touched_pages.ts";
import {
  appendWrite,
  countBlocks,
  writeBlocks,
  writesOfPage,
} from "../../src/plan/write_blocks.ts";

Deno.test("writeBlocks() makes full blocks and a shorter last one", () => {
  const write = { address: 0x90000010, size: 20 };
  assertEquals([...writeBlocks(write, 8)], [
    { address: 0x90000010, size: 8 },
    { address: 0x90000018, size: 8 },
    { address: 0x90000020, size: 4 },
  ]);
  assertEquals(countBlocks(write, 8), 3);
  assertEquals(countBlocks({ address: 0, size: 16 }, 8), 2);
});

Deno.test("writesOfPage() aligns and leaves out blocks without contents", () => {
  assertEquals(writesIn(64, [[3, 2], [40, 20]], { fillGaps: true }), [[0, 8], [40, 8], [48, 12]]);
  assertEquals(writesIn(64, [[0, 16], [17, 1]], { fillGaps: true }), [[0, 20]]);
  assertEquals(writesIn(64, []), []);
});

Deno.test("writesOfPage() fills gaps within a block only, and only if told so", () => {
  const contents: Stretch[] = [[0, 1], [13, 1], [18, 1], [30, 2]];
  assertEquals(writesIn(64, contents, { fillGaps: true }), [[0, 32]]);
  assertEquals(writesIn(64, contents, { fillGaps: false }), [[0, 4], [12, 4], [16, 4], [28, 4]]);
});

Deno.test("writesOfPage() writes a unit that two contents share once", () => {
  assertEquals(writesIn(64, [[0, 2], [3, 4], [9, 1]], { fillGaps: false }), [[0, 12]]);
  assertEquals(writesIn(64, [[12, 1], [15, 2]], { fillGaps: false }), [[12, 4], [16, 4]]);
});

Deno.test("writesOfPage() joins full blocks, but none behind a block that begins late", () => {
  assertEquals(writesIn(64, [[0, 64]]), [[0, 64]]);
  assertEquals(writesIn(64, [[4, 60]]), [[4, 12], [16, 48]]);
});

Deno.test("writesOfPage() stays within a page that is no multiple of the alignment", () => {
  assertEquals(writesIn(30, [[25, 5]]), [[24, 6]]);
});

Deno.test("appendWrite() joins behind full blocks and whole pages only", () => {
  assertEquals(joined(64, [[0, 64], [64, 64]]), [[0, 128]]);
  assertEquals(joined(24, [[0, 24], [24, 24]]), [[0, 24], [24, 24]]);
  assertEquals(joined(8, [[0, 8], [8, 8], [16, 8]]), [[0, 24]]);
  assertEquals(joined(8, [[4, 4], [8, 8], [16, 8]]), [[4, 4], [8, 16]]);
  assertEquals(joined(8, [[0, 8], [8, 4]]), [[0, 8], [8, 4]]);
  assertEquals(joined(8, [[0, 16], [16, 4]]), [[0, 20]]);
  assertEquals(joined(8, [[0, 8], [16, 8]]), [[0, 8], [16, 8]]);
});

type Stretch = readonly [start: number, size: number];

const BASE = 0x08000004;

function pageAt(start: number, size: number): TouchedPage {
  const access = { readable: true, erasable: true, writable: true };
  const region = { address: BASE, pageSize: size, pageCount: 100, ...access };
  return { address: BASE + start, size, region, extents: [], contents: [] };
}

/** In blocks of 16 bytes, aligned to 4. */
function writesIn(
  size: number,
  contents: readonly Stretch[],
  { fillGaps = true } = {},
): (readonly number[])[] {
  const extents = contents.map(([start, size]) => ({ address: BASE + start, size }));
  const limits = { transferSize: 16, writeAlignment: 4 };
  return writesOfPage(pageAt(0, size), extents, { limits, fillGaps }).map(toStretch);
}

function joined(pageSize: number, parts: readonly Stretch[]): (readonly number[])[] {
  const writes: Extent[] = [];
  for (const [start, size] of parts) {
    const page = pageAt(start - start % pageSize, pageSize);
    appendWrite(writes, { address: BASE + start, size }, { page, transferSize: 16 });
  }
  return writes.map(toStretch);
}

function toStretch({ address, size }: Extent): Stretch {
  return [address - BASE, size];
}
