import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, littleEndian, pattern, start } from "./host.ts";

const FLASH = 0x08000000;

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

Deno.test("Old contents follow the seed and are not blank", () => {
  const contents = (seed: number) =>
    createSimulatedDevice({ chip: findChip("stm32f072"), seed }, new VirtualClock())
      .readMemory(FLASH, 0x20000);
  assertEquals(contents(1), contents(1));
  assertNotEquals(contents(1), contents(2));
  assert(contents(1).filter((byte) => byte === 0xFF).length < 0x20000 / 128);
});
