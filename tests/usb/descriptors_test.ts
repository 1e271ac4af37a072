import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DeviceError } from "../../src/errors.ts";
import {
  configurationSize,
  dfuModeOf,
  parseConfigurationDescriptor,
  parseDeviceDescriptor,
  parseFunctionalDescriptor,
  parseStringDescriptor,
} from "../../src/usb/descriptors.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

/** Bytes from hex with blanks. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
}

const DEVICE = hex("12 01 00 01 00 00 00 40 83 04 11 df 00 22 01 02 03 01");

const INTERFACES = "09 04 00 00 00 fe 01 02 04  09 04 00 01 00 fe 01 02 05";
const FUNCTIONAL = "09 21 0b ff 00 00 08 1a 01";

/** A configuration of these descriptors, with its total length. */
function configuration(text: string): Uint8Array {
  const body = hex(text);
  const size = body.length + 9;
  return Uint8Array.of(9, 2, size % 256, size >> 8, 1, 1, 0, 0xC0, 0x32, ...body);
}

const DFUSE = {
  canDownload: true,
  canUpload: true,
  manifestationTolerant: false,
  willDetach: true,
  detachTimeoutMs: 255,
  transferSize: 2048,
  dfuVersion: 0x011A,
};

Deno.test("parseDeviceDescriptor() reads every field", () => {
  assertEquals(parseDeviceDescriptor(DEVICE), {
    usbVersion: 0x0100,
    maximumPacketSize: 64,
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    manufacturerIndex: 1,
    productIndex: 2,
    serialIndex: 3,
    configurationCount: 1,
  });
});

Deno.test("parseDeviceDescriptor() refuses every truncation and other types", () => {
  for (let size = 0; size < DEVICE.length; size++) {
    assertThrows(() => parseDeviceDescriptor(DEVICE.subarray(0, size)), DeviceError);
  }
  const error = assertThrows(() => parseDeviceDescriptor(configuration(INTERFACES)), DeviceError);
  assertStringIncludes(error.message, "Cannot read device descriptor: type 2, expected 1");
});

Deno.test("parseConfigurationDescriptor() reads alternates and the functional descriptor behind them", () => {
  const bytes = configuration(`${INTERFACES} ${FUNCTIONAL}`);
  assertEquals(configurationSize(bytes.subarray(0, 9)), bytes.length);
  const found = parseConfigurationDescriptor(bytes);
  assertEquals(found.configurationValue, 1);
  assertEquals(found.interfaces, [
    {
      interfaceNumber: 0,
      alternate: 0,
      classCode: 0xFE,
      subclassCode: 1,
      protocolCode: 2,
      nameIndex: 4,
    },
    {
      interfaceNumber: 0,
      alternate: 1,
      classCode: 0xFE,
      subclassCode: 1,
      protocolCode: 2,
      nameIndex: 5,
    },
  ]);
  assertEquals([...found.functional], [[0, DFUSE]]);
});

Deno.test("parseConfigurationDescriptor() takes the functional descriptor after any alternate, once", () => {
  const [first, second] = INTERFACES.split("  ");
  const other = "09 21 00 00 00 40 00 00 01";
  const found = parseConfigurationDescriptor(
    configuration(`${first} ${FUNCTIONAL} ${second} ${other}`),
  );
  assertEquals([...found.functional], [[0, DFUSE]]);
});

Deno.test("parseConfigurationDescriptor() lives without a functional descriptor, and skips others", () => {
  const association = "08 0b 00 02 02 02 01 00";
  const endpoint = "07 05 81 03 08 00 0a";
  const hid = "09 04 01 00 01 03 00 00 00  09 21 11 01 00 01 22 40 00";
  const bytes = configuration(`${association} ${INTERFACES} ${hid} ${endpoint}`);
  const found = parseConfigurationDescriptor(bytes);
  assertEquals(found.interfaces.length, 3);
  assertEquals(found.functional.size, 0);
  assertEquals(found.interfaces.map(dfuModeOf), ["dfu", "dfu", undefined]);
});

Deno.test("parseConfigurationDescriptor() ignores what follows its total length", () => {
  const bytes = Uint8Array.of(...configuration(INTERFACES), 0, 0, 0);
  assertEquals(parseConfigurationDescriptor(bytes).interfaces.length, 2);
});

Deno.test("parseConfigurationDescriptor() refuses every truncation and impossible lengths", () => {
  const bytes = configuration(`${INTERFACES} ${FUNCTIONAL}`);
  for (let size = 0; size < bytes.length; size++) {
    assertThrows(() => parseConfigurationDescriptor(bytes.subarray(0, size)), DeviceError);
  }
  for (
    const body of ["00 04", "01 04", "01 01", "09 04 00", "ff 21 00 00", "08 04 00 00 00 fe 01 02"]
  ) {
    assertThrows(() => parseConfigurationDescriptor(configuration(body)), DeviceError);
  }
});

Deno.test("parseFunctionalDescriptor() sets a swapped version straight and knows the short form", () => {
  const versionOf = (text: string) => parseFunctionalDescriptor(hex(text)).dfuVersion;
  assertEquals(versionOf("09 21 0b ff 00 00 08 1a 01"), 0x011A);
  assertEquals(versionOf("09 21 0b ff 00 00 08 01 1a"), 0x011A);
  assertEquals(versionOf("09 21 0b ff 00 00 08 10 01"), 0x0110);
  assertEquals(versionOf("09 21 0b ff 00 00 08 01 10"), 0x0110);
  assertEquals(versionOf("09 21 0b ff 00 00 08 00 01"), 0x0100);
  assertEquals(versionOf("07 21 0b ff 00 00 08"), 0x0100);
  assertThrows(() => versionOf("07 21 0b ff 00 00"), DeviceError);
});

Deno.test("parseFunctionalDescriptor() reads each attribute bit", () => {
  const attributesOf = (bits: string) => {
    const found = parseFunctionalDescriptor(hex(`09 21 ${bits} 64 00 00 10 1a 01`));
    assertEquals([found.detachTimeoutMs, found.transferSize], [100, 4096]);
    const { canDownload, canUpload, manifestationTolerant, willDetach } = found;
    return [canDownload, canUpload, manifestationTolerant, willDetach];
  };
  assertEquals(attributesOf("01"), [true, false, false, false]);
  assertEquals(attributesOf("02"), [false, true, false, false]);
  assertEquals(attributesOf("04"), [false, false, true, false]);
  assertEquals(attributesOf("f8"), [false, false, false, true]);
});

Deno.test("parseStringDescriptor() reads UTF-16 and tolerates what devices make of it", () => {
  const cases: [string, string][] = [
    ["06 03 41 00 42 00", "AB"],
    // Cut short within the transfer, and within a letter.
    ["0a 03 41 00 42 00", "AB"],
    ["0a 03 41 00 42", "A"],
    // More bytes than bLength says.
    ["04 03 41 00 42 00", "A"],
    // bLength too small to be true.
    ["00 03 41 00", ""],
    // Text that ends before the descriptor does.
    ["0a 03 41 00 00 00 43 00 44 00", "A"],
    // Plain bytes, of even and odd number.
    ["06 03 33 43 42 4a", "3CBJ"],
    ["05 03 33 43 42", "3CB"],
    ["06 03 ac 20 e9 00", "\u20ac\u00e9"],
    ["02 03", ""],
  ];
  for (const [text, expected] of cases) {
    assertEquals(parseStringDescriptor(hex(text)), expected, text);
  }
});

Deno.test("parseStringDescriptor() refuses what is no string descriptor", () => {
  assertThrows(() => parseStringDescriptor(new Uint8Array(0)), DeviceError);
  assertThrows(() => parseStringDescriptor(hex("04")), DeviceError);
  assertThrows(() => parseStringDescriptor(hex("04 02 41 00")), DeviceError);
});

Deno.test("dfuModeOf() tells runtime from DFU mode, protocol 0 included", () => {
  const modeOf = (codes: string) => {
    const bytes = configuration(`09 04 00 00 00 ${codes} 00`);
    return dfuModeOf(parseConfigurationDescriptor(bytes).interfaces[0]!);
  };
  assertEquals(modeOf("fe 01 01"), "runtime");
  assertEquals(modeOf("fe 01 02"), "dfu");
  assertEquals(modeOf("fe 01 00"), "dfu");
  assertEquals(modeOf("fe 02 01"), undefined);
  assertEquals(modeOf("03 01 01"), undefined);
});

randomTest("Descriptor readers throw nothing but DeviceError, whatever the bytes", (seed) => {
  const random = seededRandom(seed);
  const readers = [
    parseDeviceDescriptor,
    configurationSize,
    parseConfigurationDescriptor,
    parseFunctionalDescriptor,
    parseStringDescriptor,
  ];
  const valid = [DEVICE, configuration(`${INTERFACES} ${FUNCTIONAL}`), hex(FUNCTIONAL)];
  for (let round = 0; round < 4000; round++) {
    const bytes = round % 2 === 0 ? random.bytes(random.below(80)) : random.pick(valid).slice();
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    for (const read of readers) {
      try {
        read(bytes);
      } catch (error) {
        assert(error instanceof DeviceError, `seed ${seed}, round ${round}: ${error}`);
      }
    }
  }
});
