import { assertEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { factoryBytes, findOptionBytes, OPTION_BYTES } from "../../src/chips/option_bytes.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, pattern, start } from "./host.ts";

const FLASH = 0x08000000;
const OPTIONS = 0x1FFFC000;
const FACTORY = factoryBytes(findOptionBytes("stm32f405")!.blocks[0]!);

/** The first row with another user byte and read protection byte, as hardware stores it. */
function row(user: number, rdp: number): Uint8Array {
  const bytes = FACTORY.slice();
  for (const offset of [0, 4]) {
    bytes.set([user, rdp, 255 - user, 255 - rdp], offset);
  }
  return bytes;
}

/** Writes option bytes from their start, and waits for what comes of it. */
async function write(host: Host, data: Uint8Array, address = OPTIONS) {
  await host.selectAlternate(1);
  await host.setAddress(address);
  await host.download(2, data);
  await host.status();
  return await host.status().catch((error) => error);
}

Deno.test("Every part leaves the factory with the option bytes of its table, old contents or not", () => {
  for (const table of OPTION_BYTES) {
    for (const fill of ["random", "blank"] as const) {
      const chip = findChip(table.chips[0]!);
      const device = createSimulatedDevice({ chip, fill }, new VirtualClock());
      for (const block of table.blocks) {
        const factory = factoryBytes(block);
        assertEquals(device.readMemory(block.address, factory.length), factory, chip.id);
      }
    }
  }
});

Deno.test("Option bytes are in force after the next start, and not before", async () => {
  const { device, host } = await start({ quirks: [] });
  assertEquals((await write(host, row(0xEF, 0xBB))).state, 5);
  await host.selectAlternate(0);
  await host.setAddress(FLASH);
  await host.abort();
  assertEquals((await host.upload(2, 64)).length, 64);
  device.replug();
  const later = await Host.open(device);
  await later.setAddress(FLASH);
  await later.abort();
  await assertRejects(() => later.upload(2, 64), TransportError);
  assertEquals((await later.status()).status, 11);
});

Deno.test("rdp=1 shows in the option bytes; read unprotect sets them back and erases", async () => {
  const { device, host } = await start({ readProtected: true });
  assertEquals(device.readMemory(OPTIONS, 16), row(0xEF, 0xBB));
  await host.download(0, [0x92]);
  assertEquals((await host.status()).state, 4);
  await assertRejects(() => host.status(), TransportError);
  assertEquals(device.readMemory(OPTIONS, 16), FACTORY);
  assertEquals(device.readMemory(FLASH, 64), new Uint8Array(64).fill(0xFF));
  const later = await Host.open(device);
  await later.setAddress(FLASH);
  await later.abort();
  assertEquals((await later.upload(2, 64)).length, 64);
});

Deno.test("Level 2 ends the boot loader for ever; a broken complement of it is level 1", async () => {
  const { device, host } = await start();
  await write(host, row(0xEF, 0xCC));
  assertEquals(device.isAttached, false);
  device.replug();
  await assertRejects(() => device.open(), TransportError);
  const broken = await start();
  const bytes = row(0xEF, 0xCC);
  bytes[7] = 0;
  await write(broken.host, bytes);
  const later = await Host.open(broken.device);
  assertEquals((await later.status()).state, 2);
});

Deno.test("Option bytes that are sent in part lose the rest, and the part is read-protected", async () => {
  const { device, host } = await start();
  await write(host, FACTORY.subarray(0, 4));
  assertEquals(device.readMemory(OPTIONS, 4), FACTORY.subarray(0, 4));
  assertEquals(device.readMemory(OPTIONS + 4, 12), new Uint8Array(12).fill(0xFF));
  assertEquals(device.report.violations, ["4 of 16 option bytes written"]);
});

Deno.test("A write that begins in the middle of option bytes is not done", async () => {
  const { device, host } = await start();
  assertEquals((await write(host, FACTORY.subarray(0, 8), OPTIONS + 8)).status, 1);
  assertEquals(device.readMemory(OPTIONS, 16), FACTORY);
});

Deno.test("Power lost while option bytes are written leaves none, and read protection", async () => {
  const { device, host, clock } = await start();
  await host.selectAlternate(1);
  await host.setAddress(OPTIONS);
  await host.download(2, row(0xE3, 0xAA));
  await host.status();
  await clock.sleep(1);
  device.replug();
  assertEquals(device.readMemory(OPTIONS, 16), new Uint8Array(16).fill(0xFF));
  const later = await Host.open(device);
  await later.download(0, [0x92]);
  await later.status();
  await assertRejects(() => later.status(), TransportError);
  assertEquals(device.readMemory(OPTIONS, 16), FACTORY);
});

Deno.test("wrp= protects besides what option bytes say", async () => {
  const { device, host } = await start({ writeProtected: [FLASH + 0x4000] });
  const bytes = FACTORY.slice();
  for (const offset of [8, 12]) bytes.set([0xFE, 0xFF, 0x01, 0x00], offset);
  await write(host, bytes);
  const later = await Host.open(device);
  for (const [page, isBlank] of [[0, false], [0x4000, false], [0x8000, true]] as const) {
    await later.erase(FLASH + page);
    const found = device.readMemory(FLASH + page, 64);
    assertEquals(found.every((byte) => byte === 0xFF), isBlank, `${page}`);
  }
});

Deno.test("An image file keeps option bytes, and so read protection", async () => {
  const image = Deno.makeTempFileSync({ suffix: ".img" });
  Deno.removeSync(image);
  try {
    const { device, host } = await start({ image });
    await write(host, row(0xEF, 0x11));
    device.unplug();
    const { host: later } = await start({ image });
    await later.setAddress(FLASH);
    await later.abort();
    await assertRejects(() => later.upload(2, 64), TransportError);
  } finally {
    Deno.removeSync(image);
  }
});

Deno.test("A part without known option bytes takes any", async () => {
  const { device, host } = await start({ chip: findChip("gd32vf103"), quirks: [] });
  await write(host, pattern(16), 0x1FFFF800);
  assertEquals(device.readMemory(0x1FFFF800, 16), pattern(16));
});
