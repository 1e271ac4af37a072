import { assert, assertEquals } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import { commandTime, Host, littleEndian, pattern, start, timed } from "./host.ts";

const FLASH = 0x08000000;
const OK = { status: 0, pollTimeoutMs: 0 };

Deno.test("An erase of 16 KiB on an F405 takes 400 ms and its wire time, and blanks its page only", async () => {
  const { clock, device, host } = await start();
  const before = device.readMemory(FLASH, 0x10000);
  assertEquals(await timed(clock, () => host.erase(FLASH + 0x7FFF)), commandTime(5, 400));
  const after = device.readMemory(FLASH, 0x10000);
  assertEquals(after.subarray(0x4000, 0x8000), new Uint8Array(0x4000).fill(0xFF));
  assertEquals(after.subarray(0, 0x4000), before.subarray(0, 0x4000));
  assertEquals(after.subarray(0x8000), before.subarray(0x8000));
  assertEquals([...device.report.erases], [[FLASH + 0x4000, 1]]);
});

Deno.test("Erase time follows page size and worst case", async () => {
  const typical = await start();
  assertEquals(
    await timed(typical.clock, () => typical.host.erase(0x08010000)),
    commandTime(5, 1200),
  );
  assertEquals(
    await timed(typical.clock, () => typical.host.erase(0x08020000)),
    commandTime(5, 2000),
  );
  const worst = await start({ timing: "worst" });
  assertEquals(await timed(worst.clock, () => worst.host.erase(0x08020000)), commandTime(5, 4000));
});

Deno.test("A block is programmed byte by byte, then four bytes at once at 2.7-3.6 V", async () => {
  const { clock, host } = await start({ fill: "blank" });
  const data = pattern(2048);
  await host.setAddress(FLASH);
  assertEquals(await timed(clock, () => host.command(2, data)), commandTime(2048, 2048 * 0.016));
  await host.selectAlternate(3);
  await host.setAddress(0xFFFF0000);
  assertEquals(await host.command(2, [3, 0xFF, 0xFF, 0xFF]), { ...OK, state: 5 });
  await host.abort();
  assertEquals(await host.upload(2, 4), Uint8Array.of(3, 0xFF, 0xFF, 0xFF));
  await host.abort();
  await host.selectAlternate(0);
  await host.setAddress(FLASH + 2048);
  assertEquals(await timed(clock, () => host.command(2, data)), commandTime(2048, 512 * 0.016));
  assertEquals(await timed(clock, () => host.erase(FLASH)), commandTime(5, 250));
});

Deno.test("The voltage range is forgotten when power is lost", async () => {
  const { clock, device, host } = await start();
  await host.selectAlternate(3);
  await host.setAddress(0xFFFF0000);
  await host.command(2, [3, 0xFF, 0xFF, 0xFF]);
  device.replug();
  const again = await Host.open(device);
  assertEquals(device.readMemory(0xFFFF0000, 4), Uint8Array.of(0, 0xFF, 0xFF, 0xFF));
  assertEquals(await timed(clock, () => again.erase(FLASH)), commandTime(5, 400));
});

Deno.test("Other values in Device Feature change nothing", async () => {
  const { clock, host } = await start();
  await host.selectAlternate(3);
  await host.setAddress(0xFFFF0000);
  await host.command(2, [3, 0, 0xFF, 0xFF]);
  await host.selectAlternate(0);
  assertEquals(await timed(clock, () => host.erase(FLASH)), commandTime(5, 400));
});

Deno.test("Work begins at the first GETSTATUS, which says dfuDNBUSY and how long it may take", async () => {
  const { device, host } = await start();
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  assertEquals(device.report.erases.size, 0);
  assertEquals(await host.status(), { status: 0, pollTimeoutMs: 400, state: 4 });
  assertEquals(await host.status(), { ...OK, state: 5 });
  assertEquals(device.report.earlyPolls, 1);
});

Deno.test("A host that waits as told does not poll early", async () => {
  const { clock, device, host } = await start();
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  await clock.sleep((await host.status()).pollTimeoutMs);
  assertEquals(await host.status(), { ...OK, state: 5 });
  assertEquals(device.report.earlyPolls, 0);
});

Deno.test("A poll that is early counts once, though the answer comes before the stated time", async () => {
  const { clock, device, host } = await start({ chip: findChip("stm32f072") });
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  assertEquals((await host.status()).pollTimeoutMs, 40);
  assertEquals(await timed(clock, () => host.status()), (30 + wireTimeMs(6) - 0.03).toFixed(3));
  assertEquals(device.report.earlyPolls, 1);
});

Deno.test("Memory changes when the work ends, not before", async () => {
  const { clock, device, host } = await start({ whileBusy: "repeat" });
  const before = device.readMemory(FLASH, 16);
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  await host.status();
  await clock.sleep(399.99);
  assertEquals(device.readMemory(FLASH, 16), before);
  await clock.sleep(0.01);
  assertEquals(device.readMemory(FLASH, 16), new Uint8Array(16).fill(0xFF));
});

Deno.test("busy=repeat answers dfuDNBUSY with what is left until the work is done", async () => {
  const { clock, host } = await start({ whileBusy: "repeat" });
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  assertEquals(await host.status(), { status: 0, pollTimeoutMs: 400, state: 4 });
  await clock.sleep(100);
  assertEquals(await host.status(), { status: 0, pollTimeoutMs: 300, state: 4 });
  await clock.sleep(300);
  assertEquals(await host.status(), { ...OK, state: 5 });
});

Deno.test("Mass erase blanks all of main flash and nothing else, and counts for each page", async () => {
  const { clock, device, host } = await start();
  const optionBytes = device.readMemory(0x1FFFC000, 16);
  await host.download(0, [0x41]);
  assertEquals((await host.status()).pollTimeoutMs, 100);
  assertEquals(await timed(clock, () => host.status()), (16_000 + wireTimeMs(6) - 0.03).toFixed(3));
  assert(device.readMemory(FLASH, 0x100000).every((byte) => byte === 0xFF));
  assertEquals(device.readMemory(0x1FFFC000, 16), optionBytes);
  assertEquals([...device.report.erases.values()], new Array(12).fill(1));
});

Deno.test("Sixteen devices on one clock work in parallel, each in its own time", async () => {
  const clock = new VirtualClock();
  const times = await Promise.all(Array.from({ length: 16 }, async (_, index) => {
    const options = { chip: findChip("stm32f405"), path: `1-${index}`, seed: index };
    const device = createSimulatedDevice(options, clock);
    const host = await Host.open(device);
    const time = await timed(clock, () => host.erase(FLASH));
    return [time, device.report.ms.erase];
  }));
  assertEquals(times, new Array(16).fill([commandTime(5, 400), 400]));
  assertEquals(clock.now().toFixed(3), commandTime(5, 400));
});

Deno.test("The report says where time went", async () => {
  const { clock, device, host } = await start({ fill: "blank" });
  await host.erase(FLASH);
  await host.setAddress(FLASH);
  await host.command(2, pattern(2048));
  await clock.sleep(100);
  await host.status();
  const { ms } = device.report;
  assertEquals([ms.erase, ms.program, ms.idle], [400, 32.768, 100]);
  const overlap = 2 * wireTimeMs(0);
  assertEquals(
    (ms.erase + ms.program + ms.wire + ms.idle - overlap).toFixed(3),
    clock.now().toFixed(3),
  );
});
