import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, PlanError } from "../../src/errors.ts";
import type { FirmwareSummary, Image } from "../../src/firmware/firmware.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import {
  summarizeFile,
  summarizeInput,
  type SummarizeOptions,
} from "../../src/firmware/summarize.ts";
import {
  buildDfuse,
  concat,
  countingBytes,
  type ElementParts,
  lend,
  randomChunks,
} from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";
import { type RandomFirmware, randomFirmware } from "../helpers/random_firmware.ts";

const LOW = { address: 0x08000000, data: countingBytes(10) };
const HIGH = { address: 0x08000100, data: new Uint8Array(100).fill(0xFF) };

Deno.test("summarizeInput() tells elements, outline and hashes", async () => {
  const file = buildDfuse({ targets: [{ alternate: 1, name: "ST...", elements: [LOW, HIGH] }] });
  const { suffix: _, ...summary } = await summarize(file, { sha256: true });
  assertEquals(summary, {
    format: "dfuse",
    fileSize: 427,
    sha256: await sha256(file),
    images: [{
      alternate: 1,
      name: "ST...",
      size: 110,
      elements: [
        { address: 0x08000000, size: 10, offset: 293 },
        { address: 0x08000100, size: 100, offset: 311 },
      ],
      sha256: await sha256(concat(LOW.data, HIGH.data)),
      outline: {
        segments: [{ address: 0x08000000, size: 10 }, { address: 0x08000100, size: 100 }],
        blanks: [{ address: 0x08000100, size: 100 }],
        vectorTable: { address: 0x08000000, stackPointer: 0x03020100, resetVector: 0x07060504 },
      },
    }],
    warnings: [],
  });
});

Deno.test("summarizeInput() computes no hashes unless asked to", async () => {
  const summary = await summarize(buildDfuse({ targets: [{ elements: [HIGH, LOW] }] }));
  assertEquals(summary.sha256, undefined);
  assertEquals(summary.images[0]!.sha256, undefined);
});

Deno.test("summarizeInput() hashes elements in order of address", async () => {
  const file = buildDfuse({ targets: [{ elements: [HIGH, LOW] }] });
  const [image] = (await summarize(file, { sha256: true })).images;
  assertEquals(image!.sha256, await sha256(concat(LOW.data, HIGH.data)));
  assertEquals(image!.elements.map((element) => element.address), [0x08000100, 0x08000000]);
});

Deno.test("summarizeInput() reads large elements again that are out of order", async () => {
  const large = { address: 0x08001000, data: countingBytes(600_001) };
  const file = buildDfuse({ targets: [{ elements: [large, LOW] }] });
  const [image] = (await summarize(file, { sha256: true })).images;
  assertEquals(image!.sha256, await sha256(concat(LOW.data, large.data)));
  assertEquals(image!.outline.segments, [
    { address: 0x08000000, size: 10 },
    { address: 0x08001000, size: 600_001 },
  ]);
});

Deno.test("summarizeInput() reads a file in order of address once, also where elements touch", async () => {
  const next = { address: LOW.address + LOW.data.length, data: LOW.data };
  const input = streamed([buildDfuse({ targets: [{ elements: [LOW, next, HIGH] }] })]);
  input.readAgain = () => {
    throw new Error("it must not be read again");
  };
  const { images } = await summarizeInput(input, { sha256: true });
  assertEquals(images[0]!.outline.segments.length, 2);
});

Deno.test("summarizeInput() has no outline of a file without addresses, but a hash", async () => {
  const { images } = await summarize(HIGH.data, { sha256: true });
  assertEquals(images, [{
    size: 100,
    elements: [{ offset: 0, size: 100 }],
    sha256: await sha256(HIGH.data),
    outline: { segments: [], blanks: [] },
  }]);
});

Deno.test("summarizeInput() refuses elements that overlap with different bytes", async () => {
  const elements = [HIGH, { ...HIGH, data: concat(HIGH.data.subarray(0, 99), [0]) }];
  const file = buildDfuse({ targets: [{ elements: [] }, { elements }] });
  const error = await assertRejects(() => summarize(file), PlanError);
  assertEquals(
    error.message,
    "Cannot put the elements of target 1 together: at 0x08000163 element 0 " +
      "(0x08000100..0x08000164) has 0xff and element 1 (0x08000100..0x08000164) has 0x00, " +
      "expected the same bytes where they overlap",
  );
});

Deno.test("summarizeInput() looks at overlaps only when the CRC is right", async () => {
  const file = buildDfuse({
    targets: [{ elements: [LOW, { ...LOW, data: countingBytes(9, 1) }] }],
  });
  file[file.length - 1]! ^= 1;
  await assertRejects(() => summarize(file), FirmwareError, "its CRC is");
  await assertRejects(() => summarize(file, { ignoreCrc: true }), PlanError);
});

Deno.test({
  name: "summarizeFile() closes the file, also when it is damaged",
  sanitizeResources: true,
  fn: async () => {
    const file = buildDfuse({ targets: [{ elements: [HIGH, LOW] }] });
    await withFile(file, async (path) => {
      assertEquals((await summarizeFile(path)).fileSize, file.length);
    });
    file[5] = 9;
    await withFile(file, async (path) => {
      const error = await assertRejects(() => summarizeFile(path), FirmwareError);
      assertEquals(error.message, `Cannot read ${path}: its DfuSe version is 9, expected 1`);
    });
  },
});

randomTest("summaries and collected images agree with the file that was built", async (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 150; round++) {
    const firmware = randomFirmware(random);
    const { bytes, address } = firmware;
    const options = { ...(address === undefined ? {} : { address }), sha256: true };
    const stream = () =>
      streamed(randomChunks(bytes, { random, limit: random.pick([1, 50, 5000]) }));
    const summary = await summarizeInput(stream(), options);
    await withFile(bytes, async (path) => {
      assertEquals(await summarizeFile(path, options), summary);
    });
    const collected = await collectInput(stream(), options);
    await checkSummary(summary, firmware);
    assertEquals(collected.warnings, summary.warnings);
    assertEquals(collected.suffix, summary.suffix);
    assertEquals(collected.images.map(({ image }) => image), firmware.targets.map(imageOf));
    assertEquals(
      collected.images.map(({ image }) => outlineImage(image)),
      summary.images.map(({ outline }) => outline),
    );
  }
});

async function checkSummary(summary: FirmwareSummary, firmware: RandomFirmware): Promise<void> {
  const { bytes, format, targets } = firmware;
  assertEquals(summary.format, format);
  assertEquals(summary.fileSize, bytes.length);
  assertEquals(summary.sha256, await sha256(bytes));
  assertEquals(summary.images.length, targets.length);
  for (const [index, target] of targets.entries()) {
    const found = summary.images[index]!;
    const image = imageOf(target);
    assertEquals(found.alternate, target.alternate);
    assertEquals(found.name, target.name);
    assertEquals(found.outline, outlineImage(image));
    assertEquals(found.sha256, await sha256(concat(...image.segments.map(({ data }) => data))));
    for (const [number, { address, data }] of target.elements.entries()) {
      const { offset, ...element } = found.elements[number]!;
      assertEquals(element, { address, size: data.length });
      assertEquals(bytes.slice(offset, offset + data.length), data);
    }
  }
}

/** The image of elements that agree where they overlap, byte by byte. */
function imageOf(target: { readonly elements: readonly ElementParts[] }): Image {
  const bytes = new Map<number, number>();
  for (const { address, data } of target.elements) {
    data.forEach((byte, at) => bytes.set(address + at, byte));
  }
  return buildImage([...bytes].map(([address, byte]) => ({ address, data: Uint8Array.of(byte) })));
}

function summarize(file: Uint8Array, options: SummarizeOptions = {}): Promise<FirmwareSummary> {
  return summarizeInput(streamed([file]), options);
}

function streamed(chunks: Iterable<Uint8Array>): StreamedFile {
  return new StreamedFile(lend(chunks), { name: "test.bin" });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes.slice());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function withFile(bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".dat" });
  try {
    await Deno.writeFile(path, bytes);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}
