import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TransportError, UsageError } from "../../src/errors.ts";
import type { UsbDfuDevice } from "../../src/usb/discovery.ts";
import {
  matchDevices,
  noDeviceError,
  parseDeviceSelector,
  severalDevicesError,
} from "../../src/usb/selection.ts";

function candidate(facts: Partial<UsbDfuDevice>) {
  const device: UsbDfuDevice = {
    path: "1-1",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    deviceClass: 0,
    mode: "dfu",
    interfaceNumber: 0,
    alternateCount: 1,
    ...facts,
  };
  return { device, open: () => Promise.reject(new Error("not to be opened")) };
}

const BOARDS = [
  candidate({ path: "1-1", serial: "A1" }),
  candidate({ path: "1-2", serial: "A1" }),
  candidate({ path: "1-4.2", serial: "B2" }),
  candidate({ path: "2-1", vendorId: 0x28E9, productId: 0x0189, serial: "1-2" }),
  candidate({ path: "2-2", productId: 0x5740, serial: "C3", mode: "runtime" }),
  candidate({ path: "2-3" }),
];

function pathsFor(text: string, runtime = false): string[] {
  const selector = parseDeviceSelector(text);
  return matchDevices({ candidates: BOARDS, selector, runtime }).map(({ device }) => device.path);
}

Deno.test("matchDevices() takes every device in DFU mode where nothing is asked for", () => {
  const found = matchDevices({ candidates: BOARDS, selector: {}, runtime: false });
  assertEquals(found.length, 5);
  assertEquals(matchDevices({ candidates: BOARDS, selector: {}, runtime: true }).length, 6);
});

Deno.test("--device chooses by serial number, path, ids and combinations", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["B2", ["1-4.2"]],
    ["b2", ["1-4.2"]],
    ["serial=A1", ["1-1", "1-2"]],
    ["1-4.2", ["1-4.2"]],
    ["path=1-2", ["1-2"]],
    ["serial=1-2", ["2-1"]],
    ["1-2", ["1-2", "2-1"]],
    ["0483:df11", ["1-1", "1-2", "1-4.2", "2-3"]],
    ["0x0483:0xDF11", ["1-1", "1-2", "1-4.2", "2-3"]],
    ["id=28e9:*", ["2-1"]],
    ["0483:df11,1-2", ["1-2"]],
    ["A1,1-2", ["1-2"]],
    ["A1, 1-2", ["1-2"]],
    ["path=1-2,serial=A1,id=0483:df11", ["1-2"]],
    ["serial=A1,path=1-4.2", []],
    ["28e9:0189,A1", []],
    ["1-4", []],
    ["C3", []],
  ];
  for (const [text, paths] of cases) assertEquals(pathsFor(text), [...paths], text);
});

Deno.test("--device finds a device that runs its program only where that is wanted", () => {
  assertEquals(pathsFor("C3", true), ["2-2"]);
});

Deno.test("parseDeviceSelector() keeps serial numbers that look like something else", () => {
  assertEquals(parseDeviceSelector("12:34"), { names: ["12:34"] });
  assertEquals(parseDeviceSelector("serial=0483:df11"), { serial: "0483:df11" });
  assertEquals(parseDeviceSelector("a=b"), { names: ["a=b"] });
  assertEquals(parseDeviceSelector("ABC-12"), { names: ["ABC-12"] });
});

Deno.test("parseDeviceSelector() refuses empty, unreadable and repeated terms", () => {
  for (const text of ["", ",", "A1,", "id=1", "id=048:df1", "path=1-1,path=1-2", "serial="]) {
    assertThrows(() => parseDeviceSelector(text), UsageError, "--device");
  }
  assertThrows(() => parseDeviceSelector("0483:df11,0483:*"), UsageError);
});

Deno.test("severalDevicesError() lists every device with path and serial number", () => {
  const error = severalDevicesError(BOARDS.slice(0, 2).map(({ device }) => device));
  assertEquals(error.exitCode, 2);
  assertEquals(error.message, "Cannot choose a device: 2 fit, expected one");
  assertEquals(error.facts["devices"], [
    "1-1, 0483:df11, serial A1, in DFU mode",
    "1-2, 0483:df11, serial A1, in DFU mode",
  ]);
  assertStringIncludes(error.hint ?? "", "--device 1-1");
});

function errorFor(text: string, candidates = BOARDS, runtime = false): TransportError {
  const others = [BOARDS[0]!.device];
  const selector = text === "" ? {} : parseDeviceSelector(text);
  return noDeviceError({ candidates, others }, { selector, runtime });
}

Deno.test("noDeviceError() tells what there is instead", () => {
  const error = errorFor("path=9-9,id=0483:*");
  assertEquals(error.kind, "not-found");
  assertEquals(error.exitCode, 6);
  assertEquals(
    error.message,
    "Cannot find the device path=9-9,id=0483:*: found 5 in DFU mode, 1 running its program, 1 without DFU",
  );
  const problems = error.facts["problems"] as string[];
  assertEquals(problems.length, 7);
  assertEquals(problems[6], "2-3, 0483:df11, no serial number, in DFU mode");
});

Deno.test("noDeviceError() offers --detach where the program of the device runs", () => {
  assertStringIncludes(errorFor("C3").hint ?? "", "--detach");
  assertStringIncludes(errorFor("", BOARDS.slice(4, 5)).hint ?? "", "--detach");
  assertEquals(errorFor("B7").hint?.includes("--detach"), false);
});

Deno.test("noDeviceError() tells how to start a boot loader where there is none", () => {
  const error = errorFor("", []);
  assertEquals(error.message, "Cannot find a device in DFU mode: found 1 without DFU");
  assertStringIncludes(error.hint ?? "", "BOOT0");
  const nothing = noDeviceError({ candidates: [], others: [] }, { selector: {}, runtime: false });
  assertEquals(nothing.message, "Cannot find a device in DFU mode: no USB device is attached");
});

Deno.test("noDeviceError() names devices without access as such", () => {
  const problem = new TransportError("access-denied", "Cannot look");
  const error = errorFor("X", [candidate({ problem })]);
  assertEquals(error.facts["devices"], [
    "1-1, 0483:df11, no serial number, in DFU mode, access-denied",
  ]);
});
