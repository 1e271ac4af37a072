import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../src/errors.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import {
  ENCODE_FORMATS,
  encodeFirmware,
  encodeFormatOf,
  type EncodeOptions,
} from "../../src/firmware/encode.ts";
import type { Firmware, FirmwareImage, Image } from "../../src/firmware/firmware.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { ascii, buildDfuse, concat, countingBytes, lend } from "../helpers/firmware_files.ts";
import { buildHex, hexRecord, sRecord, uf2Block } from "../helpers/firmware_formats.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";

const DATA = countingBytes(20);
const IMAGE = buildImage([
  { address: 0x0800FFF8, data: DATA },
  { address: 0x08020001, data: countingBytes(3) },
]);

Deno.test("encodeFirmware() writes DfuSe", async () => {
  const file = await encodeFirmware("dfu", [{ alternate: 2, name: "Flash", image: IMAGE }], {
    ids: { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0x0200 },
  });
  const expected = buildDfuse({
    targets: [{ alternate: 2, name: "Flash", elements: IMAGE.segments }],
    suffix: { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0x0200 },
  });
  assertEquals(file, expected);
});

Deno.test("encodeFirmware() writes Intel HEX, no record over the end of 64 KiB", async () => {
  assertEquals(
    await encodeFirmware("hex", [{ image: IMAGE }], { entry: 0x08010009 }),
    lines(
      hexRecord(4, 0, [8, 0]),
      hexRecord(0, 0xFFF8, DATA.subarray(0, 8)),
      hexRecord(4, 0, [8, 1]),
      hexRecord(0, 0, DATA.subarray(8)),
      hexRecord(4, 0, [8, 2]),
      hexRecord(0, 1, countingBytes(3)),
      hexRecord(5, 0, [8, 1, 0, 9]),
      hexRecord(1, 0),
    ),
  );
});

Deno.test("encodeFirmware() writes S-records with the shortest addresses that do", async () => {
  assertEquals(
    await encodeFirmware("srec", [{ image: IMAGE }], { entry: 0x08010009 }),
    lines(
      sRecord(0, 0),
      sRecord(3, 0x0800FFF8, DATA.subarray(0, 16)),
      sRecord(3, 0x08010008, DATA.subarray(16)),
      sRecord(3, 0x08020001, countingBytes(3)),
      sRecord(7, 0x08010009),
    ),
  );
  for (const [address, type] of [[0xFFFD, 1], [0xFFFE, 2], [0xFFFFFD, 2], [0xFFFFFE, 3]] as const) {
    const image = buildImage([{ address, data: countingBytes(3) }]);
    assertEquals(
      await encodeFirmware("srec", [{ image }]),
      lines(sRecord(0, 0), sRecord(type, address, countingBytes(3)), sRecord(10 - type, 0)),
    );
  }
});

Deno.test("encodeFirmware() writes UF2, with whole pages where gaps are filled", async () => {
  const family = 0x57755A57;
  const data = countingBytes(300);
  const image = buildImage([{ address: 0x080000F0, data }]);
  const cut = [
    { address: 0x080000F0, data: data.subarray(0, 16) },
    { address: 0x08000100, data: data.subarray(16, 272) },
    { address: 0x08000200, data: data.subarray(272) },
  ];
  assertEquals(
    await encodeFirmware("uf2", [{ image }], { family }),
    concat(...cut.map((part, number) => uf2Block({ ...part, number, count: 3, family }))),
  );
  const blank = (size: number) => new Uint8Array(size).fill(0xEE);
  const filled = [
    { address: 0x08000000, data: concat(blank(240), data.subarray(0, 16)) },
    { address: 0x08000100, data: data.subarray(16, 272) },
    { address: 0x08000200, data: concat(data.subarray(272), blank(228)) },
  ];
  assertEquals(
    await encodeFirmware("uf2", [{ image }], { fill: 0xEE }),
    concat(...filled.map((part, number) => uf2Block({ ...part, number, count: 3 }))),
  );
});

Deno.test("encodeFirmware() fills gaps of a binary file only when told to", async () => {
  const image = buildImage([{ address: 1, data: DATA }, { address: 25, data: DATA }]);
  const error = await assertRejects(() => encodeFirmware("bin", [{ image }]), UsageError);
  assertEquals(
    error.message,
    "Cannot write a binary file: there are gaps (0x00000001..0x00000015, 0x00000019..0x0000002D)",
  );
  assertEquals(
    await encodeFirmware("bin", [{ image }], { fill: 7 }),
    concat(DATA, [7, 7, 7, 7], DATA),
  );
  assertEquals(
    await encodeFirmware("bin", [{ image: buildImage([{ address: 9, data: DATA }]) }]),
    DATA,
  );
});

Deno.test("encodeFirmware() refuses what a format cannot hold", async () => {
  const far = buildImage([{ address: 0, data: DATA }, { address: 0x90000000, data: DATA }]);
  const cases: [() => Promise<unknown>, string][] = [
    [() => encodeFirmware("bin", [{ image: far }], { fill: 0 }), "expected at most 256 MiB"],
    [
      () => encodeFirmware("hex", [{ image: IMAGE }], { fill: 0 }),
      "Cannot fill gaps of a hex file",
    ],
    [() => encodeFirmware("uf2", [{ image: { segments: [] } }]), "there are no bytes for it"],
    [
      () => encodeFirmware("hex", [{ alternate: 0, image: far }, { alternate: 1, image: far }]),
      "0x00000000..0x00000014 and 0x00000000..0x00000014 overlap",
    ],
  ];
  for (const [encode, expected] of cases) await assertRejects(encode, UsageError, expected);
});

Deno.test("encodeFormatOf() knows the endings", () => {
  const cases = {
    "a.DFU": "dfu",
    "b/c.s19": "srec",
    "d.hex": "hex",
    "e.uf2": "uf2",
    "f.bin": "bin",
  };
  for (const [path, format] of Object.entries(cases)) assertEquals(encodeFormatOf(path), format);
  for (const path of ["hex", "a.txt", "a.hex/b", "a.constructor", "a."]) {
    assertEquals(encodeFormatOf(path), undefined);
  }
});

randomTest("an image goes through all formats in any order unchanged", async (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 40; round++) {
    const image = randomImage(random);
    let firmware: Pick<Firmware, "images" | "entry" | "family"> = {
      images: [{ image }],
      entry: 0x08000000 + random.below(1000) * 2 + 1,
    };
    const formats = Array.from(
      { length: 6 },
      () => random.pick(["dfu", "hex", "srec", "uf2"] as const),
    );
    for (const format of formats) {
      const options: EncodeOptions = { entry: firmware.entry, family: 0x57755A57 };
      const file = await encodeFirmware(format, firmware.images, options);
      assertEquals(await encodeFirmware(format, firmware.images, options), file);
      const read = await collect(file);
      assertEquals(plain(read.images), plain([{ image }]), formats.join());
      if (format === "hex" || format === "srec") assertEquals(read.entry, firmware.entry);
      if (format === "uf2") assertEquals(read.family, 0x57755A57);
      firmware = { ...read, entry: firmware.entry! };
    }
  }
});

randomTest("a binary file is the image from its first to its last byte", async (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 20; round++) {
    const image = randomImage(random);
    // What begins like a record of a text format is not taken for a raw binary.
    image.segments[0]!.data[0] = 0;
    const fill = random.below(256);
    const file = await encodeFirmware("bin", [{ image }], { fill });
    const address = image.segments[0]!.address;
    const read = await collect(file, address);
    const back = read.images[0]!.image.segments[0]!;
    for (const { address, size, data } of image.segments) {
      const start = address - back.address;
      assertEquals(back.data.slice(start, start + size), data.slice());
      back.data.fill(fill, start, start + size);
    }
    assertEquals(back.data.every((byte) => byte === fill), true);
  }
});

Deno.test("every format reads a file of the other tool-chain's style back", async () => {
  const elements = [{ address: 0x08000000, data: countingBytes(1000) }];
  const { images } = await collect(buildHex(elements));
  for (const format of ENCODE_FORMATS) {
    const file = await encodeFirmware(format, images);
    const address = format === "bin" ? 0x08000000 : undefined;
    assertEquals(plain((await collect(file, address)).images), plain(images));
  }
});

function randomImage(random: Random): Image {
  const parts: { address: number; data: Uint8Array }[] = [];
  let address = random.pick([0, 0x100, 0x0800FF00, 0xFFFE0000]) + random.below(300);
  for (let count = 1 + random.below(5); count > 0; count--) {
    const data = random.bytes(1 + random.below(random.pick([4, 40, 700])));
    parts.push({ address, data });
    address += data.length + random.pick([0, 1, 3, 255, 256, 5000]);
  }
  return buildImage(parts);
}

function collect(file: Uint8Array, address?: number): Promise<Firmware> {
  return collectInput(new StreamedFile(lend([file]), { name: "test" }), { address });
}

function plain(images: readonly FirmwareImage[]) {
  return images.map(({ image }) =>
    image.segments.map(({ address, data }) => ({ address, data: data.slice() }))
  );
}

function lines(...records: string[]): Uint8Array {
  return ascii(records.join("\r\n") + "\r\n");
}
