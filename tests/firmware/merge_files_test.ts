import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, PlanError } from "../../src/errors.ts";
import type { Firmware, FirmwareSummary } from "../../src/firmware/firmware.ts";
import { collectFiles, summarizeFiles } from "../../src/firmware/merge_files.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import { planInputOf } from "../../src/plan/plan_input.ts";
import { buildDfuse, countingBytes, type SuffixParts } from "../helpers/firmware_files.ts";
import { buildHex, buildUf2 } from "../helpers/firmware_formats.ts";

const BOOT = { address: 0x08000000, data: countingBytes(100) };
const APP = countingBytes(50, 7);

Deno.test("collectFiles() puts files together, and summarizeFiles() agrees", async () => {
  const { firmware, summary } = await merge([
    { content: APP, address: 0x08000064 },
    { content: buildHex([BOOT]) },
    { content: buildUf2([{ address: 0x08010000, data: countingBytes(8) }]) },
  ]);
  assertEquals(segmentsOf(firmware), [
    [{ address: 0x08000000, size: 150 }, { address: 0x08010000, size: 8 }],
  ]);
  assertEquals(firmware.images[0]!.image.segments[0]!.data.slice(100), APP);
  assertEquals(firmware.files?.map(({ format, fileSize }) => [format, fileSize]), [
    ["binary", 50],
    ["hex", summary.files![1]!.fileSize],
    ["uf2", 512],
  ]);
});

Deno.test("collectFiles() of one file is that file", async () => {
  const { firmware } = await merge([{ content: buildHex([BOOT]) }]);
  assertEquals(firmware.files, undefined);
  assertEquals(firmware.format, "hex");
});

Deno.test("collectFiles() puts files without alternates with those of the only one", async () => {
  const hex = { content: buildHex([{ address: 0x08008000, data: APP }]) };
  const dfuse = (...alternates: number[]) => ({
    content: buildDfuse({
      targets: alternates.map((alternate) => ({
        alternate,
        elements: [{ ...BOOT, address: 0x08000000 + alternate * 0x1000 }],
      })),
    }),
  });
  const one = await merge([dfuse(2), hex]);
  assertEquals(one.firmware.images.map(({ alternate }) => alternate), [2]);
  const two = await merge([dfuse(0, 1), hex]);
  assertEquals(two.firmware.images.map(({ alternate }) => alternate), [0, 1, undefined]);
});

Deno.test("collectFiles() merges what overlaps with the same bytes, and says so", async () => {
  const { firmware, summary, paths } = await merge([
    { content: buildHex([BOOT]) },
    { content: buildHex([{ address: 0x08000050, data: countingBytes(40, 0x50) }]) },
  ]);
  assertEquals(segmentsOf(firmware), [[{ address: 0x08000000, size: 120 }]]);
  const message = `The files overlap with the same bytes, 20 bytes in all; the first are ` +
    `${paths[0]} and ${paths[1]} at 0x08000050..0x08000064`;
  assertEquals(firmware.warnings, [{ message }]);
  assertEquals(summary.warnings, [{ message }]);
});

Deno.test("collectFiles() refuses files that overlap with different bytes, and names them", async () => {
  const files = [{ content: buildHex([BOOT]) }, { content: APP, address: 0x08000050 }];
  await withFiles(files, async (paths) => {
    const [boot, app] = paths.map(({ path }) => path);
    for (const read of [collectFiles, summarizeFiles]) {
      const error = await assertRejects(() => read(paths), PlanError);
      assertEquals(
        error.message,
        `Cannot put the files together: at 0x08000050 ${boot} (0x08000000..0x08000064) has 0x50 ` +
          `and ${app} (0x08000050..0x08000082) has 0x07, expected the same bytes where they overlap`,
      );
      assertEquals(error.facts.parts, [boot!, app!]);
      assertEquals(error.exitCode, 4);
    }
  });
});

Deno.test("collectFiles() joins the ids of suffixes, and refuses contradictions", async () => {
  const file = (address: number, suffix: SuffixParts) => ({
    content: buildDfuse({ targets: [{ elements: [{ ...BOOT, address }] }], suffix }),
  });
  const { firmware } = await merge([
    file(0x08000000, { vendorId: 0x0483, productId: 0xFFFF }),
    file(0x08001000, { vendorId: 0xFFFF, productId: 0xDF11, deviceVersion: 0x0200 }),
  ]);
  const { vendorId, productId, deviceVersion } = firmware.suffix!;
  assertEquals([vendorId, productId, deviceVersion], [0x0483, 0xDF11, 0x0200]);
  const contrary = [
    file(0x08000000, { vendorId: 0x0483 }),
    file(0x08001000, { vendorId: 0x28E9 }),
  ];
  const error = await assertRejects(() => merge(contrary), PlanError);
  assertEquals(error.message.endsWith("one is for 0483:df11, the other for 28e9:df11"), true);
});

Deno.test("collectFiles() refuses UF2 files for different families", async () => {
  const file = (address: number, family: number) => ({
    content: buildUf2([{ address, data: APP }], { family }),
  });
  const files = [file(0x08000000, 0x57755A57), file(0x08001000, 0x00FF6919)];
  await assertRejects(() => merge(files), PlanError, "one is for UF2 family");
  const { firmware } = await merge([files[0]!, file(0x08001000, 0x57755A57)]);
  assertEquals(firmware.family, 0x57755A57);
});

Deno.test("collectFiles() says which file a warning or an error is about", async () => {
  const warned = buildDfuse({
    targets: [{ elements: [] }, { elements: [BOOT] }],
  });
  const { firmware, paths } = await merge([{ content: warned }, {
    content: buildHex([{ address: 0x08001000, data: APP }]),
  }]);
  assertEquals(firmware.warnings.map(({ message }) => message), [
    `${paths[0]}: Target 0 has no elements`,
  ]);
  const damaged = [{ content: buildHex([BOOT]) }, { content: warned.slice(0, -1) }];
  await withFiles(damaged, async (files) => {
    const error = await assertRejects(() => collectFiles(files), FirmwareError);
    assertEquals(error.message.startsWith(`Cannot read ${files[1]!.path}: `), true);
  });
});

interface TestFile {
  readonly content: Uint8Array;
  readonly address?: number;
}

/** Reads files in both ways, and checks that they agree. */
async function merge(files: readonly TestFile[]): Promise<{
  readonly firmware: Firmware;
  readonly summary: FirmwareSummary;
  readonly paths: readonly string[];
}> {
  return await withFiles(files, async (paths) => {
    const firmware = await collectFiles(paths);
    const summary = await summarizeFiles(paths);
    const { images: collected, ...facts } = firmware;
    const { images: _, ...summarized } = summary;
    assertEquals(summarized, facts);
    assertEquals(
      planInputOf(summary).images.map(({ alternate, outline }) => ({ alternate, outline })),
      collected.map(({ alternate, image }) => ({ alternate, outline: outlineImage(image) })),
    );
    return { firmware, summary, paths: paths.map(({ path }) => path) };
  });
}

async function withFiles<T>(
  files: readonly TestFile[],
  use: (paths: { path: string; address?: number }[]) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const paths = [];
    for (const [index, { content, address }] of files.entries()) {
      const path = `${folder}/file${index}`;
      await Deno.writeFile(path, content);
      paths.push({ path, ...(address === undefined ? {} : { address }) });
    }
    return await use(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function segmentsOf({ images }: Firmware) {
  return images.map(({ image }) => image.segments.map(({ address, size }) => ({ address, size })));
}
