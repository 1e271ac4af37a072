/** Builds firmware files for tests, good and bad, with no code of the readers; and cuts them into chunks. */
import type { Random } from "./random.ts";

export interface ElementParts {
  readonly address: number;
  readonly data: Uint8Array;
  /** What the file claims, where that is not the truth. */
  readonly size?: number;
}

export interface TargetParts {
  readonly signature?: string;
  readonly alternate?: number;
  readonly named?: number;
  readonly name?: string | Uint8Array;
  readonly elements: readonly ElementParts[];
  /** What the file claims, where that is not the truth. */
  readonly size?: number;
  readonly count?: number;
}

export interface SuffixParts {
  readonly deviceVersion?: number;
  readonly productId?: number;
  readonly vendorId?: number;
  readonly dfuVersion?: number;
  readonly signature?: string;
  /** What the file claims, where that is not the truth. */
  readonly length?: number;
  /** Bytes of the suffix before its standard fields. */
  readonly metadata?: Uint8Array;
}

export interface DfuseParts {
  readonly targets: readonly TargetParts[];
  readonly version?: number;
  /** What the file claims, where that is not the truth; "with suffix" counts the suffix. */
  readonly imageSize?: number | "with suffix";
  readonly targetCount?: number;
  /** Between the last target and the suffix. */
  readonly trailer?: Uint8Array;
  readonly suffix?: SuffixParts;
}

/** A DfuSe file. */
export function buildDfuse(parts: DfuseParts): Uint8Array {
  const targets = concat(...parts.targets.map(buildTarget));
  const suffixSize = 16 + (parts.suffix?.metadata?.length ?? 0);
  const size = 11 + targets.length;
  const imageSize = parts.imageSize === "with suffix" ? size + suffixSize : parts.imageSize ?? size;
  const prefix = concat(
    ascii("DfuSe"),
    [parts.version ?? 1],
    u32(imageSize),
    [parts.targetCount ?? parts.targets.length],
  );
  const suffix = { dfuVersion: 0x011A, ...parts.suffix };
  return addSuffix(concat(prefix, targets, parts.trailer ?? []), suffix);
}

/** A plain DFU 1.x file. */
export function buildDfu(payload: Uint8Array, suffix: SuffixParts = {}): Uint8Array {
  return addSuffix(payload, { dfuVersion: 0x0100, ...suffix });
}

/** The CRC of a DFU suffix, bit by bit as DFU 1.1 Appendix B defines it. */
export function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0xFFFFFFFF;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >>> 1) ^ 0xEDB88320 : crc >>> 1;
  }
  return crc >>> 0;
}

/** The file with another CRC at its end: the right one for what comes before. */
export function fixCrc(file: Uint8Array): Uint8Array {
  const covered = file.subarray(0, file.length - 4);
  return concat(covered, u32(bitwiseCrc(covered)));
}

export function concat(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** 0, 1, 2, …, and again from 0 after 255. */
export function countingBytes(size: number, start = 0): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => start + index);
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Chunks of one size; the last may be shorter. */
export function inChunks(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    chunks.push(bytes.subarray(start, start + size));
  }
  return chunks;
}

/** Lends each chunk, as a reader with one buffer does: its bytes are spoilt when the next one is asked for. */
export async function* lend(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    const lent = chunk.slice();
    yield lent;
    lent.fill(0x5A);
  }
}

/** Every chunking that a vector is read in: all sizes, two parts at every place, empty chunks between. */
export function* allChunkings(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let size = 1; size <= bytes.length; size++) yield inChunks(bytes, size);
  for (let place = 0; place <= bytes.length; place++) {
    yield [bytes.subarray(0, place), bytes.subarray(place)];
  }
  const empty = new Uint8Array(0);
  yield [empty, ...inChunks(bytes, 1).flatMap((chunk) => [chunk, empty, empty])];
}

/** Cuts bytes at random places, with empty chunks here and there. */
export function randomChunks(
  bytes: Uint8Array,
  { random, limit }: { readonly random: Random; readonly limit: number },
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const size = random.below(limit + 1);
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
}

function buildTarget(target: TargetParts): Uint8Array {
  const elements = concat(
    ...target.elements.map(({ address, data, size }) =>
      concat(u32(address), u32(size ?? data.length), data)
    ),
  );
  const name = new Uint8Array(255);
  name.set(typeof target.name === "string" ? ascii(target.name) : target.name ?? []);
  return concat(
    ascii(target.signature ?? "Target"),
    [target.alternate ?? 0],
    u32(target.named ?? (target.name === undefined ? 0 : 1)),
    name,
    u32(target.size ?? elements.length),
    u32(target.count ?? target.elements.length),
    elements,
  );
}

function addSuffix(bytes: Uint8Array, suffix: SuffixParts): Uint8Array {
  const metadata = suffix.metadata ?? new Uint8Array(0);
  const covered = concat(
    bytes,
    metadata,
    u16(suffix.deviceVersion ?? 0xFFFF),
    u16(suffix.productId ?? 0xDF11),
    u16(suffix.vendorId ?? 0x0483),
    u16(suffix.dfuVersion ?? 0x0100),
    ascii(suffix.signature ?? "UFD"),
    [suffix.length ?? 16 + metadata.length],
  );
  return concat(covered, u32(bitwiseCrc(covered)));
}

function u16(value: number): number[] {
  return [value & 0xFF, (value >>> 8) & 0xFF];
}

function u32(value: number): number[] {
  return [...u16(value), ...u16(value >>> 16)];
}
