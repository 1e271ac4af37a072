import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import { commandTime, Host, littleEndian, pattern, start, timed } from "./host.ts";

const FLASH = 0x08000000;
const OK = { status: 0, pollTimeoutMs: 0 };

Deno.test("UPLOAD of block 0 lists the commands", async () => {
  const { host } = await start();
  assertEquals(await host.upload(0, 64), Uint8Array.of(0x00, 0x21, 0x41, 0x92));
  assertEquals(await host.state(), 2);
});

Deno.test("Addresses outside the selected alternate setting are errTARGET", async () => {
  for (const address of [0x07FFFFFF, 0x08100000, 0x1FFFC000, 0x00000000, 0xFFFFFFFF]) {
    const { host } = await start();
    assertEquals(await host.setAddress(address), { status: 1, pollTimeoutMs: 0, state: 10 });
    await host.clearStatus();
    assertEquals(await host.erase(address), { status: 1, pollTimeoutMs: 0, state: 10 });
  }
});

Deno.test("Blocks that two readings of AN3156 put at different addresses are violations", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.setAddress(FLASH);
  await host.command(2, pattern(1024));
  await host.command(3, pattern(2048));
  await host.command(4, pattern(1024));
  assertEquals(device.readMemory(FLASH + 2 * 2048, 1024), pattern(1024));
  await host.setAddress(FLASH + 0x4000);
  await host.command(2, pattern(1024));
  await host.abort();
  await host.setAddress(FLASH);
  await host.abort();
  await host.upload(2, 2048);
  await host.upload(3, 100);
  assertEquals(device.report.violations, [
    "DNLOAD of block 3, 2048 bytes, after a short block",
    "DNLOAD of block 4, 1024 bytes, short but not block 2",
    "UPLOAD of block 3, 100 bytes, short but not block 2",
  ]);
});

Deno.test("A data block without any address is a violation", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.command(2, pattern(2048));
  assertEquals(device.report.violations, ["DNLOAD of block 2, 2048 bytes, without an address"]);
});

Deno.test("Impossible downloads and uploads are stalled and are violations", async () => {
  const tries: ((host: Host) => Promise<unknown>)[] = [
    (host) => host.download(2, new Uint8Array(2049)),
    (host) => host.download(1, [1, 2, 3, 4]),
    (host) => host.download(0, [0x33]),
    (host) => host.download(0, [0x21, 0, 0]),
    (host) => host.download(0, [0x41, 0, 0]),
    (host) => host.upload(2, 2049),
    (host) => host.upload(1, 4),
    (host) => host.upload(2, 0),
  ];
  for (const action of tries) {
    const { device, host } = await start();
    assertEquals((await assertRejects(() => action(host), TransportError)).kind, "stall");
    assertEquals(device.report.violationCount, 1);
    assertEquals(await host.status(), { status: 15, pollTimeoutMs: 0, state: 10 });
  }
});

Deno.test("Leave starts the program at the pointer: the device is gone after dfuMANIFEST", async () => {
  const { device, host } = await start();
  device.writeMemory(0x08004000, Uint8Array.from([...littleEndian(0x20020000), 9, 0x40, 0, 8]));
  await host.setAddress(0x08004000);
  await host.download(0);
  assertEquals(await host.status(), { ...OK, state: 7 });
  assertEquals((await assertRejects(() => host.status(), TransportError)).kind, "disconnected");
  assertEquals(device.report.left, { address: 0x08004000, vectorTable: true });
  assertEquals(device.isAttached, false);
  assertEquals((await assertRejects(() => device.open(), TransportError)).kind, "not-found");
  device.replug();
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("Leave to what is no vector table ends in a reset into the loader", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.setAddress(FLASH);
  await host.download(0);
  await host.status();
  assertEquals((await assertRejects(() => host.status(), TransportError)).kind, "disconnected");
  assertEquals(device.report.left, { address: FLASH, vectorTable: false });
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("A device that never leaves stays in dfuMANIFEST", async () => {
  const { host } = await start({ leaves: "never" });
  await host.setAddress(FLASH);
  await host.download(0);
  assertEquals((await host.status()).state, 7);
  assertEquals((await host.status()).state, 7);
});

Deno.test("A transfer that would take longer than its time-out ends exactly then, and the work goes on", async () => {
  const { clock, device, host } = await start();
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  await host.status();
  const patient = new Host(host.transport, 150);
  const error = await assertRejects(
    () => timed(clock, () => patient.status()),
    TransportError,
  );
  assertEquals(error.kind, "timeout");
  assertEquals(device.report.ms.idle, 0);
  const elapsed = (clock.now() - wireTimeMs(5) - wireTimeMs(6)).toFixed(3);
  assertEquals(elapsed, "150.000");
  assertEquals(await host.status(), { ...OK, state: 5 });
  assertEquals(clock.now().toFixed(3), commandTime(5, 400));
});

Deno.test("A block that is not through by the time-out never arrives", async () => {
  const { clock, device, host } = await start();
  const hasty = new Host(host.transport, 2);
  const error = await assertRejects(() => hasty.download(2, pattern(2048)), TransportError);
  assertEquals([error.kind, clock.now()], ["timeout", 2]);
  assertEquals((await host.status()).state, 2);
  assertEquals(device.report.bytesWritten, 0);
});

Deno.test("Pulling the cable ends a transfer that is under way", async () => {
  const { clock, device, host } = await start();
  await host.download(0, [0x41]);
  await host.status();
  const waiting = assertRejects(() => host.status(), TransportError);
  await clock.sleep(5);
  device.unplug();
  assertEquals((await waiting).kind, "disconnected");
  assertEquals(device.isAttached, false);
});

Deno.test("A port reset ends the protocol's state and keeps the transport", async () => {
  const { host } = await start();
  await host.selectAlternate(1);
  await host.download(0, [0x21, ...littleEndian(0x1FFFC000)]);
  await host.transport.reset();
  assertEquals((await host.status()).state, 2);
  assertEquals((await host.erase(FLASH)).status, 0);
});

Deno.test("Closing releases the device, twice too, and what was open rejects", async () => {
  const { device, host } = await start();
  assertEquals((await assertRejects(() => device.open(), TransportError)).kind, "busy");
  await host.transport.close();
  await host.transport.close();
  assertEquals((await assertRejects(() => host.status(), TransportError)).kind, "disconnected");
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("Transfers that overlap on one device go one after the other", async () => {
  const { host } = await start();
  const both = [host.download(0, [0x41, ...littleEndian(FLASH)]), host.status(), host.status()];
  assertEquals((await Promise.all(both)).slice(1), [
    { status: 0, pollTimeoutMs: 400, state: 4 },
    { ...OK, state: 5 },
  ]);
});

Deno.test("The log keeps the last 256 transfers", async () => {
  const { device, host } = await start();
  for (let i = 0; i < 300; i++) await host.status();
  assertEquals(device.log.length, 256);
  assertEquals(device.log.at(-1)?.text, "GETSTATUS value 0, index 0, 6 bytes: ok, 6 bytes");
  assertEquals(device.report.transfers, 300);
  assertEquals(device.report.requests, { GETSTATUS: 300 });
});

Deno.test("readMemory() refuses what the part does not have", () => {
  const device = createSimulatedDevice({ chip: findChip("stm32f072") }, new VirtualClock());
  assertThrows(() => device.readMemory(0x0801FFFF, 2), RangeError);
  assertThrows(() => device.writeMemory(0x20000000, new Uint8Array(1)), RangeError);
});
