import type { Extent, Image, Outline } from "./firmware.ts";
import { uint32At } from "./little_endian.ts";

/** Where an image has bytes, which long stretches of them are 0xFF, and what it begins with. */
export function outlineImage(image: Image): Outline {
  const outliner = new Outliner();
  for (const segment of image.segments) outliner.add(segment.address, segment.data);
  return outliner.finish();
}

/**
 * Makes the outline of an image that comes piece by piece, in order of address. How it is cut into pieces makes no
 * difference. Blank stretches of at least 64 bytes are found; where there are too many, the shorter ones are left
 * out, which costs a plan nothing but a few writes of 0xFF.
 */
export class Outliner {
  readonly #segments: Stretch[] = [];
  #blanks: Stretch[] = [];
  #minSize = MIN_BLANK_SIZE;
  /** The first bytes of the image, as far as they are next to each other. */
  readonly #head = new Uint8Array(HEAD_SIZE);
  #headSize = 0;
  /** Where the blank stretch began that reaches to the end of the bytes so far. */
  #openStart: number | undefined;

  /** Adds bytes at an address not before the end of those before it. */
  add(address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const last = this.#segments.at(-1);
    const end = last === undefined ? -1 : last.address + last.size;
    if (address < end) throw new RangeError(`Cannot outline ${address}: expected at least ${end}`);
    if (last !== undefined && address === end) {
      last.size += bytes.length;
    } else {
      this.#closeAt(end);
      this.#segments.push({ address, size: bytes.length });
    }
    if (this.#headSize < HEAD_SIZE && this.#segments.length === 1) this.#addHead(bytes);
    this.#scan(address, bytes);
  }

  finish(): Outline {
    const last = this.#segments.at(-1);
    if (last !== undefined) this.#closeAt(last.address + last.size);
    const outline = { segments: this.#segments, blanks: this.#blanks };
    if (this.#headSize < HEAD_SIZE) return outline;
    const [stackPointer, resetVector] = [uint32At(this.#head, 0), uint32At(this.#head, 4)];
    const { address } = this.#segments[0]!;
    return { ...outline, vectorTable: { address, stackPointer, resetVector } };
  }

  #addHead(bytes: Uint8Array): void {
    const head = bytes.subarray(0, HEAD_SIZE - this.#headSize);
    this.#head.set(head, this.#headSize);
    this.#headSize += head.length;
  }

  #scan(address: number, bytes: Uint8Array): void {
    let start = 0;
    if (this.#openStart !== undefined) {
      start = endOfBlank(bytes, 0);
      if (start === bytes.length) return;
      this.#closeAt(address + start);
    }
    // A blank stretch that is long enough has a byte at one of the places looked at.
    let at = start + this.#minSize - 1;
    while (at < bytes.length) {
      if (bytes[at] === BLANK) {
        const end = endOfBlank(bytes, at);
        this.#openStart = address + startOfBlank(bytes, at);
        if (end === bytes.length) return;
        this.#closeAt(address + end);
        at = end;
      }
      at += this.#minSize;
    }
    const tail = startOfBlank(bytes, bytes.length);
    if (tail < bytes.length) this.#openStart = address + tail;
  }

  #closeAt(end: number): void {
    const start = this.#openStart;
    this.#openStart = undefined;
    if (start === undefined || end - start < this.#minSize) return;
    this.#blanks.push({ address: start, size: end - start });
    while (this.#blanks.length > MAX_BLANK_COUNT) {
      this.#minSize *= 2;
      this.#blanks = this.#blanks.filter((blank) => blank.size >= this.#minSize);
    }
  }
}

type Stretch = { -readonly [Key in keyof Extent]: Extent[Key] };

const BLANK = 0xFF;

/** The first two words of a vector table. */
const HEAD_SIZE = 8;

/** Shorter ones save no transfer: even the smallest write blocks in use are longer. */
const MIN_BLANK_SIZE = 64;

/** Bounds the memory for an image of any size. An image of 1 MiB reaches it with one stretch in every 256 bytes. */
const MAX_BLANK_COUNT = 4096;

/** Where the stretch of 0xFF begins that ends before `end`. */
function startOfBlank(bytes: Uint8Array, end: number): number {
  let start = end;
  while (start > 0 && bytes[start - 1] === BLANK) start--;
  return start;
}

/** The first byte from `from` on that is not 0xFF; eight at a time once the stretch is a long one. */
function endOfBlank(bytes: Uint8Array, from: number): number {
  let end = from;
  const isAligned = () => (bytes.byteOffset + end) % 4 === 0;
  while (end < bytes.length && bytes[end] === BLANK) {
    end++;
    if (end - from >= MIN_BLANK_SIZE && isAligned()) return endOfBlankWords(bytes, end);
  }
  return end;
}

function endOfBlankWords(bytes: Uint8Array, from: number): number {
  const wordCount = Math.floor((bytes.length - from) / 4);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, wordCount);
  let word = 0;
  while (word + 1 < wordCount && (words[word]! & words[word + 1]!) === -1) word += 2;
  let end = from + word * 4;
  while (end < bytes.length && bytes[end] === BLANK) end++;
  return end;
}
