import { assertEquals, assertThrows } from "@std/assert";
import { collectInput } from "../../src/firmware/collect.ts";
import type { FirmwareImage } from "../../src/firmware/firmware.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { writeDfuse } from "../../src/firmware/write_dfuse.ts";
import { buildDfuse, lend } from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

const IDS = { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0x2200 };
const HIGH = 0x90000000;

function collect(file: Uint8Array) {
  return collectInput(new StreamedFile(lend([file]), { name: "test.dfu" }));
}

Deno.test("writeDfuse() makes what UM0391 describes, byte for byte", () => {
  const elements = [
    { address: 0x08000000, data: Uint8Array.of(1, 2, 3) },
    { address: HIGH, data: Uint8Array.of(4) },
  ];
  const images = [
    { alternate: 0, name: "ST...", image: buildImage(elements) },
    { alternate: 2, image: buildImage(elements.slice(1)) },
  ];
  const targets = [
    { alternate: 0, name: "ST...", elements },
    { alternate: 2, elements: elements.slice(1) },
  ];
  assertEquals(writeDfuse(images, { ids: IDS }), buildDfuse({ targets, suffix: IDS }));
});

randomTest("writeDfuse() and the reader agree on any image", async (seed) => {
  const random = seededRandom(seed);
  for (let count = 0; count < 50; count++) {
    const images = Array.from({ length: 1 + random.below(3) }, (_, alternate): FirmwareImage => {
      let address = random.pick([0x08000000, HIGH, 0xFFFF0000]);
      const parts = Array.from({ length: 1 + random.below(4) }, () => {
        const part = { address, data: random.bytes(1 + random.below(3000)) };
        address += part.data.length + random.below(2) * 100;
        return part;
      });
      const name = random.pick([undefined, "", "Internal Flash", "Größe"]);
      return { alternate, image: buildImage(parts), ...(name === undefined ? {} : { name }) };
    });
    const file = writeDfuse(images, { ids: IDS });
    const read = await collect(file);
    assertEquals(read.images.map(({ alternate, image }) => ({ alternate, image })), [
      ...images.map(({ alternate, image }) => ({ alternate, image })),
    ]);
    assertEquals(read.images.map(({ name }) => name || undefined), [
      ...images.map(({ name }) => name || undefined),
    ]);
    const { vendorId, productId, deviceVersion, dfuVersion, storedCrc, computedCrc } = read.suffix!;
    assertEquals({ vendorId, productId, deviceVersion }, IDS);
    assertEquals([dfuVersion, storedCrc], [0x011A, computedCrc]);
    assertEquals(read.warnings, []);
    assertEquals(writeDfuse(images, { ids: IDS }), file);
  }
});

Deno.test("writeDfuse() cuts a name that is too long between two characters", async () => {
  const image = buildImage([{ address: 0, data: Uint8Array.of(1) }]);
  const name = "a" + "ß".repeat(200);
  const { images } = await collect(writeDfuse([{ alternate: 0, name, image }], { ids: IDS }));
  assertEquals(images[0]?.name, "a" + "ß".repeat(126));
  assertEquals(images[0]?.image, image);
});

Deno.test("writeDfuse() refuses what its counts cannot say", () => {
  const image = buildImage([{ address: 0, data: Uint8Array.of(1) }]);
  const many = Array.from({ length: 256 }, () => ({ alternate: 0, image }));
  assertThrows(() => writeDfuse(many, { ids: IDS }), RangeError);
  assertThrows(() => writeDfuse([{ alternate: 256, image }], { ids: IDS }), RangeError);
});
