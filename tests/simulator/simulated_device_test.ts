import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import { Host, littleEndian, pattern } from "./host.ts";

const FLASH = 0x08000000;
const OK = { status: 0, pollTimeoutMs: 0 };

async function start(options: Partial<SimulatorOptions> = {}) {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f405"), ...options }, clock);
  return { clock, device, host: await Host.open(device) };
}

/** Virtual milliseconds that something takes, to the microsecond. */
async function timed(clock: VirtualClock, action: () => Promise<unknown>): Promise<string> {
  const startMs = clock.now();
  await action();
  return (clock.now() - startMs).toFixed(3);
}

/** DNLOAD and two status requests; the setup of the second is on the wire while the device works. */
function commandTime(size: number, workMs: number): string {
  return (wireTimeMs(size) + wireTimeMs(6) + workMs + wireTimeMs(6) - wireTimeMs(0)).toFixed(3);
}

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

Deno.test("Blocks with consecutive numbers land one after the other", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.setAddress(FLASH + 0x100);
  for (const block of [2, 3, 4]) await host.command(block, pattern(2048, block));
  const memory = device.readMemory(FLASH, 0x2000);
  for (const block of [2, 3, 4]) {
    const offset = 0x100 + (block - 2) * 2048;
    assertEquals(memory.subarray(offset, offset + 2048), pattern(2048, block));
  }
  assertEquals(device.report.bytesWritten, 3 * 2048);
  assertEquals(device.report.violations, []);
});

Deno.test("UPLOAD reads on block by block and ends with a short answer at the end of memory", async () => {
  const { device, host } = await start();
  await host.setAddress(0x08100000 - 3000);
  await host.abort();
  assertEquals(await host.upload(2, 2048), device.readMemory(0x08100000 - 3000, 2048));
  assertEquals(await host.state(), 9);
  assertEquals(await host.upload(3, 2048), device.readMemory(0x08100000 - 952, 952));
  assertEquals(await host.state(), 2);
  assertEquals(device.report.bytesRead, 3000);
});

Deno.test("UPLOAD that begins at the very end of memory answers nothing, beyond it is errTARGET", async () => {
  const { host } = await start();
  await host.setAddress(0x08100000 - 2048);
  await host.abort();
  assertEquals((await host.upload(3, 2048)).length, 0);
  const error = await assertRejects(() => host.upload(4, 2048), TransportError);
  assertEquals(error.kind, "stall");
  assertEquals(await host.status(), { status: 1, pollTimeoutMs: 0, state: 10 });
});

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

Deno.test("A block that reaches beyond memory is errTARGET and writes nothing", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.setAddress(0x08100000 - 1024);
  assertEquals((await host.command(2, pattern(2048))).status, 1);
  assertEquals(device.readMemory(0x08100000 - 1024, 1024), new Uint8Array(1024).fill(0xFF));
});

Deno.test("The loader's version byte can be read in system memory", async () => {
  const { host } = await start();
  await host.setAddress(0x1FFF77DE);
  await host.abort();
  assertEquals((await host.upload(2, 2))[0], 0x31);
});

Deno.test("Programming clears bits only, and bytes that were not erased are counted", async () => {
  const { device, host } = await start({ fill: "blank" });
  await host.setAddress(FLASH);
  await host.command(2, Uint8Array.of(0xF0, 0xFF, 0x0F, 0xAA));
  assertEquals(device.report.unerasedBytesProgrammed, 0);
  await host.setAddress(FLASH);
  assertEquals((await host.command(2, Uint8Array.of(0x3C, 0x12, 0xFF, 0x55))).status, 0);
  assertEquals(device.readMemory(FLASH, 4), Uint8Array.of(0x30, 0x12, 0x0F, 0x00));
  assertEquals(device.report.unerasedBytesProgrammed, 3);
});

Deno.test("Where flash has ECC, programming a word twice fails, and so does filling up a half one", async () => {
  for (const [chip, offset] of [["stm32l476", 0], ["stm32g0b1", 4], ["stm32h743", 24]] as const) {
    const { device, host } = await start({ chip: findChip(chip), fill: "blank", quirks: [] });
    await host.setAddress(FLASH);
    assertEquals((await host.command(2, pattern(8).subarray(0, offset === 4 ? 4 : 8))).status, 0);
    const before = device.readMemory(FLASH, 64);
    await host.setAddress(FLASH + offset);
    assertEquals((await host.command(2, new Uint8Array(8))).status, 6, chip);
    assertEquals(device.readMemory(FLASH, 64), before);
    assert(device.report.unerasedBytesProgrammed > 0);
  }
});

Deno.test("A flash word counts as programmed from whichever end it was begun", async () => {
  const { host } = await start({ chip: findChip("stm32h743"), fill: "blank", quirks: [] });
  await host.setAddress(FLASH + 24);
  assertEquals((await host.command(2, pattern(8))).status, 0);
  await host.setAddress(FLASH);
  assertEquals((await host.command(2, pattern(8))).status, 6);
});

Deno.test("OTP is blank, takes bits once, and has no erase", async () => {
  const { device, host } = await start();
  await host.selectAlternate(2);
  assertEquals(device.readMemory(0x1FFF7800, 16), new Uint8Array(16).fill(0xFF));
  await host.setAddress(0x1FFF7800);
  await host.command(2, Uint8Array.of(0x0F, 0xFF, 0xFF, 0xFF));
  await host.setAddress(0x1FFF7800);
  await host.command(2, Uint8Array.of(0xF0, 0xFF, 0xFF, 0xFF));
  assertEquals(device.readMemory(0x1FFF7800, 1), Uint8Array.of(0x00));
  assertEquals((await host.erase(0x1FFF7800)).status, 1);
});

Deno.test("Memory without an erase takes bytes as they are", async () => {
  const { device, host } = await start({ chip: findChip("stm32l072"), fill: "blank" });
  await host.selectAlternate(2);
  await host.setAddress(0x08080000);
  await host.command(2, new Uint8Array(4));
  await host.setAddress(0x08080000);
  await host.command(2, Uint8Array.of(1, 2, 3, 4));
  assertEquals(device.readMemory(0x08080000, 4), Uint8Array.of(1, 2, 3, 4));
  assertEquals((await host.erase(0x08080000)).status, 1);
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

Deno.test("Read protection refuses read, write and erase with errVENDOR, and read unprotect ends it", async () => {
  const { device, host } = await start({ readProtected: true });
  const before = device.readMemory(FLASH, 4096);
  await host.setAddress(FLASH);
  const refused = { status: 11, pollTimeoutMs: 0, state: 10 };
  assertEquals(await host.command(2, pattern(2048)), refused);
  await host.clearStatus();
  assertEquals(await host.erase(FLASH), refused);
  await host.clearStatus();
  assertEquals(await host.command(0, [0x41]), refused);
  await host.clearStatus();
  await assertRejects(() => host.upload(2, 2048), TransportError);
  assertEquals(await host.status(), refused);
  assertEquals(device.readMemory(FLASH, 4096), before);
  await host.clearStatus();
  await host.download(0, [0x92]);
  assertEquals((await host.status()).state, 4);
  assertEquals((await assertRejects(() => host.status(), TransportError)).kind, "disconnected");
  const again = await Host.open(device);
  await again.setAddress(FLASH);
  await again.abort();
  assertEquals(await again.upload(2, 2048), new Uint8Array(2048).fill(0xFF));
});

Deno.test("Write-protected pages ignore erase and write without a word", async () => {
  const { device, host } = await start({ writeProtected: [0x08004010] });
  const before = device.readMemory(FLASH, 0xC000);
  for (const page of [0x08000000, 0x08004000]) {
    assertEquals((await host.erase(page)).status, 0);
  }
  await host.setAddress(0x08004000 - 1024);
  assertEquals((await host.command(2, pattern(2048))).status, 0);
  const after = device.readMemory(FLASH, 0xC000);
  assertEquals(after.subarray(0x3C00, 0x4000), pattern(2048).subarray(0, 1024));
  assertEquals(after.subarray(0x4000), before.subarray(0x4000));
  assertEquals((await host.command(0, [0x41])).status, 0);
  assertEquals(device.readMemory(0x08004000, 0x4000), before.subarray(0x4000, 0x8000));
});

Deno.test("Power lost during an erase leaves a page that is neither old nor blank", async () => {
  const { clock, device, host } = await start({ whileBusy: "repeat" });
  const before = device.readMemory(FLASH, 0x4000);
  await host.download(0, [0x41, ...littleEndian(FLASH)]);
  await host.status();
  await clock.sleep(200);
  device.unplug();
  const after = device.readMemory(FLASH, 0x4000);
  assertNotEquals(after, before);
  assertNotEquals(after, new Uint8Array(0x4000).fill(0xFF));
  assertEquals((await assertRejects(() => host.status(), TransportError)).kind, "disconnected");
});

Deno.test("Power lost during a write leaves half of it", async () => {
  const { clock, device, host } = await start({ whileBusy: "repeat", fill: "blank" });
  await host.setAddress(FLASH);
  await host.download(2, pattern(2048));
  await host.status();
  await clock.sleep(10);
  device.unplug();
  const after = device.readMemory(FLASH, 2048);
  assertEquals(after.subarray(0, 1024), pattern(2048).subarray(0, 1024));
  assertEquals(after.subarray(1024), new Uint8Array(1024).fill(0xFF));
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

Deno.test("The log keeps the last 256 transfers", async () => {
  const { device, host } = await start();
  for (let i = 0; i < 300; i++) await host.status();
  assertEquals(device.log.length, 256);
  assertEquals(device.log.at(-1)?.text, "GETSTATUS value 0, index 0, 6 bytes: ok, 6 bytes");
  assertEquals(device.report.transfers, 300);
  assertEquals(device.report.requests, { GETSTATUS: 300 });
});

Deno.test("Old contents follow the seed and are not blank", () => {
  const contents = (seed: number) =>
    createSimulatedDevice({ chip: findChip("stm32f072"), seed }, new VirtualClock())
      .readMemory(FLASH, 0x20000);
  assertEquals(contents(1), contents(1));
  assertNotEquals(contents(1), contents(2));
  assert(contents(1).filter((byte) => byte === 0xFF).length < 0x20000 / 128);
});

Deno.test("readMemory() refuses what the part does not have", () => {
  const device = createSimulatedDevice({ chip: findChip("stm32f072") }, new VirtualClock());
  assertThrows(() => device.readMemory(0x0801FFFF, 2), RangeError);
  assertThrows(() => device.writeMemory(0x20000000, new Uint8Array(1)), RangeError);
});
