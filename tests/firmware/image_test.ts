import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  buildImage,
  firstDifference,
  imagesEqual,
  imageSize,
  readImage,
} from "../../src/firmware/image.ts";
import { countingBytes } from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

const A = Uint8Array.of(1, 2, 3);
const B = Uint8Array.of(4, 5);

Deno.test("buildImage() sorts parts and joins those that touch", () => {
  const image = buildImage([
    { address: 0x80000003, data: B },
    { address: 0x90000000, data: A },
    { address: 0x80000000, data: A },
    { address: 0x85000000, data: new Uint8Array(0) },
  ]);
  assertEquals(image.segments, [
    { address: 0x80000000, size: 5, data: Uint8Array.of(1, 2, 3, 4, 5) },
    { address: 0x90000000, size: 3, data: A },
  ]);
  assertEquals(imageSize(image), 8);
});

Deno.test("buildImage() does not copy a part that touches no other", () => {
  const image = buildImage([{ address: 0, data: A }, { address: 4, data: B }]);
  assertStrictEquals(image.segments[0]!.data, A);
});

Deno.test("buildImage() refuses parts that overlap", () => {
  const parts = [{ address: 2, data: B }, { address: 0, data: A }];
  assertThrows(() => buildImage(parts), RangeError);
});

Deno.test("readImage() fills where the image has no bytes", () => {
  const image = buildImage([{ address: 0x10, data: A }, { address: 0x15, data: B }]);
  const read = (address: number, size: number) => [...readImage(image, { address, size })];
  assertEquals(read(0x0E, 11), [255, 255, 1, 2, 3, 255, 255, 4, 5, 255, 255]);
  assertEquals(read(0x11, 1), [2]);
  assertEquals(read(0x13, 2), [255, 255]);
  assertEquals(read(0x16, 9).slice(0, 2), [5, 255]);
  assertEquals(read(0x10, 0), []);
  assertEquals([...readImage(image, { address: 0x12, size: 3, fill: 0 })], [3, 0, 0]);
});

randomTest("readImage() agrees with a map of all bytes", (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 200; round++) {
    const bytes = new Map<number, number>();
    const parts: { address: number; data: Uint8Array }[] = [];
    let address = 0xFFFFF000;
    for (let count = random.below(9); count > 0; count--) {
      address += random.below(20);
      const data = random.bytes(random.below(20));
      data.forEach((byte, at) => bytes.set(address + at, byte));
      parts.push({ address, data });
      address += data.length;
    }
    const image = buildImage(parts.sort(() => random.below(2) - 0.5));
    const range = { address: 0xFFFFF000 + random.below(200), size: random.below(100), fill: 7 };
    const expected = Array.from(
      { length: range.size },
      (_, at) => bytes.get(range.address + at) ?? 7,
    );
    assertEquals([...readImage(image, range)], expected);
    assertEquals(imageSize(image), bytes.size);
  }
});

Deno.test("imagesEqual() compares addresses and bytes", () => {
  const image = buildImage([{ address: 8, data: countingBytes(9) }]);
  const other = (address: number, data: Uint8Array) => buildImage([{ address, data }]);
  assert(imagesEqual(image, other(8, countingBytes(9))));
  assert(!imagesEqual(image, other(9, countingBytes(9))));
  assert(!imagesEqual(image, other(8, countingBytes(8))));
  assert(!imagesEqual(image, other(8, countingBytes(9, 1))));
  assert(!imagesEqual(image, { segments: [] }));
});

Deno.test("firstDifference() finds each byte, wherever the arrays begin and end", () => {
  const bytes = seededRandom(7).bytes(24);
  for (const [one, other] of [[0, 0], [0, 4], [4, 3], [1, 1], [2, 0]] as const) {
    for (let size = 0; size <= 20; size++) {
      const a = bytes.slice(0, one + size).fill(9, one).subarray(one);
      const b = bytes.slice(0, other + size).fill(9, other).subarray(other);
      assertEquals(firstDifference(a, b), undefined);
      for (let index = 0; index < size; index++) {
        b[index] = 8;
        assertEquals(firstDifference(a, b), index, `${one}, ${other}, ${size}`);
        // Only the first one counts.
        b[size - 1] = 7;
        assertEquals(firstDifference(a, b), index);
        b.fill(9);
      }
      if (size > 0) assertEquals(firstDifference(a, b.subarray(0, size - 1)), size - 1);
    }
  }
});
