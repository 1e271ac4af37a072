import type { Extent } from "../firmware/firmware.ts";

/** Pages of one size that follow each other. */
export interface Pages {
  readonly address: number;
  /** In bytes; not always a power of two. */
  readonly pageSize: number;
  readonly pageCount: number;
}

/** The addresses of a region of memory, or of a run of pages. */
export function extentOf({ address, pageSize, pageCount }: Pages): Extent {
  return { address, size: pageSize * pageCount };
}

/** First address after an extent. */
export function endOf(extent: Extent): number {
  return extent.address + extent.size;
}

/** Sum of sizes, in bytes. */
export function totalSize(extents: readonly Extent[]): number {
  return extents.reduce((sum, extent) => sum + extent.size, 0);
}

/** The parts of `extents` within `window`; both in order of address. */
export function clipExtents(extents: readonly Extent[], window: Extent): Extent[] {
  const clipped: Extent[] = [];
  for (const extent of extents) {
    const address = Math.max(extent.address, window.address);
    const end = Math.min(endOf(extent), endOf(window));
    if (address < end) clipped.push({ address, size: end - address });
  }
  return clipped;
}

/** What is left of `window` outside `extents`, which are sorted and disjoint. */
export function gapsIn(extents: readonly Extent[], window: Extent): Extent[] {
  const gaps: Extent[] = [];
  const end = endOf(window);
  let address = window.address;
  for (const extent of extents) {
    if (extent.address >= end) break;
    if (extent.address > address) gaps.push({ address, size: extent.address - address });
    address = Math.max(address, endOf(extent));
  }
  if (address < end) gaps.push({ address, size: end - address });
  return gaps;
}

/** `extents` without `holes`; both sorted and disjoint. */
export function subtractExtents(
  extents: readonly Extent[],
  holes: readonly Extent[],
): readonly Extent[] {
  if (holes.length === 0) return extents;
  const cursor = new ExtentCursor(holes);
  return extents.flatMap((extent) => gapsIn(cursor.within(extent), extent));
}

/** The same addresses, with extents that touch or overlap as one; in order of address. */
export function joinExtents(extents: readonly Extent[]): Extent[] {
  const joined: Extent[] = [];
  for (const extent of extents) {
    const last = joined.at(-1);
    const address = Math.max(extent.address, last === undefined ? 0 : endOf(last));
    if (address < endOf(extent)) appendExtent(joined, { address, size: endOf(extent) - address });
  }
  return joined;
}

/** Whether two extents have an address in common. */
export function overlaps(one: Extent, other: Extent): boolean {
  return one.address < endOf(other) && other.address < endOf(one);
}

/** Adds an extent behind those in a list, as one with the last where they touch. */
export function appendExtent(
  extents: Extent[],
  extent: Extent,
  joins: (last: Extent) => boolean = () => true,
): void {
  const last = extents.at(-1);
  if (last !== undefined && endOf(last) === extent.address && joins(last)) {
    extents[extents.length - 1] = { address: last.address, size: last.size + extent.size };
  } else {
    extents.push(extent);
  }
}

/** A window over sorted extents that moves up only, so that a walk over all pages stays linear. */
export class ExtentCursor {
  readonly #extents: readonly Extent[];
  #index = 0;

  constructor(extents: readonly Extent[]) {
    this.#extents = extents;
  }

  /** The first address at or after `address` that an extent holds. */
  next(address: number): number | undefined {
    this.#skipBefore(address);
    const extent = this.#extents[this.#index];
    return extent === undefined ? undefined : Math.max(extent.address, address);
  }

  /** The parts within a window that starts at or after all earlier ones. */
  within(window: Extent): Extent[] {
    this.#skipBefore(window.address);
    const parts: Extent[] = [];
    const end = endOf(window);
    for (let index = this.#index; index < this.#extents.length; index++) {
      const extent = this.#extents[index]!;
      if (extent.address >= end) break;
      const address = Math.max(extent.address, window.address);
      parts.push({ address, size: Math.min(endOf(extent), end) - address });
    }
    return parts;
  }

  #skipBefore(address: number): void {
    for (;;) {
      const extent = this.#extents[this.#index];
      if (extent === undefined || endOf(extent) > address) return;
      this.#index++;
    }
  }
}
