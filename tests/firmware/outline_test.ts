import { assertEquals, assertThrows } from "@std/assert";
import type { Extent, Outline } from "../../src/firmware/firmware.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { outlineImage, Outliner } from "../../src/firmware/outline.ts";
import { concat, countingBytes, inChunks, randomChunks } from "../helpers/firmware_files.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";

const BASE = 0x90000000;

Deno.test("outlineImage() finds blank stretches of 64 bytes or more, at every place", () => {
  for (let before = 0; before < 140; before++) {
    for (const [size, found] of [[63, false], [64, true], [65, true], [200, true]] as const) {
      for (const after of [0, 1, 80]) {
        const data = concat(zeros(before), blanks(size), zeros(after));
        const expected = found ? [{ address: BASE + before, size }] : [];
        assertEquals(outlineOf(data).blanks, expected);
      }
    }
  }
});

Deno.test("outlineImage() finds them at every alignment of the bytes in memory", () => {
  for (let shift = 0; shift < 8; shift++) {
    for (const size of [64, 67, 128, 133]) {
      const data = concat(zeros(shift + 5), blanks(size), zeros(9)).subarray(shift);
      assertEquals(outlineOf(data).blanks, [{ address: BASE + 5, size }]);
    }
  }
});

Deno.test("outlineImage() joins what touches and ends blank stretches at gaps", () => {
  const image = buildImage([
    { address: BASE, data: blanks(100) },
    { address: BASE + 101, data: blanks(40) },
    { address: BASE + 141, data: blanks(40) },
    { address: BASE + 200, data: blanks(63) },
  ]);
  assertEquals(outlineImage(image), {
    segments: [
      { address: BASE, size: 100 },
      { address: BASE + 101, size: 80 },
      { address: BASE + 200, size: 63 },
    ],
    blanks: [{ address: BASE, size: 100 }, { address: BASE + 101, size: 80 }],
    vectorTable: { address: BASE, stackPointer: 0xFFFFFFFF, resetVector: 0xFFFFFFFF },
  });
});

Deno.test("outlineImage() has the first two words of the image, in any pieces", () => {
  const data = countingBytes(20, 1);
  const expected = { address: BASE, stackPointer: 0x04030201, resetVector: 0x08070605 };
  for (let size = 1; size <= data.length; size++) {
    const outliner = new Outliner();
    let address = BASE;
    for (const chunk of inChunks(data, size)) {
      outliner.add(address, chunk);
      address += chunk.length;
    }
    assertEquals(outliner.finish().vectorTable, expected);
  }
});

Deno.test("outlineImage() has no words where the image begins with fewer than 8 bytes", () => {
  const image = buildImage([
    { address: BASE, data: countingBytes(7) },
    { address: BASE + 8, data: countingBytes(9) },
  ]);
  assertEquals(outlineImage(image).vectorTable, undefined);
});

Deno.test("outlineImage() of nothing is empty", () => {
  assertEquals(outlineImage({ segments: [] }), { segments: [], blanks: [] });
});

Deno.test("outlineImage() leaves out short blank stretches where there are too many", () => {
  const short = concat(blanks(100), [0]);
  const long = concat(blanks(300), [0]);
  const atLimit = concat(...Array.from({ length: 4096 }, () => short));
  assertEquals(outlineOf(atLimit).blanks.length, 4096);
  assertEquals(outlineOf(concat(atLimit, long)).blanks, [
    { address: BASE + atLimit.length, size: 300 },
  ]);
  assertEquals(outlineOf(concat(long, atLimit)).blanks, [{ address: BASE, size: 300 }]);
  assertEquals(outlineOf(concat(atLimit, blanks(128), [0], blanks(127))).blanks, [
    { address: BASE + atLimit.length, size: 128 },
  ]);
});

Deno.test("Outliner.add() refuses to go back", () => {
  const outliner = new Outliner();
  outliner.add(BASE + 10, zeros(10));
  assertThrows(() => outliner.add(BASE + 19, zeros(1)), RangeError);
});

randomTest("Outliner agrees with a look at every byte, in any chunking", (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 300; round++) {
    const pieces: { address: number; data: Uint8Array }[] = [];
    let address = BASE;
    for (let count = 1 + random.below(4); count > 0; count--) {
      const data = randomStretches(random);
      pieces.push({ address, data });
      address += data.length + random.pick([0, 0, 1, 64, 5000]);
    }
    const outliner = new Outliner();
    for (const piece of pieces) {
      let at = piece.address;
      for (
        const chunk of randomChunks(piece.data, { random, limit: random.pick([1, 10, 70, 1000]) })
      ) {
        outliner.add(at, chunk);
        at += chunk.length;
      }
    }
    const expected = outlineByteByByte(pieces);
    const { vectorTable: _, ...found } = outliner.finish();
    assertEquals(found, expected);
    assertEquals(outlineImage(buildImage(pieces)), outliner.finish());
  }
});

function outlineOf(data: Uint8Array): Outline {
  return outlineImage({ segments: [{ address: BASE, size: data.length, data }] });
}

function outlineByteByByte(pieces: readonly { address: number; data: Uint8Array }[]): Outline {
  const bytes = new Map<number, number>();
  for (const { address, data } of pieces) data.forEach((byte, at) => bytes.set(address + at, byte));
  const addresses = [...bytes.keys()];
  const blankAddresses = addresses.filter((address) => bytes.get(address) === 0xFF);
  return {
    segments: runs(addresses),
    blanks: runs(blankAddresses).filter((run) => run.size >= 64),
  };
}

function runs(addresses: readonly number[]): Extent[] {
  const found: { address: number; size: number }[] = [];
  for (const address of addresses) {
    const last = found.at(-1);
    if (last !== undefined && last.address + last.size === address) last.size++;
    else found.push({ address, size: 1 });
  }
  return found;
}

function randomStretches(random: Random): Uint8Array {
  const stretches = Array.from({ length: random.below(8) }, () => {
    const size = random.pick([1, 3, 32, 60, 63, 64, 65, 100, 128, 400]);
    return random.pick([blanks(size), blanks(size), zeros(size), random.bytes(size)]);
  });
  return concat(...stretches, countingBytes(random.below(3)));
}

function blanks(size: number): Uint8Array {
  return new Uint8Array(size).fill(0xFF);
}

function zeros(size: number): Uint8Array {
  return new Uint8Array(size);
}
