import { assert, assertEquals, assertRejects } from "@std/assert";
import { busOfSimulated, simulate } from "../../src/cli/simulated_bus.ts";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { discoverDevices } from "../../src/usb/discovery.ts";
import { openUsbDevice } from "../../src/usb/open_device.ts";

Deno.test("simulate() shows a device as a system does, without a transfer", async () => {
  const { bus } = simulate("stm32f405,path=3-1,serial=X");
  const { candidates: [candidate] } = await discoverDevices(bus);
  const { path, serial, mode, interfaceNumber, alternateCount, functional } = candidate!.device;
  assertEquals([path, serial, mode, interfaceNumber], ["3-1", "X", "dfu", 0]);
  assertEquals([alternateCount, functional?.transferSize], [4, 2048]);
});

Deno.test("busOfSimulated() shows what is on the bus or comes to it, and opening waits for it", async () => {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f105") }, clock);
  const bus = busOfSimulated(() => [device]);
  const options = { selector: {}, detach: false, waitMs: 0, clock };
  await (await openUsbDevice(bus, options)).transport.close();
  assertEquals([clock.now(), device.report.transfers], [13_700, 0]);
  device.unplug();
  assertEquals(await bus.devices(), []);
  await assertRejects(() => openUsbDevice(bus, options), TransportError, "no USB device");
});

for (const runtime of ["detaches", "waits"]) {
  Deno.test(`A simulated program that ${runtime} is brought into its boot loader only if that is asked for`, async () => {
    const { bus, clock } = simulate(`stm32f405,runtime=${runtime}`);
    const options = { selector: {}, waitMs: 0, clock };
    await assertRejects(
      () => openUsbDevice(bus, { ...options, detach: false }),
      TransportError,
      "1 running its program",
    );
    const { device, transport } = await openUsbDevice(bus, { ...options, detach: true });
    assertEquals([device.mode, device.productId], ["dfu", 0xDF11]);
    const setup = { requestType: 0xA1, request: 5, value: 0, index: 0 };
    assertEquals(await transport.controlIn(setup, 1, 1000), Uint8Array.of(2));
    assert(clock.now() < 1000, `${clock.now()} ms`);
  });
}
