import { assertEquals, assertRejects } from "@std/assert";
import { DeviceError, TransportError } from "../../src/errors.ts";
import { discoverDevices } from "../../src/usb/discovery.ts";
import { FakeBus, fakeDevice, type FakeDeviceParts, FUNCTIONAL } from "./fake_bus.ts";

async function discover(...parts: FakeDeviceParts[]) {
  const bus = new FakeBus(parts.map(fakeDevice));
  return await discoverDevices(bus, { isBootLoader: ({ productId }) => productId === 0xDF11 });
}

Deno.test("discoverDevices() tells all that is known of a device without opening it", async () => {
  const { candidates } = await discover({ path: "1-4.2", serial: "A1", product: "STM32" });
  assertEquals(candidates.map(({ device }) => device), [{
    path: "1-4.2",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    deviceClass: 0,
    serial: "A1",
    product: "STM32",
    mode: "dfu",
    interfaceNumber: 0,
    alternateCount: 2,
    functional: FUNCTIONAL,
  }]);
});

Deno.test("discoverDevices() knows boot loaders with protocol 2 and 0, and running programs", async () => {
  const { candidates } = await discover({ protocol: 2 }, { protocol: 0 }, { protocol: 1 });
  assertEquals(candidates.map(({ device }) => device.mode), ["dfu", "dfu", "runtime"]);
});

Deno.test("discoverDevices() tells other devices apart, and leaves hubs out", async () => {
  const { candidates, others } = await discover(
    { path: "1-1", protocol: "none" },
    { path: "1-2", deviceClass: 9 },
    { path: "1-3" },
  );
  assertEquals(candidates.map(({ device }) => device.path), ["1-3"]);
  assertEquals(others.map((facts) => facts.path), ["1-1"]);
});

Deno.test("discoverDevices() lists a boot loader that it may not look at, by its ids", async () => {
  const denied = new TransportError("access-denied", "Cannot look");
  const { candidates, others } = await discover(
    { path: "1-1", unreadable: denied },
    { path: "1-2", unreadable: new DeviceError("Cannot read configuration") },
    { path: "1-3", unreadable: denied, productId: 0x1234 },
  );
  assertEquals(
    candidates.map(({ device }) => [device.path, device.mode, device.problem?.kind]),
    [["1-1", "dfu", "access-denied"], ["1-2", "dfu", "fault"]],
  );
  assertEquals(others.map((facts) => facts.path), ["1-3"]);
});

Deno.test("discoverDevices() does not hide a bug", async () => {
  await assertRejects(() => discover({ unreadable: new RangeError("bug") }), RangeError);
});

Deno.test("a candidate opens the DFU interface", async () => {
  const opened: number[] = [];
  const { candidates } = await discover({
    interfaceNumber: 3,
    open: (interfaceNumber) => {
      opened.push(interfaceNumber);
      return Promise.reject(new TransportError("busy", "Cannot open"));
    },
  });
  await assertRejects(() => candidates[0]!.open(), TransportError);
  assertEquals(opened, [3]);
});
