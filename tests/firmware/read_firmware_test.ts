import { assert, assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, UsageError } from "../../src/errors.ts";
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
    [concat(ascii("PK"), [3, 4, 20]), "a ZIP archive", "Unpack"],
    [ascii("\n <!doctype  html><html>"), "a web page", "download the file itself"],
    [ascii("<html lang=en>"), "a web page", "download the file itself"],
  ];
  for (const [file, title, hint] of cases) {
    for (const chunks of [[file], [...file].map((byte) => Uint8Array.of(byte))]) {
      const error = await assertRejects(() => readEvents(chunks), FirmwareError);
      assertEquals(error.message, `Cannot read test.bin: it is ${title}, expected firmware`);
      assertEquals(error.facts, { offset: 0 });
      assert(error.hint?.includes(hint), error.hint);
    }
  }
});

Deno.test("readFirmware() leaves a damaged beginning to the reader of its format", async () => {
  const hex = ascii(":020000040800F2\r\n:0400000001020304F2\r\n:00000001FF\r\n");
  const srec = ascii("S00600004844521B\nS107000001020304EE\nS9030000FC\n");
  for (const [file, count] of [[hex, 9], [srec, 8]] as const) {
    for (let index = 0; index < count; index++) {
      const damaged = file.slice();
      damaged[index] = 0x7E;
      await assertRejects(() => readEvents(damaged), FirmwareError, "line 1, column ");
    }
  }
});

Deno.test("readFirmware() refuses an address for formats that have their own", async () => {
  const hex = ascii(":0400000001020304F2\n:00000001FF\n");
  const error = await assertRejects(() => readEvents(hex, { address: 0x08000000 }), UsageError);
  assertEquals(
    error.message,
    "Cannot put test.bin at 0x08000000: it is an Intel HEX file, expected one without addresses " +
      "of its own",
  );
});

Deno.test("readFirmware() takes anything else as firmware for one place", async () => {
  const files = [
    ascii(":not hex"),
    ascii("DEADBEEF00DEADBEEF00"),
    new Uint8Array(100).fill(0x42),
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
