import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, PlanError, UsageError } from "../../src/errors.ts";
import { collectFile, collectInput } from "../../src/firmware/collect.ts";
import type { Firmware } from "../../src/firmware/firmware.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import type { ReadOptions } from "../../src/firmware/read_firmware.ts";
import {
  buildDfu,
  buildDfuse,
  concat,
  countingBytes,
  inChunks,
  lend,
} from "../helpers/firmware_files.ts";

const DATA = countingBytes(100);

Deno.test("collectInput() gives sorted, joined images with their bytes", async () => {
  const elements = [
    { address: 0x08000032, data: DATA.slice(50) },
    { address: 0x08000000, data: DATA.slice(0, 50) },
    { address: 0x08000100, data: countingBytes(3) },
  ];
  const file = buildDfuse({
    targets: [{ alternate: 3, elements }, { name: "B", elements: elements.slice(2) }],
  });
  const { format, fileSize, suffix, images, warnings } = await collect(file);
  assertEquals({ format, fileSize, warnings }, {
    format: "dfuse",
    fileSize: file.length,
    warnings: [],
  });
  assertEquals(suffix?.length, 16);
  const last = { address: 0x08000100, size: 3, data: countingBytes(3) };
  assertEquals(images, [
    {
      alternate: 3,
      image: { segments: [{ address: 0x08000000, size: 100, data: DATA }, last] },
    },
    { alternate: 0, name: "B", image: { segments: [last] } },
  ]);
});

Deno.test("collectInput() puts a plain file where it is told to", async () => {
  for (const file of [DATA, buildDfu(DATA)]) {
    const { images } = await collect(file, { address: 0x08004000 });
    assertEquals(images, [
      { image: { segments: [{ address: 0x08004000, size: 100, data: DATA }] } },
    ]);
  }
});

Deno.test("collectInput() needs an address for a plain file", async () => {
  const error = await assertRejects(() => collect(DATA), UsageError);
  assertEquals(
    error.message,
    "Cannot place test.bin: the file has no addresses, expected one for it",
  );
});

Deno.test("collectInput() merges what overlaps with the same bytes, and refuses the rest", async () => {
  const elements = [
    { address: 0x10, data: DATA.slice(16, 40) },
    { address: 0x00, data: DATA.slice(0, 20) },
  ];
  const { images, warnings } = await collect(buildDfuse({ targets: [{ elements }] }));
  assertEquals(images[0]!.image.segments, [{ address: 0, size: 40, data: DATA.slice(0, 40) }]);
  assertEquals(warnings.length, 1);
  elements[1] = { address: 1, data: DATA.slice(0, 20) };
  const error = await assertRejects(
    () => collect(buildDfuse({ targets: [{ elements }] })),
    PlanError,
  );
  assertEquals(error.facts.address, 0x10);
});

Deno.test("collectInput() gives nothing of a damaged file", async () => {
  const file = buildDfuse({ targets: [{ elements: [{ address: 0, data: DATA }] }] });
  await assertRejects(() => collect(file.subarray(0, -1)), FirmwareError, "ends at offset");
  file[300]! ^= 1;
  await assertRejects(() => collect(file), FirmwareError, "its CRC is");
});

Deno.test("collectInput() owns its bytes, whatever becomes of the chunks", async () => {
  const file = concat(DATA, DATA, DATA, DATA);
  for (const size of [1, 7, 255, 256, 400]) {
    const input = new StreamedFile(lend(inChunks(file, size)), { name: "test.bin" });
    const { images } = await collectInput(input, { address: 0 });
    assertEquals(images[0]!.image.segments[0]!.data.slice(), file);
  }
});

Deno.test("collectInput() refuses more than 256 MiB", async () => {
  const chunk = new Uint8Array(2 ** 24);
  const chunks = Array.from({ length: 17 }, () => chunk);
  const input = new StreamedFile(lendWithoutCopy(chunks), { name: "test.bin" });
  const error = await assertRejects(() => collectInput(input, { address: 0 }), FirmwareError);
  assertEquals(error.facts, { offset: 2 ** 28 });
});

Deno.test({
  name: "collectFile() reads a path and closes it, also without success",
  sanitizeResources: true,
  fn: async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeFile(path, DATA);
      const { images } = await collectFile(path, { address: 0x20000000 });
      assertEquals(images[0]!.image.segments[0]!.data.slice(), DATA);
      await assertRejects(() => collectFile(path), UsageError);
    } finally {
      await Deno.remove(path);
    }
  },
});

async function* lendWithoutCopy(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    yield chunk;
  }
}

function collect(file: Uint8Array, options: ReadOptions = {}): Promise<Firmware> {
  return collectInput(new StreamedFile(lend([file]), { name: "test.bin" }), options);
}
