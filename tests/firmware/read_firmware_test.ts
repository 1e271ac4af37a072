import { assert, assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import { ascii, concat, countingBytes } from "../helpers/firmware_files.ts";

Deno.test("readFirmware() refuses an empty file", async () => {
  for (const chunks of [[], [new Uint8Array(0), new Uint8Array(0)]]) {
    const error = await assertRejects(() => readEvents(chunks), FirmwareError);
    assertEquals(error.message, "Cannot read test.bin: it is empty, expected firmware");
    assertEquals(error.facts, { offset: 0 });
  }
});

Deno.test("readFirmware() names formats that it cannot read, by content", async () => {
  const cases: [Uint8Array, string, string][] = [
    [ascii(":020000040800F2\r\n:10000000"), "Intel HEX", "objcopy"],
    [ascii("\r\n:020000040800F2\n"), "Intel HEX", "objcopy"],
    [ascii("S00F000068656C6C6F20202020200000\n"), "a Motorola S-record file", "objcopy"],
    [concat(ascii("\x7FELF"), [1, 1, 1]), "an ELF file", "objcopy"],
    [concat(ascii("UF2\n"), [0x57, 0x51, 0x5D, 0x9E, 0]), "a UF2 file", "objcopy"],
    [Uint8Array.of(0x1F, 0x8B, 8, 0), "a gzip archive", "Unpack"],
    [concat(ascii("PK"), [3, 4, 20]), "a ZIP archive", "Unpack"],
    [ascii("\n <!doctype  html><html>"), "a web page", "download the file itself"],
    [ascii("<html lang=en>"), "a web page", "download the file itself"],
  ];
  for (const [file, title, hint] of cases) {
    for (const chunks of [[file], [...file].map((byte) => Uint8Array.of(byte))]) {
      const error = await assertRejects(() => readEvents(chunks), FirmwareError);
      assertEquals(
        error.message,
        `Cannot read test.bin: it is ${title}, expected a DfuSe, DFU or raw binary file`,
      );
      assertEquals(error.facts, { offset: 0 });
      assert(error.hint?.includes(hint), error.hint);
    }
  }
});

Deno.test("readFirmware() takes anything else as firmware for one place", async () => {
  const files = [
    ascii(":not hex"),
    ascii("S1 is no record"),
    ascii("Dfu" + "X"),
    ascii("DfuSX"),
    ascii("UF2\nwithout the second magic"),
    Uint8Array.of(0x1F, 0x8B, 7),
    countingBytes(1),
  ];
  for (const file of files) {
    const end = (await readEvents(file)).at(-1)!;
    assertEquals(end.kind === "end" && end.format, "binary");
  }
});
