import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Quirk } from "../../src/chips/chip.ts";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, littleEndian, pattern } from "./host.ts";

// Quirks of descriptors are tested in standard_requests_test.ts.

const FLASH = 0x08000000;
const READY = { status: 0, pollTimeoutMs: 0, state: 5 };

async function start(
  chip: string,
  { quirks, ...options }: { quirks?: readonly Quirk[] } & Partial<SimulatorOptions> = {},
) {
  const clock = new VirtualClock();
  const part = findChip(chip);
  const device = createSimulatedDevice(
    { chip: part, quirks: quirks ?? part.quirks, ...options },
    clock,
  );
  return { clock, device, host: await Host.open(device, options.faults ? 1000 : undefined) };
}

async function kindOf(action: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(action, TransportError)).kind;
}

Deno.test("early-poll-stalls: GETSTATUS stalls until the stated time, and waits from then on", async () => {
  const { clock, device, host } = await start("stm32l476", { timing: "worst" });
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  const { pollTimeoutMs } = await host.status();
  assertEquals(pollTimeoutMs, 22);
  assertEquals(await kindOf(() => host.status()), "stall");
  await clock.sleep(10);
  assertEquals(await kindOf(() => host.status()), "stall");
  await clock.sleep(12);
  assertEquals(await host.status(), READY);
  assertEquals((await host.status()).state, 5);
  const { earlyPolls, stalls, violationCount, ms } = device.report;
  assertEquals([earlyPolls, stalls, violationCount], [2, 2, 0]);
  assert(ms.erase > 22);
});

Deno.test("random-stalls: some requests stall without effect, never three in a row", async () => {
  const { device, host } = await start("stm32f405", { quirks: ["random-stalls"] });
  let inARow = 0;
  for (let i = 0; i < 500; i++) {
    const stalled = await host.status().then(() => false, () => true);
    inARow = stalled ? inARow + 1 : 0;
    assert(inARow < 3);
  }
  assert(device.report.stalls > 10 && device.report.stalls < 60, `${device.report.stalls}`);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("corrupts-uneven-long-blocks: a long block of odd length is written wrong, others are not", async () => {
  const { device, host } = await start("stm32l476", {
    quirks: ["corrupts-uneven-long-blocks"],
    fill: "blank",
  });
  const write = async (address: number, size: number) => {
    await host.setAddress(address);
    assertEquals(await host.command(2, pattern(size)), READY);
    return device.readMemory(address, size);
  };
  assertEquals(await write(FLASH, 264), pattern(264));
  const wrong = await write(FLASH + 2048, 268);
  assertEquals(wrong.subarray(0, 256), pattern(268).subarray(0, 256));
  assertNotEquals(wrong, pattern(268));
});

Deno.test("misaligned-write-poisons: a misaligned write fails, and so does every later one", async () => {
  for (const [address, size] of [[FLASH + 2, 8], [FLASH, 6]] as const) {
    const { device, host } = await start("stm32f405", { fill: "blank" });
    await host.setAddress(address);
    assertEquals(await host.command(2, pattern(size)), { status: 6, pollTimeoutMs: 0, state: 10 });
    await host.clearStatus();
    await host.setAddress(FLASH + 2048);
    assertEquals((await host.command(2, pattern(2048))).status, 6);
    assertEquals(device.readMemory(FLASH, 8192), new Uint8Array(8192).fill(0xFF));
    device.replug();
    const again = await Host.open(device);
    await again.setAddress(FLASH + 2048);
    assertEquals((await again.command(2, pattern(2048))).status, 0);
  }
});

Deno.test("Without misaligned-write-poisons only the misaligned write fails", async () => {
  const { host } = await start("stm32f405", { fill: "blank", quirks: [] });
  await host.setAddress(FLASH + 2);
  assertEquals((await host.command(2, pattern(8))).status, 6);
  await host.clearStatus();
  await host.setAddress(FLASH);
  assertEquals((await host.command(2, pattern(8))).status, 0);
});

Deno.test("erase-never-reports-done-above-0x08100000: busy for ever, and CLRSTATUS twice is the way out", async () => {
  const { clock, device, host } = await start("stm32h743");
  assertEquals((await host.erase(0x080E0000)).state, 5);
  await host.download(0, [0x41, ...littleEndian(0x08100000)]);
  for (let i = 0; i < 10; i++) {
    assertEquals(await host.status(), { status: 0, pollTimeoutMs: 1000, state: 4 });
    await clock.sleep(1000);
  }
  assertEquals(device.readMemory(0x08100000, 64), new Uint8Array(64).fill(0xFF));
  await host.clearStatus();
  assertEquals(await host.status(), { status: 14, pollTimeoutMs: 0, state: 10 });
  await host.clearStatus();
  assertEquals((await host.status()).state, 2);
  assertEquals((await host.setAddress(FLASH)).status, 0);
  assertEquals(device.report.violations, []);
});

Deno.test("erase-never-reports-done-above-0x08100000: a command before the real end hangs the part", async () => {
  const { device, host } = await start("stm32h743");
  await host.download(0, [0x41, ...littleEndian(0x08120000)]);
  await host.status();
  await host.clearStatus();
  await host.clearStatus();
  await host.download(0, [0x41, ...littleEndian(0x08140000)]);
  assertEquals(await kindOf(() => host.status()), "timeout");
  assertEquals(await kindOf(() => host.state()), "timeout");
  device.replug();
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("no-mass-erase: mass erase is an error and erases nothing", async () => {
  const { device, host } = await start("stm32h743");
  const before = device.readMemory(FLASH, 4096);
  assertEquals((await host.command(0, [0x41])).state, 10);
  assertEquals(device.readMemory(FLASH, 4096), before);
});

Deno.test("mass-erase-underreports: 100 ms are stated; without it the typical time", async () => {
  for (const [quirks, stated] of [[["mass-erase-underreports"], 100], [[], 16_000]] as const) {
    const { host } = await start("stm32f405", { quirks });
    await host.download(0, [0x41]);
    assertEquals((await host.status()).pollTimeoutMs, stated);
  }
});

Deno.test("clrstatus-only-in-error: CLRSTATUS stalls in other states, and is a violation", async () => {
  const { device, host } = await start("stm32c562");
  assertEquals(await kindOf(() => host.clearStatus()), "stall");
  assertEquals((await host.status()).state, 10);
  await host.clearStatus();
  assertEquals((await host.status()).state, 2);
  assertEquals(device.report.violations, ["CLRSTATUS in dfuIDLE"]);
});

Deno.test("blind-clrstatus-breaks: nothing is answered after it until power is cycled", async () => {
  const { device, host } = await start("stm32g474");
  await host.clearStatus();
  assertEquals(await kindOf(() => host.status()), "timeout");
  device.replug();
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("no-read-unprotect: the command is not listed and not known", async () => {
  const { host } = await start("stm32h563");
  assertEquals(await host.upload(0, 64), Uint8Array.of(0x00, 0x21, 0x41));
  assertEquals(await kindOf(() => host.download(0, [0x92])), "stall");
});

Deno.test("slow-enumeration: opening takes 13.7 s, after each plug", async () => {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f107") }, clock);
  assertEquals(device.isAttached, false);
  await device.open();
  assertEquals([device.isAttached, clock.now()], [true, 13_700]);
  device.replug();
  await device.open();
  assertEquals(clock.now(), 27_400);
});

Deno.test("leave-unanswered: the device is gone before the GETSTATUS after a leave", async () => {
  const { device, host } = await start("gd32vf103");
  device.writeMemory(FLASH, pattern(64, 3));
  await host.setAddress(FLASH);
  await host.download(0);
  assertEquals(await kindOf(() => host.status()), "disconnected");
  assertEquals(device.report.left, { address: FLASH, vectorTable: true });
  assertEquals(await kindOf(() => device.open()), "not-found");
});

Deno.test("resets-after-option-bytes: the write is done, and its result never told", async () => {
  const { device, host } = await start("stm32f405");
  await host.selectAlternate(1);
  await host.setAddress(0x1FFFC000);
  await host.download(2, pattern(16));
  assertEquals((await host.status()).state, 4);
  assertEquals(await kindOf(() => host.status()), "disconnected");
  assertEquals(device.readMemory(0x1FFFC000, 16), pattern(16));
  assertEquals((await (await Host.open(device)).status()).state, 2);
});

Deno.test("Without resets-after-option-bytes the result is told", async () => {
  const { device, host } = await start("stm32f405", { quirks: [] });
  await host.selectAlternate(1);
  await host.setAddress(0x1FFFC000);
  assertEquals(await host.command(2, pattern(16)), READY);
  assertEquals(device.readMemory(0x1FFFC000, 16), pattern(16));
});

Deno.test("silent-at-rdp1: writes and erases are acknowledged, and nothing changes", async () => {
  const { device, host } = await start("stm32u585", { readProtected: true });
  const before = device.readMemory(FLASH, 0x4000);
  assertEquals((await host.erase(FLASH)).state, 5);
  await host.setAddress(FLASH);
  assertEquals(await host.command(2, pattern(1024)), READY);
  assertEquals(device.readMemory(FLASH, 0x4000), before);
  await host.abort();
  assertEquals(await host.upload(2, 1024), before.subarray(0, 1024));
});

Deno.test("voltage-sets-parallelism: without it Device Feature changes no timing", async () => {
  const { clock, host } = await start("stm32f405", { quirks: [] });
  await host.selectAlternate(3);
  await host.setAddress(0xFFFF0000);
  await host.command(2, [3, 0xFF, 0xFF, 0xFF]);
  await host.selectAlternate(0);
  const startMs = clock.now();
  await host.erase(FLASH);
  assertEquals(Math.floor(clock.now() - startMs), 400);
});

Deno.test("layout-lies: the memory is the real one, whatever the string says", async () => {
  const { device, host } = await start("stm32h7a3");
  await host.erase(FLASH + 0x2000);
  assertEquals([...device.report.erases.keys()], [FLASH + 0x2000]);
  const memory = device.readMemory(FLASH, 0x6000);
  assertEquals(memory.subarray(0x2000, 0x4000), new Uint8Array(0x2000).fill(0xFF));
  assertNotEquals(memory.subarray(0x4000), new Uint8Array(0x2000).fill(0xFF));
});
