import { assert, assertEquals, assertRejects } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { readEvents } from "../helpers/firmware_events.ts";
import {
  ascii,
  buildDfuse,
  concat,
  countingBytes,
  type DfuseParts,
  fixCrc,
} from "../helpers/firmware_files.ts";

const ELEMENTS = [
  { address: 0x08000000, data: countingBytes(13) },
  { address: 0x08000100, data: countingBytes(6, 100) },
];
const SMALL: DfuseParts = { targets: [{ name: "ST...", elements: ELEMENTS }] };
const TWO_TARGETS: DfuseParts = {
  targets: [{ elements: ELEMENTS.slice(0, 1) }, { alternate: 1, elements: ELEMENTS.slice(1) }],
};

Deno.test("readDfuse() says of a file cut at any place where it ends", async () => {
  for (const parts of [SMALL, TWO_TARGETS, { ...SMALL, imageSize: "with suffix" } as const]) {
    const file = buildDfuse(parts);
    for (let size = 0; size < file.length; size++) {
      const error = await readError(file.subarray(0, size));
      assertEquals(error.facts.offset, size, error.message);
      if (size === 0) continue;
      assert(error.message.includes(`the file ends at offset ${size} in `), error.message);
      assert(error.hint?.includes("truncated"));
    }
  }
});

Deno.test("readDfuse() notices every flipped bit", async () => {
  const file = buildDfuse(SMALL);
  for (let bit = 0; bit < file.length * 8; bit++) {
    const error = await readError(flip(file, bit));
    assertEquals(typeof error.facts.offset, "number", error.message);
  }
});

Deno.test("readDfuse() calls every flipped bit of the CRC a wrong CRC", async () => {
  const file = buildDfuse(SMALL);
  for (let bit = 0; bit < 32; bit++) {
    const error = await readError(flip(file, (file.length - 4) * 8 + bit));
    assertEquals(error.facts.offset, file.length - 4);
    assert(error.message.includes("its CRC is 0x"), error.message);
    assert(error.hint?.includes("--ignore-crc"));
  }
});

Deno.test("readDfuse() reads any damaged file with --ignore-crc, or says what is wrong", async () => {
  const file = buildDfuse(SMALL);
  let readable = 0;
  for (let index = 0; index < file.length; index++) {
    for (const value of [0, 0x7F, 0x80, 0xFF, file[index]! ^ 1]) {
      const damaged = file.slice();
      damaged[index] = value;
      try {
        const events = await readEvents(damaged, { ignoreCrc: true });
        assertEquals(events.at(-1)?.kind, "end");
        readable++;
      } catch (error) {
        assert(error instanceof FirmwareError, String(error));
        assertEquals(typeof error.facts.offset, "number");
      }
    }
  }
  assert(readable > file.length, `${readable} readable`);
});

Deno.test("readDfuse() says which of its fields is wrong", async () => {
  const suffixed = (suffix: DfuseParts["suffix"]) => buildDfuse({ ...SMALL, suffix: suffix! });
  const target = (claims: object) => buildDfuse({ targets: [{ elements: ELEMENTS, ...claims }] });
  const element = (claims: object) =>
    buildDfuse({ targets: [{ elements: [{ ...ELEMENTS[0]!, ...claims }] }] });
  const cases: [Uint8Array, number, string][] = [
    [buildDfuse({ ...SMALL, version: 2 }), 5, "its DfuSe version is 2, expected 1"],
    [buildDfuse({ targets: [] }), 10, "it has 0 targets, expected 1..255"],
    [
      buildDfuse({ ...SMALL, targetCount: 2 }),
      336,
      "the file ends at offset 336 in the prefix of target 1, expected 258 more bytes",
    ],
    [
      buildDfuse({ ...TWO_TARGETS, targetCount: 1 }),
      306,
      "more than 255 bytes follow its last element, expected the DFU suffix alone",
    ],
    [
      target({ signature: "target" }),
      11,
      'target 0 begins with "target", expected "Target"',
    ],
    [
      target({ size: 36 }),
      277,
      "target 0 claims 36 bytes, expected at most 35 by DFUImageSize",
    ],
    [
      target({ size: 34 }),
      310,
      "element 1 of target 0 claims 6 bytes, expected at most 5 by dwTargetSize",
    ],
    [
      target({ size: 28 }),
      306,
      "element 1 of target 0 begins 7 bytes before the end of its target, expected at least 8",
    ],
    [
      target({ count: 1 }),
      306,
      "the elements of target 0 end at offset 306, expected 320 by dwTargetSize",
    ],
    [
      target({ count: 5 }),
      281,
      "target 0 claims 5 elements in 35 bytes, expected at most 4",
    ],
    [
      element({ size: 14 }),
      289,
      "element 0 of target 0 claims 14 bytes, expected at most 13 by dwTargetSize",
    ],
    [
      element({ size: 12 }),
      305,
      "the elements of target 0 end at offset 305, expected 306 by dwTargetSize",
    ],
    [
      element({ address: 0xFFFFFFF4 }),
      285,
      "element 0 of target 0 has 13 bytes at 0xFFFFFFF4, expected an end of at most 2^32",
    ],
    [
      element({ data: new Uint8Array(0) }),
      293,
      "its elements are all empty, expected firmware",
    ],
    [
      buildDfuse({ ...SMALL, imageSize: 319 }),
      277,
      "target 0 claims 35 bytes, expected at most 34 by DFUImageSize",
    ],
    [
      buildDfuse({ ...SMALL, imageSize: 321 }),
      6,
      "its DFUImageSize is 321, expected 320 without the suffix or 336 with it",
    ],
    [
      buildDfuse({ ...SMALL, imageSize: 337 }),
      6,
      "its DFUImageSize is 337, expected 320 without the suffix or 336 with it",
    ],
    [
      buildDfuse({ ...SMALL, imageSize: 0 }),
      277,
      "target 0 claims 35 bytes, expected at most 0 by DFUImageSize",
    ],
    [
      buildDfuse({ ...SMALL, trailer: countingBytes(1) }),
      320,
      "1 byte between its last element and its suffix, expected none",
    ],
    [
      buildDfuse({ ...SMALL, trailer: countingBytes(239) }),
      320,
      "239 bytes between its last element and its suffix, expected none",
    ],
    [
      buildDfuse({ ...SMALL, trailer: countingBytes(240) }),
      320,
      "more than 255 bytes follow its last element, expected the DFU suffix alone",
    ],
    [
      suffixed({ signature: "DFU" }),
      328,
      'its last element is not followed by a DFU suffix, expected "UFD"',
    ],
    [suffixed({ signature: "UFE" }), 328, 'its suffix has the signature "UFE", expected "UFD"'],
    [suffixed({ length: 15 }), 331, "its suffix has the length 15, expected 16..16"],
    [suffixed({ length: 17 }), 331, "its suffix has the length 17, expected 16..16"],
    [
      suffixed({ length: 16, metadata: countingBytes(2) }),
      320,
      "2 bytes between its last element and its suffix, expected none",
    ],
    [
      concat(buildDfuse(SMALL), [0]),
      329,
      'its last element is not followed by a DFU suffix, expected "UFD"',
    ],
  ];
  for (const [file, offset, expected] of cases) {
    const error = await readError(file);
    assertEquals(error.message, `Cannot read test.bin: ${expected}`);
    assertEquals(error.facts, { offset });
    assert(error.hint !== undefined);
  }
});

Deno.test("readDfuse() refuses huge claims in a small file at once", async () => {
  const huge = 0xFFFFFFFF;
  const cases: [object, object, string][] = [
    [{ count: huge }, {}, "claims 4294967295 elements in 21 bytes, expected at most 2"],
    [
      { count: huge, size: huge },
      { imageSize: huge },
      "claims 4294967295 bytes, expected at most 4294967010",
    ],
    [
      { count: 0x10001, size: 0xF0000000 },
      { imageSize: huge },
      "claims 65537 elements, expected at most 65536 in a file",
    ],
    [{ count: 2, size: 0xF0000000 }, { imageSize: huge }, "the file ends at offset 322 in "],
    [{ size: 0xF0000000 }, {}, "claims 4026531840 bytes, expected at most 21"],
  ];
  for (const [target, file, expected] of cases) {
    const targets = [{ elements: ELEMENTS.slice(0, 1), ...target }];
    const error = await readError(buildDfuse({ targets, ...file }));
    assert(error.message.includes(expected), error.message);
  }
});

Deno.test("readDfuse() counts the elements of all targets", async () => {
  const elements = Array.from({ length: 300 }, () => ({ address: 0, data: new Uint8Array(0) }));
  const targets = Array.from({ length: 219 }, () => ({ elements }));
  const error = await readError(buildDfuse({ targets }));
  assert(error.message.includes("target 218 claims 300 elements, expected at most 65536"));
});

Deno.test("readDfuse() reads an element that claims more than the file has to its end", async () => {
  const elements = [{ address: 0, data: countingBytes(9), size: 0x10000000 }];
  const targets = [{ elements, size: 0x10000008 }];
  const error = await readError(buildDfuse({ targets, imageSize: 0x20000000 }));
  assertEquals(
    error.message,
    "Cannot read test.bin: the file ends at offset 318 in element 0 of target 0, " +
      "expected 268435431 more bytes",
  );
});

Deno.test("readDfuse() refuses a file whose prefix is damaged beyond recognition", async () => {
  const file = buildDfuse(SMALL);
  file.set(ascii("dFUsE"));
  const error = await readError(fixCrc(file));
  assertEquals(
    error.message,
    'Cannot read test.bin: its suffix says DfuSe, but it begins otherwise, expected "DfuSe"',
  );
});

function readError(file: Uint8Array): Promise<FirmwareError> {
  return assertRejects(() => readEvents(file), FirmwareError);
}

function flip(file: Uint8Array, bit: number): Uint8Array {
  const flipped = file.slice();
  flipped[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
  return flipped;
}
