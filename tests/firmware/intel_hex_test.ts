import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import type { FirmwareEvent } from "../../src/firmware/firmware.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import { allChunkings, ascii, concat, countingBytes } from "../helpers/firmware_files.ts";
import { hexRecord } from "../helpers/firmware_formats.ts";

const END = ":00000001FF";

Deno.test("readIntelHex() joins records that follow each other, and yields the entry point", async () => {
  const file = text(
    ":020000040800F2",
    hexRecord(0, 0x0000, countingBytes(16)),
    hexRecord(0, 0x0010, countingBytes(4, 16)),
    hexRecord(0, 0x0100, [7]),
    hexRecord(0, 0xFFFF, [8]),
    ":020000040801F1",
    hexRecord(0, 0x0000, [9]),
    hexRecord(5, 0, [0x08, 0x00, 0x01, 0x09]),
    END,
  );
  assertEquals(await readEvents(file), [
    { kind: "image", encoded: true },
    { kind: "element", address: 0x08000000, offset: 17 },
    { kind: "data", bytes: countingBytes(20) },
    { kind: "element", address: 0x08000100, offset: 83 },
    { kind: "data", bytes: Uint8Array.of(7) },
    { kind: "element", address: 0x0800FFFF, offset: 98 },
    { kind: "data", bytes: Uint8Array.of(8, 9) },
    { kind: "end", format: "hex", fileSize: file.length, entry: 0x08000109 },
  ]);
});

Deno.test("readIntelHex() counts from segment bases, the last base of any kind", async () => {
  const file = text(
    hexRecord(0, 0x20, [1]),
    hexRecord(2, 0, [0x12, 0x34]),
    hexRecord(0, 0x20, [2]),
    hexRecord(4, 0, [0x90, 0x00]),
    hexRecord(0, 0x20, [3]),
    hexRecord(2, 0, [0, 0]),
    hexRecord(0, 0x21, [4]),
    hexRecord(3, 0, [0x12, 0x34, 0x00, 0x56]),
    END,
  );
  const events = await readEvents(file);
  assertEquals(addressesOf(events), [0x20, 0x12360, 0x90000020, 0x21]);
  const end = events.at(-1)!;
  assertEquals(end.kind === "end" && end.entry, 0x12396);
});

Deno.test("readIntelHex() yields the same in every chunking", async () => {
  const file = text(
    hexRecord(0, 0x10, countingBytes(9)),
    " " + hexRecord(0, 0x19, countingBytes(3)) + "\t",
    "",
    hexRecord(0, 0x50, countingBytes(2)),
    END,
  );
  const expected = await readEvents(file);
  for (const chunks of allChunkings(file)) assertEquals(await readEvents(chunks), expected);
});

Deno.test("readIntelHex() reads any line ends, blanks, lower case and a byte order mark", async () => {
  const lines = [hexRecord(0, 0x10, [0xAB, 0xCD]), hexRecord(0, 0x12, [0xEF]), END];
  const files = [
    ascii(lines.join("\n")),
    ascii(lines.join("\r\n") + "\r\n\r\n"),
    ascii("\n\n  " + lines.join("  \r\n\n\t") + " "),
    ascii(lines.join("\n").toLowerCase()),
    concat([0xEF, 0xBB, 0xBF], ascii(lines.join("\r\n"))),
  ];
  for (const file of files) {
    const data = (await readEvents(file)).find((event) => event.kind === "data");
    assertEquals(data, { kind: "data", bytes: Uint8Array.of(0xAB, 0xCD, 0xEF) });
  }
});

Deno.test("readIntelHex() reads records of every length, over the end of 64 KiB as well", async () => {
  for (const length of [1, 2, 31, 32, 33, 254, 255]) {
    const data = countingBytes(length);
    const file = text(hexRecord(4, 0, [8, 0]), hexRecord(0, 0xFFFF, data), END);
    const events = await readEvents(file);
    assertEquals(events[1], { kind: "element", address: 0x0800FFFF, offset: 17 });
    assertEquals(events[2], { kind: "data", bytes: data });
  }
  const last = text(hexRecord(4, 0, [0xFF, 0xFF]), hexRecord(0, 0xFFFF, [1]), END);
  assertEquals(addressesOf(await readEvents(last)), [0xFFFFFFFF]);
});

Deno.test("readIntelHex() says in which line and column it is wrong, in every chunking", async () => {
  const good = hexRecord(0, 0, [1, 2, 3, 4]);
  const cases: [Uint8Array, number, number, string][] = [
    [text(good, ":04000000010203G4F2", END), 2, 16, '"G", expected a hexadecimal digit'],
    [text(good, ":0400000001020304F3", END), 2, 18, "checksum F3, expected F2"],
    [text(good, "", ":0400", END), 3, 6, "the end of the line, expected a hexadecimal digit"],
    [text(good, good + "00", END), 2, 20, '"0" behind a record, expected the end of the line'],
    [text(good, good + " :", END), 2, 21, '":" behind a record, expected the end of the line'],
    [text(good, ";x", END), 2, 1, '";", expected ":"'],
    [text(good, hexRecord(6, 0), END), 2, 8, "record type 06, expected 00 to 05"],
    [text(good, hexRecord(4, 0, [1]), END), 2, 2, "record of type 04 with 1 bytes, expected 2"],
    [text(good, hexRecord(1, 0, [1]), END), 2, 2, "record of type 01 with 1 bytes, expected 0"],
    [text(good, hexRecord(5, 0, []), END), 2, 2, "record of type 05 with 0 bytes, expected 4"],
    [
      text(good, END, good),
      3,
      1,
      '":" behind the end record, expected the end of the file',
    ],
    [
      text(good, hexRecord(0, 0)),
      3,
      1,
      "the file ends here, expected its end record (:00000001FF)",
    ],
    [
      text(good).subarray(0, 20),
      1,
      21,
      "the file ends here, expected its end record (:00000001FF)",
    ],
    [
      text(good, good).subarray(0, 30),
      2,
      1,
      "the file ends in this record, expected the rest of it",
    ],
    [text(hexRecord(0, 0), END), 3, 1, "its records have no data, expected firmware"],
    [
      text(hexRecord(0, 0xFFFF, [1, 2]), END),
      1,
      4,
      "2 bytes at 0x0000FFFF, expected an end of at most 64 KiB from the base",
    ],
    [
      text(hexRecord(4, 0, [8, 0]), hexRecord(2, 0, [1, 0]), hexRecord(0, 0xFFFF, [1, 2]), END),
      3,
      4,
      "2 bytes at 0x00010FFF, expected an end of at most 64 KiB from the base",
    ],
    [
      text(hexRecord(4, 0, [0xFF, 0xFF]), hexRecord(0, 0xFFFE, [1, 2, 3]), END),
      2,
      4,
      "3 bytes at 0xFFFFFFFE, expected an end of at most 2^32",
    ],
  ];
  for (const [file, line, column, expected] of cases) {
    const lines = new TextDecoder().decode(file).split("\n");
    const before = lines.slice(0, line - 1).reduce((size, line) => size + line.length + 1, 0);
    for (const chunks of [[file], ...allChunkings(file)]) {
      const error = await assertRejects(() => readEvents(chunks), FirmwareError);
      assertEquals(
        error.message,
        `Cannot read test.bin: line ${line}, column ${column}: ${expected}`,
      );
      assertEquals(error.facts, { offset: before + column - 1, line, column });
    }
  }
});

Deno.test("readIntelHex() bounds the number of elements", async () => {
  const records = Array.from({ length: 65_537 }, (_, index) => hexRecord(0, index % 2 * 16, [1]));
  const error = await assertRejects(() => readEvents(text(...records, END)), FirmwareError);
  assertEquals(
    error.message,
    "Cannot read test.bin: its records jump to another address more than 65536 times, expected fewer",
  );
});

function text(...lines: string[]): Uint8Array {
  return ascii(lines.join("\r\n") + "\r\n");
}

function addressesOf(events: readonly FirmwareEvent[]): (number | undefined)[] {
  return events.flatMap((event) => event.kind === "element" ? [event.address] : []);
}
