import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { type Fault, flipBit } from "../../src/simulator/faults.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, littleEndian, pattern } from "./host.ts";

const FLASH = 0x08000000;

async function start(...faults: Fault[]) {
  const clock = new VirtualClock();
  const options = { chip: findChip("stm32f405"), faults, fill: "blank" } as const;
  const device = createSimulatedDevice(options, clock);
  return { clock, device, host: await Host.open(device) };
}

async function kindOf(action: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(action, TransportError)).kind;
}

Deno.test("Fault stall: that transfer stalls without effect, and only that one", async () => {
  const { device, host } = await start({ kind: "stall", transfer: 2 });
  assertEquals((await host.status()).state, 2);
  assertEquals(await kindOf(() => host.download(0, [0x41])), "stall");
  assertEquals((await host.status()).state, 2);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("Fault timeout: the transfer ends at its time-out and has no effect", async () => {
  const { clock, host } = await start({ kind: "timeout", transfer: 1 });
  assertEquals(await kindOf(() => new Host(host.transport, 250).download(0, [0x41])), "timeout");
  assertEquals(clock.now(), 250);
  assertEquals((await host.status()).state, 2);
});

Deno.test("Fault status: the device is in dfuERROR with that status, and can be cleared", async () => {
  const { device, host } = await start({ kind: "status", status: "errPROG", transfer: 2 });
  await host.status();
  assertEquals(await host.status(), { status: 6, pollTimeoutMs: 0, state: 10 });
  await host.clearStatus();
  assertEquals((await host.status()).state, 2);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("Fault status at a request that dfuERROR forbids: it stalls, and no one is to blame", async () => {
  const { device, host } = await start({ kind: "status", status: "errVENDOR", transfer: 1 });
  assertEquals(await kindOf(() => host.abort()), "stall");
  assertEquals(await host.status(), { status: 11, pollTimeoutMs: 0, state: 10 });
  assertEquals(device.report.violationCount, 0);
});

Deno.test("Fault disconnect: gone until it is plugged in again, memory kept", async () => {
  const { device, host } = await start({ kind: "disconnect", transfer: 5 });
  await host.setAddress(FLASH);
  await host.download(2, pattern(8));
  assertEquals(await kindOf(() => host.status()), "disconnected");
  assertEquals(await kindOf(() => host.status()), "disconnected");
  assertEquals(await kindOf(() => device.open()), "not-found");
  assertEquals(device.isAttached, false);
  device.replug();
  const again = await Host.open(device);
  assertEquals((await again.status()).state, 2);
  assertEquals(device.isAttached, true);
});

Deno.test("Fault reconnect: the device comes back by itself, with its state as after power-on", async () => {
  const { clock, device, host } = await start({ kind: "reconnect", transfer: 4 });
  await host.setAddress(FLASH);
  assertEquals(await kindOf(() => host.status()), "disconnected");
  const lostMs = clock.now();
  const again = await Host.open(device);
  assertEquals(Math.round(clock.now() - lostMs), 300);
  assertEquals((await again.status()).state, 2);
  assertEquals(await kindOf(() => host.status()), "disconnected");
});

Deno.test("Fault short: half of the answer comes", async () => {
  const { host } = await start({ kind: "short", transfer: 1 }, { kind: "short", transfer: 2 });
  assertEquals((await host.in(3, 0, 6)).length, 3);
  assertEquals((await host.in(5, 0, 1)).length, 0);
  assertEquals((await host.in(3, 0, 6)).length, 6);
});

Deno.test("Fault flip: one bit of a block differs in memory", async () => {
  const { device, host } = await start({ kind: "flip", transfer: 4 });
  await host.setAddress(FLASH);
  await host.command(2, pattern(2048));
  assertEquals(countBits(device.readMemory(FLASH, 2048), pattern(2048)), 1);
});

Deno.test("Fault flip: one bit of what is read differs, memory does not", async () => {
  const { device, host } = await start({ kind: "flip", transfer: 5 });
  device.writeMemory(FLASH, pattern(2048));
  await host.setAddress(FLASH);
  await host.abort();
  assertEquals(countBits(await host.upload(2, 2048), pattern(2048)), 1);
  assertEquals(device.readMemory(FLASH, 2048), pattern(2048));
});

Deno.test("Fault flip at a transfer without memory data does nothing", async () => {
  const { host } = await start({ kind: "flip", transfer: 1 }, { kind: "flip", transfer: 2 });
  await host.download(0, [0x21, ...littleEndian(FLASH)]);
  assertEquals((await host.status()).state, 4);
  assertEquals((await host.status()).status, 0);
});

Deno.test("Fault busy: dfuDNBUSY for ever, until a port reset", async () => {
  const { device, host } = await start({ kind: "busy", transfer: 2 });
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  for (let i = 0; i < 5; i++) {
    assertEquals(await host.status(), { status: 0, pollTimeoutMs: 100, state: 4 });
  }
  assertEquals(await kindOf(() => host.abort()), "stall");
  assertEquals(device.report.violationCount, 0);
  await host.transport.reset();
  assertEquals((await host.status()).state, 2);
});

Deno.test("Fault busy at a DNLOAD: it stalls", async () => {
  const { device, host } = await start({ kind: "busy", transfer: 1 });
  assertEquals(await kindOf(() => host.download(0, [0x41])), "stall");
  device.replug();
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("flipBit() changes exactly the bit it is told, in a copy", () => {
  const bytes = new Uint8Array(3);
  assertEquals(flipBit(bytes, 17), Uint8Array.of(0, 0, 2));
  assertEquals(flipBit(bytes, 24 + 1), Uint8Array.of(2, 0, 0));
  assertEquals(flipBit(bytes.subarray(0, 0), 5), new Uint8Array(0));
  assertNotEquals(flipBit(bytes, 0), bytes);
});

function countBits(a: Uint8Array, b: Uint8Array): number {
  assertEquals(a.length, b.length);
  return a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll("0", "").length, 0);
}
