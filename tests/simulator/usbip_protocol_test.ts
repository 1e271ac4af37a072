import { assertEquals, assertThrows } from "@std/assert";
import { TransportError } from "../../src/errors.ts";
import {
  decodeBusId,
  decodeCommand,
  decodeOperation,
  encodeDeviceList,
  encodeImport,
  encodeSubmitReturn,
  encodeUnlinkReturn,
  IMPORT_STATUS,
  TRANSFER_STATUS,
} from "../../src/simulator/usbip_protocol.ts";

const DEVICE = {
  busId: "1-2",
  busNumber: 1,
  deviceNumber: 3,
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  interfaces: [[0xFE, 1, 2]],
} as const;

/** A device record of 312 bytes, written out. */
const RECORD = "2f7379732f646576696365732f73696d756c617465642f757362312f312d32".padEnd(512, "0") +
  "312d32".padEnd(64, "0") + "00000001" + "00000003" + "00000002" +
  "0483" + "df11" + "2200" + "00" + "00" + "00" + "01" + "01" + "01";

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("decodeOperation() knows the two requests, and nothing else", () => {
  assertEquals(decodeOperation(fromHex("0111 8005 00000000")), "list");
  assertEquals(decodeOperation(fromHex("0111 8003 00000000")), "import");
  for (const text of ["0110 8005 00000000", "0111 0005 00000000", "0111 8002 00000000"]) {
    assertThrows(
      () => decodeOperation(fromHex(text)),
      TransportError,
      "Cannot read USB/IP operation",
    );
  }
});

Deno.test("decodeBusId() ends at the first zero, or after 32 letters", () => {
  assertEquals(decodeBusId(fromHex("312d31 00 312d32" + "00".repeat(25))), "1-1");
  assertEquals(decodeBusId(new Uint8Array(32).fill(0x31)), "1".repeat(32));
});

Deno.test("encodeDeviceList() gives a record for each device, and its interfaces", () => {
  assertEquals(toHex(encodeDeviceList([])), "01110005" + "00000000" + "00000000");
  assertEquals(
    toHex(encodeDeviceList([DEVICE, DEVICE])),
    "01110005" + "00000000" + "00000002" + (RECORD + "fe010200").repeat(2),
  );
  const program = { ...DEVICE, interfaces: [[0xFF, 0, 0], [0xFE, 1, 1]] } as const;
  assertEquals(
    toHex(encodeDeviceList([program, DEVICE])),
    "01110005" + "00000000" + "00000002" +
      RECORD.slice(0, -2) + "02" + "ff000000" + "fe010100" + RECORD + "fe010200",
  );
});

Deno.test("encodeImport() gives the record, or the status alone", () => {
  assertEquals(toHex(encodeImport(DEVICE)), "01110003" + "00000000" + RECORD);
  assertEquals(toHex(encodeImport(IMPORT_STATUS.busy)), "01110003" + "00000002");
  assertEquals(toHex(encodeImport(IMPORT_STATUS.noDevice)), "01110003" + "00000004");
});

Deno.test("decodeCommand() reads a transfer to the device", () => {
  const bytes = fromHex(
    "00000001 00000d05 00010002 00000000 00000000" +
      "00000000 00000005 00000000 ffffffff 00000000 21 01 0300 0000 0500",
  );
  assertEquals(decodeCommand(bytes), {
    kind: "submit",
    sequence: 0xD05,
    direction: "out",
    endpoint: 0,
    size: 5,
    setup: { requestType: 0x21, request: 1, value: 3, index: 0 },
    setupLength: 5,
  });
});

Deno.test("decodeCommand() reads a transfer to the host", () => {
  const bytes = fromHex(
    "00000001 80000001 00010002 00000001 00000002" +
      "00000200 00000800 00000000 00000000 00000000 a1 02 0201 0400 0008",
  );
  assertEquals(decodeCommand(bytes), {
    kind: "submit",
    sequence: 0x80000001,
    direction: "in",
    endpoint: 2,
    size: 2048,
    setup: { requestType: 0xA1, request: 2, value: 0x102, index: 4 },
    setupLength: 2048,
  });
});

Deno.test("decodeCommand() reads an unlink", () => {
  const bytes = fromHex(
    "00000002 00000d06 00010002 00000000 00000000 00000d05" + "00".repeat(24),
  );
  assertEquals(decodeCommand(bytes), { kind: "unlink", sequence: 0xD06, target: 0xD05 });
});

Deno.test("decodeCommand() refuses other commands and sizes that no control transfer has", () => {
  const bytes = new Uint8Array(48);
  assertThrows(() => decodeCommand(bytes), TransportError, "command: 0, expected");
  bytes[3] = 1;
  new DataView(bytes.buffer).setUint32(24, 65_535);
  assertEquals(decodeCommand(bytes).kind, "submit");
  new DataView(bytes.buffer).setUint32(24, 65_536);
  assertThrows(() => decodeCommand(bytes), TransportError, "65536 bytes, expected at most 65535");
});

Deno.test("encodeSubmitReturn() has the data behind the header, or only their count", () => {
  const data = Uint8Array.of(1, 2, 3);
  assertEquals(
    toHex(encodeSubmitReturn(0xD05, { status: TRANSFER_STATUS.done, size: 3, data })),
    "00000003" + "00000d05" + "00".repeat(12) + "00000000" + "00000003" + "00".repeat(20) +
      "010203",
  );
  assertEquals(
    toHex(encodeSubmitReturn(7, { status: TRANSFER_STATUS.stall, size: 0 })),
    "00000003" + "00000007" + "00".repeat(12) + "ffffffe0" + "00000000" + "00".repeat(20),
  );
});

Deno.test("encodeUnlinkReturn() tells whether there was anything to give up", () => {
  assertEquals(
    toHex(encodeUnlinkReturn(9, TRANSFER_STATUS.unlinked)),
    "00000004" + "00000009" + "00".repeat(12) + "ffffff98" + "00".repeat(24),
  );
  assertEquals(
    toHex(encodeUnlinkReturn(9, TRANSFER_STATUS.done)),
    "00000004" + "00000009" + "00".repeat(12) + "00000000" + "00".repeat(24),
  );
});
