import { assert, assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { ByteSource } from "../../src/firmware/byte_source.ts";
import { readPlain } from "../../src/firmware/plain.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import {
  allChunkings,
  ascii,
  bitwiseCrc,
  buildDfu,
  concat,
  countingBytes,
  fixCrc,
  lend,
  type SuffixParts,
} from "../helpers/firmware_files.ts";

const PAYLOAD = countingBytes(37, 3);

Deno.test("readPlain() yields the payload and the suffix of a plain DFU file", async () => {
  const file = buildDfu(PAYLOAD, { deviceVersion: 0x0102, metadata: countingBytes(4) });
  const storedCrc = bitwiseCrc(file.subarray(0, -4));
  assertEquals(await readEvents(file, { address: 0x08004000 }), [
    { kind: "image" },
    { kind: "element", address: 0x08004000, offset: 0 },
    { kind: "data", bytes: PAYLOAD },
    {
      kind: "end",
      format: "dfu",
      fileSize: 57,
      suffix: {
        deviceVersion: 0x0102,
        productId: 0xDF11,
        vendorId: 0x0483,
        dfuVersion: 0x0100,
        length: 20,
        storedCrc,
        computedCrc: storedCrc,
      },
    },
  ]);
});

Deno.test("readPlain() yields a raw binary, with and without an address", async () => {
  const end = { kind: "end", format: "binary", fileSize: 37 } as const;
  const data = { kind: "data", bytes: PAYLOAD } as const;
  assertEquals(await readEvents(PAYLOAD), [
    { kind: "image" },
    { kind: "element", offset: 0 },
    data,
    end,
  ]);
  assertEquals(await readEvents(PAYLOAD, { address: 0 }), [
    { kind: "image" },
    { kind: "element", address: 0, offset: 0 },
    data,
    end,
  ]);
});

Deno.test("readPlain() yields the same in every chunking", async () => {
  const long = countingBytes(300);
  for (
    const file of [PAYLOAD, buildDfu(PAYLOAD), buildDfu(long, { metadata: long.slice(0, 99) })]
  ) {
    const expected = await readEvents(file);
    for (const chunks of allChunkings(file)) assertEquals(await readEvents(chunks), expected);
  }
});

Deno.test("readPlain() reads files of every size around that of a suffix", async () => {
  for (let size = 1; size < 600; size++) {
    const bytes = countingBytes(size);
    assertEquals(payloadOf(await readEvents(bytes)), bytes);
    const metadata = countingBytes(size % 240);
    assertEquals(payloadOf(await readEvents(buildDfu(bytes, { metadata }))), bytes);
  }
});

Deno.test("readPlain() says what is wrong with a suffix", async () => {
  const cases: [SuffixParts, number, string][] = [
    [{ length: 15 }, 48, "its suffix has the length 15, expected 16..53"],
    [{ length: 54 }, 48, "its suffix has the length 54, expected 16..53"],
    [{ length: 53 }, 0, "it is empty but for its suffix, expected firmware"],
    [{ signature: "UFd" }, 45, 'its suffix has the signature "UFd", expected "UFD"'],
    [
      { dfuVersion: 0x011A },
      0,
      'its suffix says DfuSe, but it begins otherwise, expected "DfuSe"',
    ],
  ];
  for (const [suffix, offset, expected] of cases) {
    const error = await readError(buildDfu(PAYLOAD, suffix));
    assertEquals(error.message, `Cannot read test.bin: ${expected}`);
    assertEquals(error.facts, { offset });
  }
});

Deno.test("readPlain() notices every flipped bit of a plain DFU file", async () => {
  const file = buildDfu(PAYLOAD);
  for (let bit = 0; bit < file.length * 8; bit++) {
    const flipped = file.slice();
    flipped[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
    const error = await readError(flipped);
    assertEquals(typeof error.facts.offset, "number", error.message);
  }
});

Deno.test("readPlain() reads a damaged plain DFU file with --ignore-crc, or says why not", async () => {
  const file = buildDfu(PAYLOAD);
  for (let index = 0; index < file.length; index++) {
    for (const value of [0, 0xFF, file[index]! ^ 1]) {
      const damaged = file.slice();
      damaged[index] = value;
      try {
        const events = await readEvents(damaged, { ignoreCrc: true });
        const end = events.at(-1)!;
        assertEquals(end.kind === "end" && end.format, "dfu");
        const changed = value !== file[index];
        assertEquals(events.some((event) => event.kind === "warning"), changed);
      } catch (error) {
        assert(error instanceof FirmwareError, String(error));
      }
    }
  }
});

Deno.test("readPlain() takes a tail that only resembles a suffix a little as firmware", async () => {
  const cases = [{ signature: "UXX" }, { signature: "UFX", length: 17 }, {
    signature: "UFX",
    dfuVersion: 0x0200,
  }];
  for (const suffix of cases) {
    const file = buildDfu(PAYLOAD, suffix);
    assertEquals(payloadOf(await readEvents(file)), file);
  }
});

Deno.test("readPlain() warns of a file named .dfu without a suffix", async () => {
  const events = await readEvents(PAYLOAD, { name: "App.DFU" });
  assertEquals(events.at(-2), {
    kind: "warning",
    message: "The file has no DFU suffix although it is named .dfu: taken as a raw binary, " +
      "but it may be truncated",
    offset: 37,
  });
});

Deno.test("readPlain() refuses bytes behind the last address", async () => {
  const big = countingBytes(1000);
  const last = 0x1_0000_0000 - 1000;
  for (const file of [big, buildDfu(big)]) {
    assertEquals(payloadOf(await readEvents(file, { address: last })), big);
    const error = await assertRejects(
      () => readEvents(file, { address: last + 1 }),
      FirmwareError,
    );
    assertEquals(
      error.message,
      "Cannot read test.bin: it is larger than the address space from 0xFFFFFC19, " +
        "expected an end of at most 2^32",
    );
    assertEquals(error.facts, { offset: 999 });
  }
});

Deno.test("readPlain() ends with an endless stream", async () => {
  async function* endless() {
    for (;;) {
      await Promise.resolve();
      yield PAYLOAD;
    }
  }
  const source = new ByteSource(endless());
  const error = await assertRejects(async () => {
    for await (const _ of readPlain(source, { address: 0xFFFFF000 }));
  }, FirmwareError);
  assertEquals(error.facts, { offset: 0x1000 });
});

Deno.test("readPlain() needs no more than the end of the file to tell its format", async () => {
  const file = concat(ascii("UFD"), PAYLOAD, ascii("UFD"), [16, 0, 0, 0]);
  assertEquals(payloadOf(await readEvents(file)), file);
  assertEquals(payloadOf(await readEvents(fixCrc(file))), fixCrc(file));
  const source = new ByteSource(lend([file]));
  for await (const _ of readPlain(source));
  assertEquals(source.offset, file.length);
});

function payloadOf(events: Awaited<ReturnType<typeof readEvents>>): Uint8Array {
  return concat(...events.flatMap((event) => event.kind === "data" ? [event.bytes] : []));
}

function readError(file: Uint8Array): Promise<FirmwareError> {
  return assertRejects(() => readEvents(file), FirmwareError);
}
