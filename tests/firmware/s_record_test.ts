import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import { allChunkings, ascii, countingBytes } from "../helpers/firmware_files.ts";
import { sRecord } from "../helpers/firmware_formats.ts";

Deno.test("readSRecord() joins records that follow each other, and yields the entry point", async () => {
  const file = text(
    sRecord(0, 0, ascii("header")),
    sRecord(3, 0x0800FFFE, [1, 2]),
    sRecord(3, 0x08010000, [3]),
    sRecord(3, 0x90000000, countingBytes(250)),
    sRecord(6, 3),
    sRecord(5, 3),
    sRecord(7, 0x08000109),
  );
  assertEquals(await readEvents(file), [
    { kind: "image", encoded: true },
    { kind: "element", address: 0x0800FFFE, offset: 23 },
    { kind: "data", bytes: Uint8Array.of(1, 2, 3) },
    { kind: "element", address: 0x90000000, offset: 59 },
    { kind: "data", bytes: countingBytes(250) },
    { kind: "end", format: "srec", fileSize: file.length, entry: 0x08000109 },
  ]);
});

Deno.test("readSRecord() reads addresses of 16 and 24 bits, and any end record", async () => {
  for (const [type, address] of [[1, 0xFFFF], [2, 0xFFFFFF], [3, 0xFFFFFFFF]] as const) {
    for (const end of [7, 8, 9]) {
      const events = await readEvents(text(sRecord(type, address, [9]), sRecord(end, 0x10)));
      assertEquals(events[1], { kind: "element", address, offset: 0 });
      assertEquals(events[2], { kind: "data", bytes: Uint8Array.of(9) });
      const last = events.at(-1)!;
      assertEquals(last.kind === "end" && last.entry, 0x10);
    }
  }
});

Deno.test("readSRecord() knows no entry point where the end record has 0", async () => {
  for (const end of [sRecord(7, 0), sRecord(8, 0), sRecord(9, 0)]) {
    const events = await readEvents(text(sRecord(1, 0, [1]), end));
    assertEquals(events.at(-1), { kind: "end", format: "srec", fileSize: 14 + end.length });
  }
});

Deno.test("readSRecord() yields the same in every chunking", async () => {
  const file = text(sRecord(1, 0, countingBytes(9)), "", sRecord(1, 99, [1]), sRecord(9, 4));
  const expected = await readEvents(file);
  for (const chunks of allChunkings(file)) assertEquals(await readEvents(chunks), expected);
});

Deno.test("readSRecord() says in which line and column it is wrong, in every chunking", async () => {
  const good = sRecord(1, 0, [1, 2]);
  const end = sRecord(9, 0);
  const cases: [Uint8Array, number, number, string][] = [
    [text(good, "S4030000FC", end), 2, 2, "no known type behind the S, expected 0..3 or 5..9"],
    [text(good, "SX030000FC", end), 2, 2, "no known type behind the S, expected 0..3 or 5..9"],
    [text(good, "S3040000FC", end), 2, 3, "count 4, expected at least 5"],
    [text(good, "S105000001Z2F7", end), 2, 11, '"Z", expected a hexadecimal digit'],
    [text(good, "S1050000010208", end), 2, 13, "checksum 08, expected F7"],
    [text(good, ":", end), 2, 1, '":", expected "S"'],
    [
      text(good, sRecord(5, 2), end),
      2,
      5,
      "the file counts 2 data records, expected 1 as there are",
    ],
    [text(good, sRecord(2, 2, [1]), end), 2, 2, "a record S2 among S1, expected one type of data"],
    [text(good, sRecord(0, 0), end), 2, 2, "a header behind other records, expected it in front"],
    [text(good, "S504000001FA", end), 2, 3, "a count record with data, expected none"],
    [text(good, "S904000001FA"), 2, 3, "an end record with data, expected none"],
    [text(good, end, end), 3, 1, '"S" behind the end record, expected the end of the file'],
    [text(good), 2, 1, "the file ends here, expected its end record (S7, S8 or S9)"],
    [text(sRecord(0, 0), end), 3, 1, "its records have no data, expected firmware"],
    [
      text(sRecord(3, 0xFFFFFFFF, [1, 2]), end),
      1,
      5,
      "2 bytes at 0xFFFFFFFF, expected an end of at most 2^32",
    ],
  ];
  for (const [file, line, column, expected] of cases) {
    for (const chunks of [[file], ...allChunkings(file)]) {
      const error = await assertRejects(() => readEvents(chunks), FirmwareError);
      assertEquals(
        error.message,
        `Cannot read test.bin: line ${line}, column ${column}: ${expected}`,
      );
      assertEquals([error.facts.line, error.facts.column], [line, column]);
    }
  }
});

function text(...lines: string[]): Uint8Array {
  return ascii(lines.join("\n") + "\n");
}
