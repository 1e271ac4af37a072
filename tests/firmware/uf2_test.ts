import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import { concat, countingBytes, inChunks } from "../helpers/firmware_files.ts";
import { buildUf2, uf2Block, type Uf2Parts } from "../helpers/firmware_formats.ts";

const F4 = 0x57755A57;
const L4 = 0x00FF6919;

Deno.test("readUf2() joins blocks that follow each other", async () => {
  const file = buildUf2([
    { address: 0x08000000, data: countingBytes(600) },
    { address: 0x08010000, data: countingBytes(3) },
  ], { family: F4 });
  assertEquals(await readEvents(file), [
    { kind: "image", encoded: true },
    { kind: "element", address: 0x08000000, offset: 0 },
    { kind: "data", bytes: countingBytes(600) },
    { kind: "element", address: 0x08010000, offset: 1536 },
    { kind: "data", bytes: countingBytes(3) },
    { kind: "end", format: "uf2", fileSize: 2048, family: F4 },
  ]);
});

Deno.test("readUf2() yields the same in every chunking", async () => {
  const file = buildUf2([{ address: 0x08000000, data: countingBytes(600) }]);
  const expected = await readEvents(file);
  for (let size = 1; size <= file.length; size += size < 520 ? 1 : 37) {
    assertEquals(await readEvents(inChunks(file, size)), expected);
  }
});

Deno.test("readUf2() reads blocks in any order, and more than it reads at once", async () => {
  const data = countingBytes(700 * 256);
  const blocks = inChunks(buildUf2([{ address: 0x08000000, data }]), 512);
  const events = await readEvents([...blocks.slice(600), ...blocks.slice(0, 600)]);
  assertEquals(events.filter((event) => event.kind !== "end"), [
    { kind: "image", encoded: true },
    { kind: "element", address: 0x08000000 + 600 * 256, offset: 0 },
    { kind: "data", bytes: data.slice(600 * 256) },
    { kind: "element", address: 0x08000000, offset: 100 * 512 },
    { kind: "data", bytes: data.slice(0, 600 * 256) },
  ]);
});

Deno.test("readUf2() leaves blocks out that are not for the main flash", async () => {
  const file = blocks(
    { flags: 1, address: 0x1FFF0000 },
    { address: 0x08000000 },
    { flags: 0x1000, address: 0 },
  );
  const events = await readEvents(file);
  assertEquals(events.slice(1, -1), [
    { kind: "element", address: 0x08000000, offset: 512 },
    { kind: "data", bytes: countingBytes(4) },
    { kind: "warning", message: "2 blocks not for the main flash left out" },
  ]);
});

Deno.test("readUf2() reads payloads of up to 476 bytes", async () => {
  const [, , data] = await readEvents(
    uf2Block({ address: 0, data: countingBytes(476), number: 0, count: 1 }),
  );
  assertEquals(data, { kind: "data", bytes: countingBytes(476) });
});

Deno.test("readUf2() says which block is wrong", async () => {
  const two = blocks({}, { address: 4 });
  const cases: [Uint8Array, number, string][] = [
    [two.subarray(0, 700), 700, "the file ends at offset 700 in a block, expected 324 more bytes"],
    [two.subarray(0, 512), 512, "the file ends after 1 of 2 blocks, expected all of them"],
    [changed(two, 512), 512, "0x0A3246AA in the block at offset 512, expected 0x0A324655"],
    [changed(two, 4), 4, "0x9E5D51A8 in the block at offset 0, expected 0x9E5D5157"],
    [changed(two, 1020), 1020, "0x0AB16FCF in the block at offset 512, expected 0x0AB16F30"],
    [blocks({ size: 477 }), 16, "a block claims 477 bytes, expected at most 476"],
    [
      blocks({ address: 0xFFFFFFFE }),
      12,
      "a block has 4 bytes at 0xFFFFFFFE, expected an end of at most 2^32",
    ],
    [blocks({}, { number: 0 }), 532, "block 0 is there twice, expected each one once"],
    [blocks({ number: 1 }), 20, "a block says that it is number 1 of 1, expected one of 1"],
    [blocks({}, { count: 3 }), 532, "a block says that it is number 1 of 3, expected one of 2"],
    [
      blocks({ count: 0x01000001 }),
      20,
      "a block says that it is number 0 of 16777217, expected one of 16777216",
    ],
    [blocks({ flags: 1 }), 0, "it has no blocks for the main flash, expected firmware"],
    [
      blocks({ family: F4, count: 1 }, { family: L4, number: 0, count: 1 }),
      540,
      "it is for STM32F4 (0x57755A57) and for STM32L4 (0x00FF6919), expected one family of parts",
    ],
    [
      blocks({ family: 0x12345678, count: 1 }, { number: 0, count: 1 }),
      540,
      "it is for 0x12345678 and for no family, expected one family of parts",
    ],
    [
      concat(
        ...Array.from(
          { length: 17 },
          (_, family) => blocks({ family, flags: 1, number: 0xFFFFFF, count: 0x1000000 }),
        ),
      ),
      8220,
      "it is for more than 16 families of parts, expected one",
    ],
  ];
  for (const [file, offset, expected] of cases) {
    const error = await assertRejects(() => readEvents(file), FirmwareError);
    assertEquals(error.message, `Cannot read test.bin: ${expected}`);
    assertEquals(error.facts, { offset });
  }
});

function blocks(...parts: Partial<Uf2Parts>[]): Uint8Array {
  const data = countingBytes(4);
  return concat(
    ...parts.map((part, number) =>
      uf2Block({ address: 0x08000000, data, number, count: parts.length, ...part })
    ),
  );
}

function changed(file: Uint8Array, index: number): Uint8Array {
  const copy = file.slice();
  copy[index]! ^= 0xFF;
  return copy;
}
