import type { Extent, Image, Segment } from "./firmware.ts";

/**
 * An image of parts in any order: sorted, and joined where they touch. Parts without bytes are left out. A part
 * that touches no other is not copied.
 * @throws RangeError where two parts overlap.
 */
export function buildImage(parts: readonly Omit<Segment, "size">[]): Image {
  const sorted = parts.filter((part) => part.data.length > 0)
    .sort((a, b) => a.address - b.address);
  const segments: Segment[] = [];
  let run: typeof sorted = [];
  let end = -1;
  for (const part of sorted) {
    if (part.address < end) {
      throw new RangeError(`Cannot build an image: parts overlap at address ${part.address}`);
    }
    if (part.address !== end && run.length > 0) {
      segments.push(joinParts(run));
      run = [];
    }
    run.push(part);
    end = part.address + part.data.length;
  }
  if (run.length > 0) segments.push(joinParts(run));
  return { segments };
}

/** Bytes in an image, gaps not counted. */
export function imageSize(image: Image): number {
  return image.segments.reduce((size, segment) => size + segment.size, 0);
}

/** The bytes of a range of addresses, with `fill` where the image has none. */
export function readImage(image: Image, range: Extent & { readonly fill?: number }): Uint8Array {
  const { address, size, fill = 0xFF } = range;
  const bytes = new Uint8Array(size).fill(fill);
  const end = address + size;
  for (let index = firstEndingAfter(image, address); index < image.segments.length; index++) {
    const segment = image.segments[index]!;
    if (segment.address >= end) break;
    const from = Math.max(0, address - segment.address);
    const to = Math.min(segment.size, end - segment.address);
    bytes.set(segment.data.subarray(from, to), segment.address + from - address);
  }
  return bytes;
}

/** Whether two images have the same bytes at the same addresses. */
export function imagesEqual(a: Image, b: Image): boolean {
  return a.segments.length === b.segments.length && a.segments.every((segment, index) => {
    const other = b.segments[index]!;
    return segment.address === other.address && segment.size === other.size &&
      firstDifference(segment.data, other.data) === undefined;
  });
}

/** The index of the first byte that differs in two arrays of one length. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  for (let index = equalWords(a, b) * 4; index < a.length; index++) {
    if (a[index] !== b[index]) return index;
  }
  return undefined;
}

/** How many words of four bytes are equal at the start, where both arrays allow to look at them so. */
function equalWords(a: Uint8Array, b: Uint8Array): number {
  if (a.byteOffset % 4 !== 0 || b.byteOffset % 4 !== 0) return 0;
  const count = Math.floor(Math.min(a.length, b.length) / 4);
  const one = new Uint32Array(a.buffer, a.byteOffset, count);
  const other = new Uint32Array(b.buffer, b.byteOffset, count);
  let index = 0;
  while (index < count && one[index] === other[index]) index++;
  return index;
}

function joinParts(parts: readonly Omit<Segment, "size">[]): Segment {
  const first = parts[0]!;
  if (parts.length === 1) {
    return { address: first.address, size: first.data.length, data: first.data };
  }
  const last = parts.at(-1)!;
  const data = new Uint8Array(last.address + last.data.length - first.address);
  for (const part of parts) data.set(part.data, part.address - first.address);
  return { address: first.address, size: data.length, data };
}

/** Index of the first segment whose end lies behind the address; by halving, since a flash asks block by block. */
function firstEndingAfter(image: Image, address: number): number {
  let low = 0;
  let high = image.segments.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const segment = image.segments[middle]!;
    if (segment.address + segment.size <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
