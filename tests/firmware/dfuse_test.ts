import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../src/errors.ts";
import type { FirmwareEvent } from "../../src/firmware/firmware.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import {
  allChunkings,
  bitwiseCrc,
  buildDfuse,
  concat,
  countingBytes,
  type DfuseParts,
  type TargetParts,
} from "../helpers/firmware_files.ts";

const SMALL: DfuseParts = {
  targets: [{
    alternate: 0,
    name: "ST...",
    elements: [
      { address: 0x08000000, data: countingBytes(13) },
      { address: 0x08000100, data: countingBytes(6, 100) },
    ],
  }],
};

const TWO_TARGETS: DfuseParts = {
  targets: [
    { alternate: 0, elements: [{ address: 0x08000000, data: countingBytes(3) }] },
    { alternate: 1, name: "QSPI", elements: [{ address: 0x90000000, data: countingBytes(5) }] },
  ],
  suffix: { metadata: countingBytes(9) },
};

Deno.test("readDfuse() yields the file in its order", async () => {
  const file = buildDfuse(SMALL);
  const storedCrc = bitwiseCrc(file.subarray(0, -4));
  assertEquals(await readEvents(file), [
    { kind: "image", alternate: 0, name: "ST..." },
    { kind: "element", address: 0x08000000, offset: 293 },
    { kind: "data", bytes: countingBytes(13) },
    { kind: "element", address: 0x08000100, offset: 314 },
    { kind: "data", bytes: countingBytes(6, 100) },
    {
      kind: "end",
      format: "dfuse",
      fileSize: 336,
      suffix: {
        deviceVersion: 0xFFFF,
        productId: 0xDF11,
        vendorId: 0x0483,
        dfuVersion: 0x011A,
        length: 16,
        storedCrc,
        computedCrc: storedCrc,
      },
    },
  ]);
});

Deno.test("readDfuse() yields the same in every chunking", async () => {
  for (const parts of [SMALL, TWO_TARGETS]) {
    const file = buildDfuse(parts);
    const expected = await readEvents(file);
    for (const chunks of allChunkings(file)) assertEquals(await readEvents(chunks), expected);
  }
});

Deno.test("readDfuse() accepts DFUImageSize with and without the suffix", async () => {
  for (const parts of [SMALL, TWO_TARGETS]) {
    const without = buildDfuse(parts);
    const withSuffix = buildDfuse({ ...parts, imageSize: "with suffix" });
    assertEquals(withoutEnd(await readEvents(withSuffix)), withoutEnd(await readEvents(without)));
  }
});

Deno.test("readDfuse() reads a suffix of any length", async () => {
  for (const size of [1, 100, 239]) {
    const suffix = { metadata: countingBytes(size), vendorId: 0xFFFF, productId: 0 };
    const events = await readEvents(buildDfuse({ ...SMALL, suffix }));
    const end = events.at(-1)!;
    assertEquals(end.kind === "end" && end.suffix?.length, 16 + size);
    assertEquals(end.kind === "end" && end.suffix?.productId, 0);
  }
});

Deno.test("readDfuse() yields an image per target, also for one alternate", async () => {
  const target: TargetParts = {
    alternate: 2,
    elements: [{ address: 0, data: countingBytes(1) }],
  };
  const events = await readEvents(buildDfuse({ targets: [target, target] }));
  assertEquals(events.filter((event) => event.kind === "image"), [
    { kind: "image", alternate: 2 },
    { kind: "image", alternate: 2 },
  ]);
});

Deno.test("readDfuse() accepts elements up to the last address", async () => {
  const elements = [{ address: 0xFFFFFFFE, data: countingBytes(2) }];
  const events = await readEvents(buildDfuse({ targets: [{ elements }] }));
  assertEquals(events[1], { kind: "element", address: 0xFFFFFFFE, offset: 293 });
});

Deno.test("readDfuse() reads names that are not quite right", async () => {
  const names: [string | Uint8Array, number, string | undefined][] = [
    ["ST...\0garbage", 1, "ST..."],
    ["ignored", 0, undefined],
    ["", 1, undefined],
    ["any number", 0x01000000, "any number"],
    ["x".repeat(255), 1, "x".repeat(255)],
    [new TextEncoder().encode("flash é"), 1, "flash é"],
    [Uint8Array.of(0x46, 0xE9), 1, "Fé"],
    ["\x1B[2Jnot\nwanted", 1, "\uFFFD[2Jnot\uFFFDwanted"],
  ];
  for (const [name, named, expected] of names) {
    const elements = [{ address: 0, data: countingBytes(1) }];
    const [image] = await readEvents(buildDfuse({ targets: [{ name, named, elements }] }));
    assertEquals(image?.kind === "image" && image.name, expected);
  }
});

Deno.test("readDfuse() warns of a target without elements and of elements without bytes", async () => {
  const empty = { address: 0x08000000, data: new Uint8Array(0) };
  const full = { address: 0x08000000, data: countingBytes(4) };
  const file = buildDfuse({ targets: [{ elements: [] }, { elements: [full, empty, empty] }] });
  assertEquals(warningsOf(await readEvents(file)), [
    "11: Target 0 has no elements",
    "285: Target 1 has 2 elements without bytes, the first of them element 1",
  ]);
});

Deno.test("readDfuse() warns of a bcdDFU that is not DfuSe's", async () => {
  const file = buildDfuse({ ...SMALL, suffix: { dfuVersion: 0x0100 } });
  assertEquals(warningsOf(await readEvents(file)), [
    "326: The suffix has bcdDFU 0x0100, expected 0x011a for a DfuSe file",
  ]);
});

Deno.test("readDfuse() makes a wrong CRC a warning where it is ignored", async () => {
  const file = concat(buildDfuse(SMALL).subarray(0, -4), [0x78, 0x56, 0x34, 0x12]);
  const events = await readEvents(file, { ignoreCrc: true });
  const computed = bitwiseCrc(file.subarray(0, -4));
  const hex = computed.toString(16).toUpperCase().padStart(8, "0");
  assertEquals(warningsOf(events), [
    `332: The CRC was ignored: its CRC is 0x${hex}, expected 0x12345678 as its suffix says`,
  ]);
  const end = events.at(-1)!;
  assertEquals(end.kind === "end" && end.suffix?.storedCrc, 0x12345678);
  assertEquals(end.kind === "end" && end.suffix?.computedCrc, computed);
});

Deno.test("readDfuse() refuses an address, since the file has its own", async () => {
  const error = await assertRejects(
    () => readEvents(buildDfuse(SMALL), { address: 0x08004000 }),
    UsageError,
  );
  assertEquals(
    error.message,
    "Cannot put test.bin at 0x08004000: it is a DfuSe file, expected one without addresses " +
      "of its own",
  );
});

Deno.test("readDfuse() is chosen by content, whatever the file's name", async () => {
  const events = await readEvents(buildDfuse(SMALL), { name: "firmware.hex" });
  const end = events.at(-1)!;
  assertEquals(end.kind === "end" && end.format, "dfuse");
});

function withoutEnd(events: readonly FirmwareEvent[]): readonly FirmwareEvent[] {
  return events.slice(0, -1);
}

function warningsOf(events: readonly FirmwareEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "warning" ? [`${event.offset}: ${event.message}`] : []
  );
}
