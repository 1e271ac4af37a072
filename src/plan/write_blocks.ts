import type { Extent } from "../firmware/firmware.ts";
import { appendExtent, endOf, ExtentCursor, joinExtents } from "./extents.ts";
import type { TouchedPage } from "./touched_pages.ts";

/** What a device wants of a write, in bytes. */
export interface WriteLimits {
  readonly transferSize: number;
  readonly writeAlignment: number;
}

/** The blocks in which a write goes to the device: full ones, and perhaps a shorter last one. */
export function* writeBlocks(write: Extent, transferSize: number): Generator<Extent> {
  for (let address = write.address; address < endOf(write); address += transferSize) {
    yield { address, size: Math.min(transferSize, endOf(write) - address) };
  }
}

/** How many blocks `writeBlocks()` yields. */
export function countBlocks(write: Extent, transferSize: number): number {
  return Math.ceil(write.size / transferSize);
}

/**
 * The stretches of one page to be written so that `contents` get there: aligned, within the page, and in blocks counted
 * from the page's start. A block without contents is left out, and so are a block's ends without contents. Gaps inside a
 * block are padded if `fillGaps`, as fits blank memory; otherwise each content is written by itself.
 */
export function writesOfPage(
  page: TouchedPage,
  contents: readonly Extent[],
  { limits, fillGaps }: { readonly limits: WriteLimits; readonly fillGaps: boolean },
): Extent[] {
  const [first] = contents;
  // Most pages are full: what follows would come to the same, many times slower.
  if (first?.size === page.size) return [first];
  const writes: Extent[] = [];
  const cursor = new ExtentCursor(contents);
  let address = cursor.next(page.address);
  while (address !== undefined) {
    const block = blockAt(address, page, limits);
    const parts = cursor.within(block).map((part) => alignWithin(part, page, limits));
    for (const part of fillGaps ? hull(parts) : joinExtents(parts)) {
      appendExtent(writes, part, (last) => last.size % limits.transferSize === 0);
    }
    address = cursor.next(endOf(block));
  }
  return writes;
}

/**
 * Adds a write in a page behind others as one with the last, where `writeBlocks()` then still makes blocks that are
 * within one page or hold whole ones: when the last one is made of full blocks, or of whole pages as this one is.
 */
export function appendWrite(
  writes: Extent[],
  write: Extent,
  { page, transferSize }: { readonly page: TouchedPage; readonly transferSize: number },
): void {
  appendExtent(writes, write, (last) => {
    if (last.size % transferSize === 0) return true;
    return transferSize % page.size === 0 && write.size === page.size &&
      last.address >= page.region.address && last.size % page.size === 0;
  });
}

/** The block of a page that holds an address; the last one may reach beyond the page. */
function blockAt(address: number, page: TouchedPage, limits: WriteLimits): Extent {
  const start = address - (address - page.address) % limits.transferSize;
  return { address: start, size: limits.transferSize };
}

/**
 * Grows a part to the alignment, counted from the page's start as pages are aligned themselves. A page whose size is no
 * multiple of the alignment, as option bytes have them, ends the part early.
 */
function alignWithin(part: Extent, page: TouchedPage, limits: WriteLimits): Extent {
  const { writeAlignment } = limits;
  const start = part.address - page.address;
  const address = page.address + start - start % writeAlignment;
  const end = page.address +
    Math.ceil((endOf(part) - page.address) / writeAlignment) * writeAlignment;
  return { address, size: Math.min(end, endOf(page)) - address };
}

function hull(parts: readonly Extent[]): Extent[] {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return [];
  return [{ address: first.address, size: endOf(last) - first.address }];
}
