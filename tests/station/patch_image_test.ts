import { assertEquals } from "@std/assert";
import { readImage } from "../../src/firmware/image.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import { addedExtents, patchInput, patchOutlines } from "../../src/station/patch_image.ts";
import { encodeValue, type Place } from "../../src/station/place.ts";
import { inputOf } from "../dfu/rig.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

function ascii(address: number, size: number): Place {
  return { name: `p${address}`, address, size, type: "ascii", shared: false, start: 0, step: 1 };
}

function rowOf(places: readonly Place[]) {
  const bytes = places.map((place) => {
    return [place, encodeValue(place, "x".repeat(place.size)) as Uint8Array] as const;
  });
  return { values: {}, bytes: new Map(bytes), key: "" };
}

Deno.test("patchInput() puts values into the image, around its end, and beside it", () => {
  const input = inputOf([{ address: 100, data: new Uint8Array(20) }]);
  const places = [ascii(104, 2), ascii(118, 4), ascii(200, 3)];
  const { images } = patchInput(input, rowOf(places));
  const { segments } = images[0]!.image;
  assertEquals(segments.map(({ address, size }) => [address, size]), [[100, 22], [200, 3]]);
  const expected = new Uint8Array(22);
  expected.fill(0x78, 4, 6);
  expected.fill(0x78, 18, 22);
  assertEquals(segments[0]!.data, expected);
  assertEquals(addedExtents(input, places), [
    { address: 120, size: 2 },
    { address: 200, size: 3 },
  ]);
  assertEquals(input.images[0]!.image.segments[0]!.data, new Uint8Array(20));
});

Deno.test("patchInput() chooses the image that has the place, else the nearest", () => {
  const one = inputOf([{ address: 0, data: new Uint8Array(10) }], 0);
  const two = inputOf([{ address: 1000, data: new Uint8Array(10) }], 1);
  const input = { images: [...one.images, ...two.images] };
  const sizes = (address: number) =>
    patchInput(input, rowOf([ascii(address, 2)])).images
      .map(({ outline }) => outline.segments.reduce((sum, { size }) => sum + size, 0));
  assertEquals(sizes(1004), [10, 10]);
  assertEquals(sizes(100), [12, 10]);
  assertEquals(sizes(900), [10, 12]);
});

randomTest(
  "patchOutlines() plans what patchInput() flashes, for random images and places",
  (seed) => {
    const random = seededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const parts = [0, 1, 2].map((index) => ({
        address: 1000 * index + random.below(300),
        data: random.chance(0.5)
          ? random.bytes(random.between(1, 300))
          : new Uint8Array(random.between(1, 300)).fill(0xFF),
      }));
      const input = inputOf(parts);
      const places = [ascii(random.below(1500), 8), ascii(1500 + random.below(1500), 200)];
      const patched = patchInput(input, rowOf(places));
      const { outline, image } = patched.images[0]!;
      const planned = patchOutlines(input, places).images[0]!.outline;
      assertEquals(planned.segments, outline.segments);
      assertEquals(outline, outlineImage(image));
      for (const blank of planned.blanks) {
        assertEquals(readImage(image, { ...blank, fill: 0 }).every((byte) => byte === 0xFF), true);
      }
    }
  },
);
