import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import type { FirmwareEvent } from "../../src/firmware/firmware.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import { concat, countingBytes, inChunks } from "../helpers/firmware_files.ts";
import { buildElf, type ElfParts, u32 } from "../helpers/firmware_formats.ts";

const TEXT = { address: 0x08000000, data: countingBytes(40) };
const DATA = { address: 0x08000030, data: countingBytes(9, 100), virtual: 0x20000000, zeros: 7 };
const PROGRAM: ElfParts = { segments: [TEXT, DATA], entry: 0x08000009 };

Deno.test("readElf() yields the segments by physical address, and the entry point", async () => {
  const file = buildElf(PROGRAM);
  assertEquals(await readEvents(file), [
    { kind: "image" },
    { kind: "element", address: 0x08000000, offset: 116 },
    { kind: "data", bytes: TEXT.data },
    { kind: "element", address: 0x08000030, offset: 156 },
    { kind: "data", bytes: DATA.data },
    { kind: "end", format: "elf", fileSize: file.length, entry: 0x08000009 },
  ]);
});

Deno.test("readElf() yields the same in every chunking", async () => {
  for (
    const parts of [PROGRAM, { ...PROGRAM, headersLast: true }, { ...PROGRAM, gap: 30 }, {
      segments: [{ ...TEXT, withHeaders: true }, DATA],
    }]
  ) {
    const file = buildElf(parts);
    const expected = await readEvents(file);
    for (let size = 1; size <= file.length; size++) {
      assertEquals(await readEvents(inChunks(file, size)), expected);
    }
  }
});

Deno.test("readElf() leaves out what is not loaded or has no bytes in the file", async () => {
  const file = buildElf({
    segments: [
      { address: 0, data: countingBytes(8), kind: 0x70000001 },
      TEXT,
      { address: 0x20000000, data: new Uint8Array(0), zeros: 100 },
    ],
  });
  assertEquals(elementsOf(await readEvents(file)), [[TEXT.address, TEXT.data]]);
});

Deno.test("readElf() reads program headers at the end of the file", async () => {
  const events = await readEvents(buildElf({ ...PROGRAM, headersLast: true }));
  assertEquals(elementsOf(events), [[TEXT.address, TEXT.data], [DATA.address, DATA.data]]);
});

Deno.test("readElf() takes the sections alone of a segment that begins with the headers", async () => {
  for (const gap of [0, 300]) {
    const segments = [{ ...TEXT, withHeaders: true }, DATA];
    const events = await readEvents(buildElf({ segments, gap }));
    assertEquals(elementsOf(events), [[TEXT.address, TEXT.data], [DATA.address, DATA.data]]);
    const stripped = buildElf({ segments, gap, stripped: true });
    const error = await assertRejects(() => readEvents(stripped), FirmwareError);
    assertEquals(
      error.message,
      "Cannot read test.bin: a segment holds the ELF headers, and no section tells what is firmware",
    );
  }
});

Deno.test("readElf() takes no sections that are not in memory", async () => {
  const file = buildElf({ segments: [{ ...TEXT, withHeaders: true }, DATA] });
  const flagsOfText = file.length - 4 * 40 + 40 + 8;
  const error = await assertRejects(
    () => readEvents(patch(file, flagsOfText, u32(4))),
    FirmwareError,
  );
  assertEquals(error.message.endsWith("no section tells what is firmware"), true, error.message);
});

Deno.test("readElf() reads a file without section headers", async () => {
  const events = await readEvents(buildElf({ ...PROGRAM, stripped: true }));
  assertEquals(elementsOf(events), [[TEXT.address, TEXT.data], [DATA.address, DATA.data]]);
});

Deno.test("readElf() takes virtual addresses where all physical ones are 0", async () => {
  const segments = [
    { address: 0, virtual: 0x08000000, data: countingBytes(4) },
    { address: 0, virtual: 0x08000010, data: countingBytes(5) },
  ];
  const elements = elementsOf(await readEvents(buildElf({ segments })));
  assertEquals(elements.map(([address]) => address), [0x08000000, 0x08000010]);
});

Deno.test("readElf() reads segments that share bytes of the file", async () => {
  const file = buildElf(PROGRAM);
  const again = concat(...[1, 116, 0x08001000, 0x08001000, 8, 8, 5, 1].map(u32));
  const shared = patch(file, 84, again);
  assertEquals(elementsOf(await readEvents(shared)), [
    [TEXT.address, TEXT.data],
    [0x08001000, TEXT.data.slice(0, 8)],
  ]);
});

Deno.test("readElf() warns of files that may not be meant for flash", async () => {
  const events = await readEvents(buildElf({ ...PROGRAM, machine: 0, type: 3 }));
  assertEquals(events.filter((event) => event.kind === "warning"), [
    { kind: "warning", message: "The ELF file does not say for what machine it is", offset: 18 },
    {
      kind: "warning",
      message: "The ELF file is position-independent: its addresses may not be those to flash",
      offset: 16,
    },
  ]);
  const riscV = await readEvents(buildElf({ ...PROGRAM, machine: 243 }));
  assertEquals(riscV.some((event) => event.kind === "warning"), false);
});

Deno.test("readElf() says why it refuses a file", async () => {
  const file = buildElf(PROGRAM);
  const cases: [Uint8Array, number, string][] = [
    [patch(file, 4, [2]), 4, "it is a 64-bit ELF file, expected a 32-bit one"],
    [patch(file, 5, [2]), 5, "it is a big-endian ELF file, expected a little-endian one"],
    [patch(file, 6, [0]), 6, "its ELF class, byte order and version are 1, 1 and 0, expected 1"],
    [
      buildElf({ ...PROGRAM, machine: 62 }),
      18,
      "it is a program for another machine (e_machine 62), expected ARM (40) or RISC-V (243)",
    ],
    [buildElf({ ...PROGRAM, type: 1 }), 16, "it is an object file, expected a linked program"],
    [buildElf({ ...PROGRAM, type: 4 }), 16, "its ELF type is 4, expected 2, a program"],
    [buildElf({ segments: [] }), 16, "it has no program headers, expected a linked program"],
    [
      patch(file, 44, [0xFF, 0xFF]),
      44,
      "it has too many program headers to count, expected at most 65534",
    ],
    [patch(file, 42, [31]), 42, "its program headers have 31 bytes, expected 32"],
    [patch(file, 46, [39]), 46, "its section headers have 39 bytes, expected 40"],
    [
      buildElf({ segments: [{ ...TEXT, kind: 2 }] }),
      16,
      "none of its segments has bytes to load, expected a linked program",
    ],
    [
      patch(file, 72, u32(39)),
      68,
      "a segment has 40 bytes in the file, expected at most 39 as in memory",
    ],
    [
      patch(file, 64, u32(0xFFFFFFF0)),
      64,
      "a segment has 40 bytes at 0xFFFFFFF0, expected an end of at most 2^32",
    ],
    [
      patch(file, 56, u32(10_000)),
      file.length,
      `the file ends at offset ${file.length} in what is before a segment, expected ${
        10_000 - file.length
      } more bytes`,
    ],
    [
      patch(file, 28, u32(file.length - 10)),
      file.length,
      `the file ends at offset ${file.length}, expected 2 program headers from offset ${
        file.length - 10
      } on`,
    ],
    [
      file.subarray(0, file.length - 1),
      file.length - 1,
      `the file ends at offset ${file.length - 1}, expected 4 section headers from offset ${
        file.length - 160
      } on`,
    ],
  ];
  for (const [bad, offset, expected] of cases) {
    const error = await assertRejects(() => readEvents(bad), FirmwareError);
    assertEquals(error.message, `Cannot read test.bin: ${expected}`);
    assertEquals(error.facts, { offset });
  }
});

Deno.test("readElf() holds no more than 64 MiB", async () => {
  const head = buildElf({ ...PROGRAM, headersLast: true });
  const chunk = new Uint8Array(2 ** 24);
  const error = await assertRejects(
    () => readEvents([head, chunk, chunk, chunk, chunk]),
    FirmwareError,
  );
  assertEquals(error.facts, { offset: 2 ** 26 });
});

function elementsOf(events: readonly FirmwareEvent[]): [number | undefined, Uint8Array][] {
  return events.flatMap((event, index) => {
    const next = events[index + 1];
    if (event.kind !== "element" || next?.kind !== "data") return [];
    return [[event.address, next.bytes.slice()]];
  });
}

function patch(file: Uint8Array, index: number, bytes: ArrayLike<number>): Uint8Array {
  const copy = file.slice();
  copy.set(bytes, index);
  return copy;
}
