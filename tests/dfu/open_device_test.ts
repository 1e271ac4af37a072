import { assert, assertEquals, assertRejects } from "@std/assert";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { openDevice, readDevice } from "../../src/dfu/open_device.ts";
import { DeviceError, PlanError, TransportError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { pattern } from "../simulator/host.ts";
import { assertBytes, FLASH, open, plugIn, ScriptedTransport } from "./rig.ts";

Deno.test("openDevice() knows every part of the table, or what it has in common with its look-alikes", async () => {
  for (const chip of CHIPS) {
    const { facts, profile, canUpload, session } = await open(plugIn(chip.id));
    assertEquals([facts.vendorId, facts.productId], [chip.vendorId, chip.productId]);
    assertEquals(profile.transferSize, chip.transferSize, chip.id);
    assert(profile.writeAlignment % chip.writeAlignment === 0, chip.id);
    assertEquals([canUpload, session.hasReset], [true, false]);
    for (const quirk of chip.quirks) assert(profile.quirks.includes(quirk), `${chip.id}: ${quirk}`);
  }
});

Deno.test("openDevice() takes the part, the voltage and the transfer size that the user names", async () => {
  const chip = findChip("stm32f405");
  const { profile } = await open(plugIn("stm32f405"), {
    chip,
    voltage: "2.7-3.6",
    transferSize: 256,
  });
  assertEquals([profile.chip, profile.transferSize], ["stm32f405", 256]);
  assertEquals(profile.timing, chip.timingAtVoltage?.["2.7-3.6"]);
});

Deno.test("openDevice() lets no other transfer size confuse the device, which counts in its own", async () => {
  const data = pattern(8192);
  for (const transferSize of [256, 1024, 2048]) {
    const board = plugIn("stm32f405", { fill: "blank" });
    const { session } = await open(board, { transferSize });
    for (let offset = 0; offset < data.length; offset += transferSize) {
      await session.write(FLASH + offset, data.subarray(offset, offset + transferSize));
    }
    assertBytes(board.device.readMemory(FLASH, data.length), data);
    for (let offset = 0; offset < data.length; offset += transferSize) {
      const block = data.subarray(offset, offset + transferSize);
      assertBytes(await session.read(FLASH + offset, transferSize), block);
    }
    assertEquals(board.device.report.violationCount, 0);
  }
});

Deno.test("openDevice() refuses longer blocks than the device takes, before anything is sent", async () => {
  const board = plugIn("stm32f405");
  const error = await assertRejects(() => open(board, { transferSize: 2049 }), PlanError);
  assertEquals(
    error.message,
    "Cannot use blocks of 2049 B: the device takes 2048 B (wTransferSize), expected at most that",
  );
  assertEquals(Object.keys(board.device.report.requests), ["GET_DESCRIPTOR"]);
  // A device that does not say what it takes leaves it to the user.
  const silent = await openDevice(describing([0xFE, 1, 2], 0x0B, 0), {
    ...clock(),
    transferSize: 4096,
  });
  assertEquals(silent.profile.transferSize, 4096);
});

Deno.test("openDevice() asks early only a known part of ST's that does not mind", async () => {
  const polls: Record<string, boolean> = {
    stm32f405: true,
    stm32g474: true,
    stm32l476: false,
    stm32l432: false,
    gd32vf103: false,
  };
  for (const [id, early] of Object.entries(polls)) {
    const board = plugIn(id);
    const { session } = await open(board, { chip: findChip(id) });
    await session.erasePage({ address: 0x08000000, size: 2048 });
    assertEquals(board.device.report.earlyPolls > 0, early, id);
  }
});

Deno.test("readDevice() asks again for a descriptor that stalls or does not come", async () => {
  const count = plugIn("stm32f405");
  const whole = await readDevice(await count.device.open());
  const { transfers } = count.device.report;
  for (const kind of ["stall", "timeout"] as const) {
    for (let transfer = 1; transfer <= transfers; transfer++) {
      const { device } = plugIn("stm32f405", { faults: [{ transfer, kind }] });
      assertEquals(await readDevice(await device.open()), whole);
    }
  }
});

Deno.test("readDevice() reads a device without strings, and stops at one that is lost", async () => {
  const whole = plugIn("stm32f405");
  const transport = await whole.device.open();
  const mute = new ScriptedTransport(() => new Uint8Array());
  mute.controlIn = (setup, length, timeoutMs) =>
    setup.value >= 0x300 && setup.value < 0x400
      ? Promise.reject(new TransportError("stall", "stall"))
      : transport.controlIn(setup, length, timeoutMs);
  const facts = await readDevice(mute);
  assertEquals(facts.strings, ["", "", "", ""]);
  assertEquals(facts.serial, undefined);
  const { device } = plugIn("stm32f405", { faults: [{ transfer: 5, kind: "disconnect" }] });
  const lost = await device.open();
  await assertRejects(() => readDevice(lost), TransportError);
});

Deno.test("openDevice() refuses a device in runtime mode, and one without DFU", async () => {
  const runtime = describing([0xFE, 1, 1]);
  await assertRejects(() => openDevice(runtime, clock()), DeviceError, "its program runs");
  const other = describing([3, 0, 0]);
  await assertRejects(() => openDevice(other, clock()), DeviceError, "no DFU interface");
});

Deno.test("openDevice() takes the word of the functional descriptor for reading", async () => {
  for (const [attributes, canUpload] of [[0x0B, true], [0x09, false]] as const) {
    const device = await openDevice(describing([0xFE, 1, 2], attributes), clock());
    assertEquals([device.canUpload, device.profile.transferSize], [canUpload, 1024]);
  }
});

function clock() {
  return { clock: new VirtualClock() };
}

/** A device with one interface of this class, subclass and protocol. */
function describing(
  codes: readonly number[],
  attributes = 0x0B,
  transferSize = 1024,
): ScriptedTransport {
  const device = [18, 1, 0, 2, 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xDF, 0, 0x22, 0, 0, 0, 1];
  const functional = [9, 0x21, attributes, 0xFF, 0, 0, transferSize / 256, 0x1A, 1];
  const configuration = [9, 2, 27, 0, 1, 1, 0, 0xC0, 50, 9, 4, 0, 0, 0, ...codes, 0, ...functional];
  return new ScriptedTransport(({ setup, length }) =>
    Uint8Array.from(setup.value === 0x100 ? device : configuration).subarray(0, length)
  );
}
