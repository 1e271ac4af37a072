import type { Extent, Image } from "./firmware.ts";
import { readImage } from "./image.ts";

/**
 * A UF2 file; the block is told beside the reader, in uf2.ts. Blocks have 256 bytes at multiples of 256, as loaders
 * want them, where the image has all of these or `fill` tells what to put there; otherwise they have the bytes of the
 * image only.
 */
export function writeUf2(
  image: Image,
  options: { readonly fill?: number | undefined; readonly family?: number | undefined } = {},
): Uint8Array {
  const { fill, family } = options;
  const pages = fill === undefined ? cutAtPages(image) : wholePages(image);
  const file = new Uint8Array(pages.length * BLOCK_SIZE);
  const view = new DataView(file.buffer);
  for (const [number, { address, size }] of pages.entries()) {
    const start = number * BLOCK_SIZE;
    const words = [
      MAGIC_START_0,
      MAGIC_START_1,
      family === undefined ? 0 : HAS_FAMILY,
      address,
      size,
      number,
      pages.length,
      family ?? 0,
    ];
    words.forEach((word, index) => view.setUint32(start + index * 4, word, true));
    file.set(readImage(image, { address, size, fill: fill ?? 0 }), start + HEADER_SIZE);
    view.setUint32(start + BLOCK_SIZE - 4, MAGIC_END, true);
  }
  return file;
}

const BLOCK_SIZE = 512;
const HEADER_SIZE = 32;
const PAGE_SIZE = 256;
const MAGIC_START_0 = 0x0A324655;
const MAGIC_START_1 = 0x9E5D5157;
const MAGIC_END = 0x0AB16F30;
const HAS_FAMILY = 0x2000;

function cutAtPages(image: Image): Extent[] {
  return image.segments.flatMap(({ address, size }) => {
    const parts: Extent[] = [];
    const end = address + size;
    for (let start = address; start < end; start = pageOf(start) + PAGE_SIZE) {
      parts.push({ address: start, size: Math.min(end, pageOf(start) + PAGE_SIZE) - start });
    }
    return parts;
  });
}

function wholePages(image: Image): Extent[] {
  const pages = new Set(cutAtPages(image).map(({ address }) => pageOf(address)));
  return [...pages].map((address) => ({ address, size: PAGE_SIZE }));
}

function pageOf(address: number): number {
  return address - address % PAGE_SIZE;
}
