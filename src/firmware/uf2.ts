import { formatAddress, formatCount } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { RecordRuns } from "./record_runs.ts";
import { formatUf2Family } from "./uf2_families.ts";

/**
 * Reads a UF2 file (microsoft/uf2, README.md). Blocks of 512 bytes in any order, little endian:
 *
 *     0 u32 0x0A324655   4 u32 0x9E5D5157   8 u32 flags   12 u32 target address   16 u32 payload size, at most 476
 *     20 u32 block number   24 u32 number of blocks   28 u32 family id or size of the file   32 payload
 *     508 u32 0x0AB16F30
 *
 * Flags: 0x1 not for the main flash, 0x1000 part of another file, 0x2000 family id. Blocks that are not for the main
 * flash are left out. Every block must be there once; the format has no checksum.
 * @throws FirmwareError for a block that is damaged, missing or there twice, and for a file of several families.
 */
export async function* readUf2(source: ByteSource): AsyncGenerator<FirmwareEvent> {
  const blocks = new Uint8Array(BATCH_SIZE + BLOCK_SIZE);
  const view = new DataView(blocks.buffer);
  const runs = new RecordRuns(source);
  const reading: Reading = { families: new Map(), main: undefined, hasMain: false, skipped: 0 };
  let size = 0;
  yield { kind: "image", encoded: true };
  for (;;) {
    const chunk = await source.chunk({ limit: BATCH_SIZE });
    if (chunk === undefined) break;
    blocks.set(chunk, size);
    size += chunk.length;
    let at = 0;
    for (; at + BLOCK_SIZE <= size; at += BLOCK_SIZE) {
      const block = decodeBlock(source, { view, at, offset: source.offset - size + at });
      if (!countBlock(source, reading, block)) continue;
      // Over blocks that have been read: a payload is shorter than its block.
      blocks.copyWithin(runs.size, at + HEADER_SIZE, at + HEADER_SIZE + block.size);
      runs.add(block, block.offset);
    }
    yield* runs.drain(blocks);
    blocks.copyWithin(0, at, size);
    size -= at;
  }
  if (size > 0) throw source.endsEarly("a block", BLOCK_SIZE - size);
  yield* finish(source, reading, runs);
}

const BLOCK_SIZE = 512;
const HEADER_SIZE = 32;
const MAX_PAYLOAD_SIZE = 476;

/** Read at once, in bytes. */
const BATCH_SIZE = 512 * BLOCK_SIZE;

/** As many payloads of 256 bytes fill the address space. It bounds the memory for the blocks that were seen. */
const MAX_BLOCK_COUNT = 1 << 24;

/** Files for several boards have two or three. It bounds the memory as well. */
const MAX_FAMILY_COUNT = 16;

const ADDRESS_END = 0x1_0000_0000;
const MAGIC_0 = 0x0A324655;
const MAGIC_1 = 0x9E5D5157;
const MAGIC_END = 0x0AB16F30;
const NOT_MAIN_FLASH = 0x1;
const OTHER_FILE = 0x1000;
const HAS_FAMILY = 0x2000;

interface Block {
  /** In the file. */
  readonly offset: number;
  readonly flags: number;
  readonly address: number;
  /** Of the payload. */
  readonly size: number;
  readonly number: number;
  readonly count: number;
  readonly family: number | undefined;
}

interface Reading {
  /** The blocks of each family: each numbers its own. */
  readonly families: Map<number | undefined, Seen>;
  /** The family of the blocks for the main flash. */
  main: number | undefined;
  hasMain: boolean;
  skipped: number;
}

interface Seen {
  readonly count: number;
  seen: number;
  /** A bit for each block; grows with the blocks that come. */
  bits: Uint8Array;
}

function decodeBlock(
  source: ByteSource,
  from: { readonly view: DataView; readonly at: number; readonly offset: number },
): Block {
  const { view, at, offset } = from;
  const word = (index: number) => view.getUint32(at + index, true);
  if (word(0) !== MAGIC_0 || word(4) !== MAGIC_1 || word(508) !== MAGIC_END) {
    const [index, magic] = word(0) !== MAGIC_0
      ? [0, MAGIC_0]
      : word(4) !== MAGIC_1
      ? [4, MAGIC_1]
      : [508, MAGIC_END];
    throw source.error(
      `${formatAddress(word(index))} in the block at offset ${offset}, ` +
        `expected ${formatAddress(magic)}`,
      { offset: offset + index },
    );
  }
  const [flags, address, size] = [word(8), word(12), word(16)];
  if (size > MAX_PAYLOAD_SIZE) {
    throw source.error(
      `a block claims ${size} bytes, expected at most ${MAX_PAYLOAD_SIZE}`,
      { offset: offset + 16 },
    );
  }
  if (address + size > ADDRESS_END) {
    throw source.error(
      `a block has ${size} bytes at ${formatAddress(address)}, expected an end of at most 2^32`,
      { offset: offset + 12 },
    );
  }
  const family = (flags & HAS_FAMILY) === 0 ? undefined : word(28);
  return { offset, flags, address, size, number: word(20), count: word(24), family };
}

/** Notes that a block was there; tells whether its payload is firmware. */
function countBlock(
  source: ByteSource,
  reading: Reading,
  block: Block,
): boolean {
  const { flags, number, count, family, offset } = block;
  const seen = reading.families.get(family) ?? { count, seen: 0, bits: new Uint8Array(64) };
  reading.families.set(family, seen);
  if (reading.families.size > MAX_FAMILY_COUNT) {
    throw source.error(`it is for more than ${MAX_FAMILY_COUNT} families of parts, expected one`, {
      offset: offset + 28,
    });
  }
  if (count !== seen.count || number >= count || count > MAX_BLOCK_COUNT) {
    const wanted = Math.min(seen.count, MAX_BLOCK_COUNT);
    throw source.error(
      `a block says that it is number ${number} of ${count}, expected one of ${wanted}`,
      { offset: offset + 20 },
    );
  }
  if (!markSeen(seen, number)) {
    throw source.error(`block ${number} is there twice, expected each one once`, {
      offset: offset + 20,
    });
  }
  if ((flags & (NOT_MAIN_FLASH | OTHER_FILE)) !== 0) {
    reading.skipped++;
    return false;
  }
  if (reading.hasMain && reading.main !== family) {
    const names = [reading.main, family].map((id) =>
      id === undefined ? "no family" : formatUf2Family(id)
    );
    throw source.error(`it is for ${names.join(" and for ")}, expected one family of parts`, {
      offset: offset + 28,
      hint: "Get the file for your part alone.",
    });
  }
  reading.main = family;
  reading.hasMain = true;
  return true;
}

function markSeen(seen: Seen, number: number): boolean {
  const index = number >>> 3;
  const bit = 1 << (number & 7);
  if (index >= seen.bits.length) {
    const bits = new Uint8Array(Math.max(index + 1, seen.bits.length * 2));
    bits.set(seen.bits);
    seen.bits = bits;
  }
  if ((seen.bits[index]! & bit) !== 0) return false;
  seen.bits[index]! |= bit;
  seen.seen++;
  return true;
}

function* finish(
  source: ByteSource,
  reading: Reading,
  runs: RecordRuns,
): Generator<FirmwareEvent> {
  const { families, main, skipped } = reading;
  const fileSize = source.offset;
  for (const { count, seen } of families.values()) {
    if (seen === count) continue;
    throw source.error(`the file ends after ${seen} of ${count} blocks, expected all of them`, {
      offset: fileSize,
      hint: "The file is probably truncated: download or build it again.",
    });
  }
  if (!runs.any) {
    throw source.error("it has no blocks for the main flash, expected firmware", { offset: 0 });
  }
  if (skipped > 0) {
    const message = `${formatCount(skipped, "block")} not for the main flash left out`;
    yield { kind: "warning", message };
  }
  yield { kind: "end", format: "uf2", fileSize, ...(main === undefined ? {} : { family: main }) };
}
