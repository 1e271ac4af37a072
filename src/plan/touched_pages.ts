import type { Extent, Outline } from "../firmware/firmware.ts";
import { clipExtents, endOf, ExtentCursor, extentOf, subtractExtents } from "./extents.ts";
import type { MemoryLayout, MemoryRegion } from "./memory_layout.ts";

/** One page and what the image has in it. */
export interface TouchedPage extends Extent {
  readonly region: MemoryRegion;
  /** The image's bytes in the page. */
  readonly extents: readonly Extent[];
  /** The same without long stretches of 0xFF. */
  readonly contents: readonly Extent[];
}

/**
 * The pages that an image touches, in order of address; with `all`, every erasable page as well. Pages are counted from
 * their region's start: page sizes need not be powers of two.
 */
export function* touchedPages(
  outline: Outline,
  layout: MemoryLayout,
  options: { readonly all?: boolean } = {},
): Generator<TouchedPage> {
  const segments = new ExtentCursor(outline.segments);
  const blanks = new ExtentCursor(outline.blanks);
  for (const region of layout.regions) {
    const everyPage = options.all === true && region.erasable;
    let index = 0;
    while (index < region.pageCount) {
      if (!everyPage) {
        const address = segments.next(region.address + index * region.pageSize);
        if (address === undefined) break;
        index = Math.floor((address - region.address) / region.pageSize);
        if (index >= region.pageCount) break;
      }
      const page = { address: region.address + index * region.pageSize, size: region.pageSize };
      const extents = segments.within(page);
      const contents = subtractExtents(extents, blanks.within(page));
      yield { ...page, region, extents, contents };
      index++;
    }
  }
}

/** How many pages `touchedPages()` yields, without a walk over them. */
export function countTouchedPages(
  outline: Outline,
  layout: MemoryLayout,
  options: { readonly all?: boolean } = {},
): number {
  let count = 0;
  for (const region of layout.regions) {
    if (options.all === true && region.erasable) {
      count += region.pageCount;
      continue;
    }
    const { address, pageSize } = region;
    let next = 0;
    for (const part of clipExtents(outline.segments, extentOf(region))) {
      const first = Math.max(next, Math.floor((part.address - address) / pageSize));
      next = Math.ceil((endOf(part) - address) / pageSize);
      count += next - first;
    }
  }
  return count;
}
