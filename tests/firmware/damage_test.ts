import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { FirmwareError, PlanError } from "../../src/errors.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import type { Image } from "../../src/firmware/firmware.ts";
import { imageSize } from "../../src/firmware/image.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { summarizeInput } from "../../src/firmware/summarize.ts";
import { buildDfuse, countingBytes, lend } from "../helpers/firmware_files.ts";
import { buildElf, buildHex, buildSRecord, buildUf2 } from "../helpers/firmware_formats.ts";

const ELEMENTS = [
  { address: 0x08000000, data: countingBytes(20, 0x41) },
  { address: 0x08000040, data: countingBytes(5, 200) },
];

/** A small file of each format that finds all damage by itself. */
const CHECKED: Readonly<Record<string, Uint8Array>> = {
  DfuSe: buildDfuse({ targets: [{ elements: ELEMENTS }] }),
  "Intel HEX": buildHex(ELEMENTS),
  "S-record": buildSRecord(ELEMENTS),
  "S-record with CRLF": buildSRecord(ELEMENTS, "\r\n"),
  "gzip of Intel HEX": new Uint8Array(gzipSync(buildHex(ELEMENTS))),
  "gzip of DfuSe": new Uint8Array(gzipSync(buildDfuse({ targets: [{ elements: ELEMENTS }] }))),
};

/** Formats without checksums: what is between their fields cannot be known to be wrong. */
const UNCHECKED: Readonly<Record<string, Uint8Array>> = {
  ELF: buildElf({ segments: ELEMENTS }),
  "ELF with headers last": buildElf({ segments: ELEMENTS, headersLast: true }),
  UF2: buildUf2(ELEMENTS, { family: 0x57755A57 }),
};

for (const [title, file] of Object.entries({ ...CHECKED, ...UNCHECKED })) {
  Deno.test(`a ${title} file cut at any place is refused, or has the same image`, async () => {
    const whole = await imageOf(file);
    for (let size = 1; size < file.length; size++) {
      const image = await imageOrError(file.subarray(0, size));
      if (image !== undefined) assertEquals(image, whole, `cut after ${size} bytes`);
    }
  });
}

for (const [title, file] of Object.entries(CHECKED)) {
  Deno.test(`a ${title} file with any bit flipped is refused, or has the same image`, async () => {
    const whole = await imageOf(file);
    for (const { damaged, bit } of flips(file)) {
      const image = await imageOrError(damaged);
      if (image !== undefined) assertEquals(image, whole, `bit ${bit}`);
    }
  });
}

for (const [title, file] of Object.entries(UNCHECKED)) {
  Deno.test(`a ${title} file with any bit flipped is refused, or has an image within bounds`, async () => {
    for (const { damaged, bit } of flips(file)) {
      const image = await imageOrError(damaged);
      if (image !== undefined) assert(imageSize(image) <= file.length, `bit ${bit}`);
    }
  });
}

function* flips(
  file: Uint8Array,
): Generator<{ readonly damaged: Uint8Array; readonly bit: number }> {
  for (let bit = 0; bit < file.length * 8; bit++) {
    const damaged = file.slice();
    damaged[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
    yield { damaged, bit };
  }
}

/** The image, or nothing where the file is refused as it should be; a summary must agree. */
async function imageOrError(file: Uint8Array): Promise<Image | undefined> {
  try {
    const image = await imageOf(file);
    const { images } = await summarizeInput(streamed(file));
    assertEquals(images[0]!.outline.segments, extentsOf(image));
    return image;
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    assert(error instanceof FirmwareError, String(error));
    assert(typeof error.facts.offset === "number", error.message);
    assert(error.facts.offset >= 0, error.message);
    return undefined;
  }
}

async function imageOf(file: Uint8Array): Promise<Image> {
  const { images } = await collectInput(streamed(file));
  assertEquals(images.length, 1);
  return images[0]!.image;
}

function extentsOf({ segments }: Image) {
  return segments.map(({ address, size }) => ({ address, size }));
}

function streamed(file: Uint8Array): StreamedFile {
  return new StreamedFile(lend([file]), { name: "test.bin" });
}
