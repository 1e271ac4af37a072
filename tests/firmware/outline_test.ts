import { assertEquals, assertThrows } from "@std/assert";
import type { Extent, Outline } from "../../src/firmware/firmware.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { outlineImage, Outliner } from "../../src/firmware/outline.ts";
import { concat, countingBytes, printedSeed, Random } from "../helpers/firmware_files.ts";

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
  });
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

Deno.test("Outliner agrees with a look at every byte, in any chunking", () => {
  const random = new Random(printedSeed("Outliner"));
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
      for (const chunk of random.chunks(piece.data, random.pick([1, 10, 70, 1000]))) {
        outliner.add(at, chunk);
        at += chunk.length;
      }
    }
    const expected = outlineByteByByte(pieces);
    assertEquals(outliner.finish(), expected);
    assertEquals(outlineImage(buildImage(pieces)), expected);
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
