import { assertEquals, assertThrows } from "@std/assert";
import { DeviceError } from "../../src/errors.ts";
import { findConfiguration, readSysfsConfiguration } from "../../src/usb/sysfs.ts";

const DEVICE = [18, 1, 0, 2, 0, 0, 0, 64, 0x83, 4, 0x11, 0xDF, 0, 0x22, 1, 2, 3, 2];

/** A configuration with one DFU interface of that number. */
function configuration(value: number, interfaceNumber: number): number[] {
  return [9, 2, 18, 0, 1, value, 0, 0xC0, 50, 9, 4, interfaceNumber, 0, 0, 0xFE, 1, 2, 0];
}

const FILE = Uint8Array.of(...DEVICE, ...configuration(1, 5), ...configuration(7, 6));

Deno.test("findConfiguration() finds the active one of several", () => {
  assertEquals(findConfiguration(FILE, 1).interfaces[0]?.interfaceNumber, 5);
  assertEquals(findConfiguration(FILE, 7).interfaces[0]?.interfaceNumber, 6);
});

Deno.test("findConfiguration() refuses what is missing or cut short", () => {
  assertThrows(() => findConfiguration(FILE, 0), DeviceError);
  for (let size = 0; size < FILE.length; size++) {
    assertThrows(() => findConfiguration(FILE.subarray(0, size), 7), DeviceError);
  }
});

Deno.test("findConfiguration() ends on impossible lengths", () => {
  for (let length = 0; length < 9; length++) {
    const odd = [9, 2, length, 0, 0, 3, 0, 0, 0];
    const bytes = Uint8Array.of(...DEVICE, ...odd, ...configuration(7, 5));
    assertThrows(() => findConfiguration(bytes, 7), DeviceError);
  }
});

Deno.test({
  name: "readSysfsConfiguration() knows nothing of a path without a device",
  // The C library stays open for the life of the process.
  sanitizeResources: false,
  fn: () => assertEquals(readSysfsConfiguration("999-99"), undefined),
});
