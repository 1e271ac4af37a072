import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Quirk } from "../../src/chips/chip.ts";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import {
  configurationSize,
  parseConfigurationDescriptor,
  parseDeviceDescriptor,
  parseStringDescriptor,
} from "../../src/usb/descriptors.ts";
import { Host } from "./host.ts";

const FULL_SPEED_INTERFACE = 0x81;

async function openChip(name: string, quirks?: readonly Quirk[]) {
  const chip = findChip(name);
  const options = quirks === undefined ? { chip } : { chip, quirks };
  const device = createSimulatedDevice(options, new VirtualClock());
  return { chip, device, host: await Host.open(device) };
}

Deno.test("Every part of the table describes itself as the table says", async () => {
  for (const { id } of CHIPS) {
    const { chip, host } = await openChip(id, ["layout-lies"]);
    const device = parseDeviceDescriptor(await host.descriptor(1, 0));
    assertEquals([device.vendorId, device.productId], [chip.vendorId, chip.productId]);
    const bytes = await host.descriptor(2, 0, configurationSize(await host.descriptor(2, 0, 9)));
    const configuration = parseConfigurationDescriptor(bytes);
    const strings = [];
    for (const [alternate, found] of configuration.interfaces.entries()) {
      assertEquals(found.alternate, alternate);
      strings.push(parseStringDescriptor(await host.descriptor(3, found.nameIndex)));
    }
    assertEquals(strings, [...(chip.sentAlternates ?? chip.alternates)]);
    assertEquals(configuration.functional.get(0), {
      canDownload: true,
      canUpload: true,
      manifestationTolerant: false,
      willDetach: true,
      detachTimeoutMs: 255,
      transferSize: chip.transferSize,
      dfuVersion: 0x011A,
    });
  }
});

Deno.test("SET_INTERFACE selects an alternate setting that exists, and GET_INTERFACE tells it", async () => {
  const { host } = await openChip("stm32f405");
  const get = { requestType: FULL_SPEED_INTERFACE, request: 10, value: 0, index: 0 };
  await host.selectAlternate(2);
  assertEquals(await host.transport.controlIn(get, 1, 1000), Uint8Array.of(2));
  const error = await assertRejects(() => host.selectAlternate(4), TransportError);
  assertEquals(error.kind, "stall");
  assertEquals(await host.transport.controlIn(get, 1, 1000), Uint8Array.of(2));
});

Deno.test("Common requests of enumeration are answered, unknown ones stalled without a violation", async () => {
  const { device, host } = await openChip("stm32f405");
  const read = (request: number, length: number) =>
    host.transport.controlIn({ requestType: 0x80, request, value: 0, index: 0 }, length, 1000);
  assertEquals(await read(8, 1), Uint8Array.of(1));
  assertEquals(await read(0, 2), Uint8Array.of(1, 0), "self-powered, as its configuration says");
  await host.control({ requestType: 0x00, request: 9, value: 1, index: 0 });
  for (const request of [1, 3, 7, 99]) {
    assertEquals((await assertRejects(() => read(request, 1), TransportError)).kind, "stall");
  }
  for (const [type, index] of [[6, 0], [3, 99], [9, 0], [1, 1]] as const) {
    const error = await assertRejects(() => host.descriptor(type, index), TransportError);
    assertEquals(error.kind, "stall");
  }
  assertEquals(device.report.violations, []);
  assertEquals((await host.status()).state, 2);
});

/** The answer to a standard request, or `stall`. */
async function ask(
  host: Host,
  setup: { readonly type: number; readonly request: number; value?: number; index?: number },
): Promise<readonly number[] | string> {
  const { type: requestType, request, value = 0, index = 0 } = setup;
  const full = { requestType, request, value, index };
  try {
    if (requestType >= 0x80) return [...await host.transport.controlIn(full, 2, 1000)];
    await host.control(full);
    return [];
  } catch (error) {
    assert(error instanceof TransportError);
    return error.kind;
  }
}

Deno.test("SET_CONFIGURATION brings the first alternate setting back, also if nothing else changes", async () => {
  const { host } = await openChip("stm32f405");
  await host.selectAlternate(2);
  assertEquals(await ask(host, { type: 0x00, request: 9, value: 1 }), []);
  assertEquals(await ask(host, { type: 0x81, request: 10 }), [0]);
  // The loader goes by it, too: option bytes are no longer selected.
  assertEquals((await host.setAddress(0x08000000)).status, 0);
});

Deno.test("Configuration 0 has no interface", async () => {
  const { device, host } = await openChip("stm32f405");
  assertEquals(await ask(host, { type: 0x00, request: 9, value: 2 }), "stall");
  assertEquals(await ask(host, { type: 0x80, request: 8 }), [1]);
  assertEquals(await ask(host, { type: 0x00, request: 9, value: 0 }), []);
  assertEquals(await ask(host, { type: 0x80, request: 8 }), [0]);
  for (const [type, request] of [[0x81, 0], [0x81, 10], [0x01, 11], [0xA1, 3]] as const) {
    assertEquals(await ask(host, { type, request }), "stall", `${type}, ${request}`);
  }
  assertEquals(await ask(host, { type: 0x82, request: 0 }), [0, 0]);
  assertEquals(await ask(host, { type: 0x00, request: 9, value: 1 }), []);
  assertEquals([(await host.status()).state, device.report.violations], [2, []]);
});

Deno.test("GET_STATUS, GET_INTERFACE and SET_INTERFACE know what exists", async () => {
  const { host } = await openChip("stm32f405");
  assertEquals(await ask(host, { type: 0x81, request: 0 }), [0, 0]);
  for (const index of [0x00, 0x80]) {
    assertEquals(await ask(host, { type: 0x82, request: 0, index }), [0, 0]);
  }
  assertEquals(await ask(host, { type: 0x82, request: 0, index: 0x81 }), "stall");
  for (const [type, request] of [[0x81, 0], [0x81, 10], [0x01, 11]] as const) {
    assertEquals(await ask(host, { type, request, index: 1 }), "stall");
  }
});

Deno.test("CLEAR_FEATURE ends a halt of the control pipe; there is nothing else to clear or to set", async () => {
  const { device, host } = await openChip("stm32f405");
  for (const index of [0x00, 0x80]) {
    assertEquals(await ask(host, { type: 0x02, request: 1, index }), []);
  }
  const others = [
    { type: 0x02, request: 1, index: 1 },
    { type: 0x02, request: 1, value: 1 },
    { type: 0x00, request: 1, value: 1 },
    { type: 0x01, request: 1 },
    { type: 0x02, request: 3 },
    { type: 0x00, request: 3, value: 1 },
    { type: 0x00, request: 3, value: 2 },
    { type: 0x01, request: 3 },
  ];
  for (const setup of others) assertEquals(await ask(host, setup), "stall", JSON.stringify(setup));
  const { requests } = device.report;
  assertEquals([requests["CLEAR_FEATURE"], requests["SET_FEATURE"]], [6, 4]);
});

Deno.test("A program has two interfaces of one alternate setting each", async () => {
  const options = { chip: findChip("stm32f405"), runtime: "waits" } as const;
  const host = await Host.open(createSimulatedDevice(options, new VirtualClock()));
  for (const index of [0, 1]) {
    assertEquals(await ask(host, { type: 0x81, request: 10, index }), [0]);
    assertEquals(await ask(host, { type: 0x01, request: 11, index }), []);
    assertEquals(await ask(host, { type: 0x01, request: 11, value: 1, index }), "stall");
  }
  assertEquals(await ask(host, { type: 0x81, request: 10, index: 2 }), "stall");
});

Deno.test("Class requests of the wrong direction, interface or number are violations", async () => {
  for (
    const setup of [
      { requestType: 0x21, request: 3, value: 0, index: 0 },
      { requestType: 0x21, request: 6, value: 0, index: 1 },
      { requestType: 0x21, request: 7, value: 0, index: 0 },
    ]
  ) {
    const { device, host } = await openChip("stm32f405");
    assertEquals((await assertRejects(() => host.control(setup), TransportError)).kind, "stall");
    assertEquals(device.report.violationCount, 1);
    assertEquals((await host.status()).state, 10);
  }
});

Deno.test("A descriptor is cut to the length that the host asks for", async () => {
  const { host } = await openChip("stm32f405");
  assertEquals((await host.descriptor(1, 0, 8)).length, 8);
  assertEquals(await host.descriptor(3, 0), Uint8Array.of(4, 3, 9, 4));
});

Deno.test("Quirk descriptor-request-unanswered: only the configuration has the functional descriptor", async () => {
  const setup = { requestType: 0x81, request: 6, value: 0x2100, index: 0 };
  const answering = await openChip("stm32f405", []);
  assertEquals((await answering.host.transport.controlIn(setup, 9, 1000)).length, 9);
  const silent = await openChip("stm32f405", ["descriptor-request-unanswered"]);
  const request = silent.host.transport.controlIn(setup, 9, 1000);
  assertEquals((await assertRejects(() => request, TransportError)).kind, "timeout");
});

Deno.test("Quirk short-strings: bLength promises more than comes", async () => {
  const { chip, host } = await openChip("stm32f427", ["short-strings"]);
  const bytes = await host.descriptor(3, 4);
  assert(bytes[0]! > bytes.length);
  assertEquals(parseStringDescriptor(bytes), chip.alternates[0]);
});

Deno.test("Quirk serial-not-utf16: the serial number comes as plain bytes", async () => {
  const { device, host } = await openChip("gd32vf103");
  const bytes = await host.descriptor(3, 3);
  assertEquals(bytes, Uint8Array.of(6, 3, ...new TextEncoder().encode("3CBJ")));
  assertEquals(parseStringDescriptor(bytes), device.describe().serial);
});

Deno.test("Quirk equal-serials: boards of different seeds have one serial number", () => {
  const serialOf = (seed: number, quirks: readonly Quirk[]) =>
    createSimulatedDevice({ chip: findChip("stm32h743"), seed, quirks }, new VirtualClock())
      .describe().serial;
  assertEquals(serialOf(1, ["equal-serials"]), serialOf(2, ["equal-serials"]));
  assert(serialOf(1, []) !== serialOf(2, []));
});

Deno.test("Quirk special-areas-claim-erasable: only special areas change their letters", async () => {
  const { chip, host } = await openChip("stm32f405", ["special-areas-claim-erasable"]);
  const strings = [];
  for (const index of [4, 5, 6, 7]) {
    strings.push(parseStringDescriptor(await host.descriptor(3, index)));
  }
  assertEquals(strings[0], chip.alternates[0]);
  assertEquals(strings.slice(1), [
    "@Option Bytes  /0x1FFFC000/01*016 g",
    "@OTP Memory /0x1FFF7800/01*512 g,01*016 g",
    "@Device Feature/0xFFFF0000/01*004 g",
  ]);
});
