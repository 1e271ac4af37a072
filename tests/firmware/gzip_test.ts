import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { FirmwareError, UsageError } from "../../src/errors.ts";
import { ByteSource } from "../../src/firmware/byte_source.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import { readGzip } from "../../src/firmware/gzip.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { readFirmware } from "../../src/firmware/read_firmware.ts";
import { summarizeInput } from "../../src/firmware/summarize.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import {
  ascii,
  buildDfu,
  buildDfuse,
  concat,
  countingBytes,
  inChunks,
  lend,
} from "../helpers/firmware_files.ts";
import { buildElf, buildHex, buildUf2 } from "../helpers/firmware_formats.ts";

const ELEMENTS = [
  { address: 0x08001000, data: countingBytes(300) },
  { address: 0x08000000, data: countingBytes(20, 7) },
];

Deno.test("readGzip() reads every format through", async () => {
  const files: [Uint8Array, number | undefined][] = [
    [buildDfuse({ targets: [{ elements: ELEMENTS }] }), undefined],
    [buildHex(ELEMENTS), undefined],
    [buildUf2(ELEMENTS), undefined],
    [buildElf({ segments: ELEMENTS }), undefined],
    [buildDfu(countingBytes(99)), 0x08000000],
    [countingBytes(99), 0x08000000],
  ];
  for (const [file, address] of files) {
    const packed = pack(file);
    const plain = await readEvents(file, { address });
    const expected = plain.map((event) => {
      if (event.kind === "image") return { ...event, encoded: true };
      if (event.kind !== "end") return event;
      return { ...event, fileSize: packed.length, unpackedSize: file.length };
    });
    assertEquals(await readEvents(packed, { address }), expected);
    assertEquals(await readEvents(inChunks(packed, 1), { address }), expected);
  }
});

Deno.test("summarizeInput() unpacks a file again whose elements are out of order", async () => {
  const file = buildDfuse({ targets: [{ elements: ELEMENTS }] });
  const expected = await summarizeInput(streamed(file), { sha256: true });
  const summary = await summarizeInput(streamed(pack(file)), { sha256: true });
  assertEquals(summary.unpackedSize, file.length);
  assertEquals(summary.fileSize, pack(file).length);
  assertNotEquals(summary.sha256, expected.sha256);
  assertEquals(summary.images, expected.images);
  assertEquals(summary.suffix, expected.suffix);
  const collected = await collectInput(streamed(pack(file)));
  assertEquals(collected.images, (await collectInput(streamed(file))).images);
});

Deno.test("readGzip() reads several members as one file", async () => {
  const hex = buildHex(ELEMENTS);
  const packed = concat(pack(hex.subarray(0, 100)), pack(hex.subarray(100)));
  const { images } = await collectInput(streamed(packed));
  assertEquals(images, (await collectInput(streamed(hex))).images);
});

Deno.test("readGzip() says what is wrong", async () => {
  const packed = pack(buildHex(ELEMENTS));
  const crc = packed.slice();
  crc[packed.length - 8]! ^= 1;
  const cases: [Uint8Array, string][] = [
    [packed.subarray(0, -1), `the file ends at offset ${packed.length - 1} in its gzip data`],
    [packed.subarray(0, 200), "the file ends at offset 200 in its gzip data"],
    [crc, "its gzip data is damaged ("],
    [concat(packed, [1, 2, 3]), "its gzip data is damaged ("],
    [concat([0x1E], packed.subarray(1)), "its gzip header begins with 1e 8b 08, expected 1f 8b 08"],
    [pack(packed), "it is a gzip archive, expected firmware"],
    [pack(new Uint8Array(0)), "test.bin (unpacked): it is empty, expected firmware"],
    [pack(ascii(":00000002FE\n:0000")), "test.bin (unpacked): line 1, column 2: "],
  ];
  for (const [file, expected] of cases) {
    const error = await assertRejects(() => readEvents(file), FirmwareError);
    assertEquals(error.message.includes(expected), true, error.message);
    assertEquals(typeof error.facts.offset, "number");
  }
  await assertRejects(() => readEvents(packed, { address: 0 }), UsageError);
});

Deno.test("readGzip() stops where the unpacked bytes are too many", async () => {
  const hex = buildHex(ELEMENTS);
  const read = async (limit: number) => {
    const source = new ByteSource(lend([pack(hex)]));
    for await (const _ of readGzip(source, (unpacked) => readFirmware(unpacked), { limit }));
  };
  await read(hex.length);
  const error = await assertRejects(() => read(hex.length - 1), FirmwareError);
  assertEquals(
    error.message,
    "Cannot read the file: it unpacks to more than 1.3 KiB",
  );
});

function streamed(file: Uint8Array): StreamedFile {
  return new StreamedFile(lend([file]), { name: "test.bin" });
}

function pack(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}
