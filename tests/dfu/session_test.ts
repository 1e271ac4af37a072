import { assert, assertEquals, assertRejects } from "@std/assert";
import { DfuState } from "../../src/dfu/protocol.ts";
import { DeviceError, TransportError } from "../../src/errors.ts";
import { littleEndian, pattern } from "../simulator/host.ts";
import {
  assertBytes,
  FLASH,
  scriptedSession,
  ScriptedTransport,
  startSession,
  statusBytes,
} from "./rig.ts";

const DFU_IDLE = 2;

/** How a device gets into each state before the session finds it, as raw requests. */
const STATES: Record<string, (rig: Awaited<ReturnType<typeof startSession>>) => Promise<unknown>> =
  {
    "dfuIDLE": () => Promise.resolve(),
    "dfuDNLOAD-SYNC": ({ host }) => host.download(0, [0x21, ...littleEndian(FLASH)]),
    "dfuDNBUSY": async ({ host }) => {
      await host.download(0, [0x41, ...littleEndian(0x08020000)]);
      await host.status();
    },
    "dfuDNLOAD-IDLE": ({ host }) => host.setAddress(FLASH),
    "dfuUPLOAD-IDLE": ({ host }) => host.upload(2, 64),
    "dfuERROR": ({ host }) => assertRejects(() => host.download(1, [1])),
    "dfuERROR of a command": ({ host }) => host.erase(0x20000000),
  };

for (const [state, bring] of Object.entries(STATES)) {
  for (const whileBusy of ["nak", "repeat"] as const) {
    Deno.test(`DfuSession.recover() brings ${state} to dfuIDLE (${whileBusy})`, async () => {
      const rig = await startSession("stm32f405", {
        whileBusy,
        quirks: ["clrstatus-only-in-error", "blind-clrstatus-breaks"],
      });
      await bring(rig);
      const before = rig.device.report;
      await rig.session.recover();
      assertEquals(await rig.host.state(), DFU_IDLE);
      const { violationCount, requests } = rig.device.report;
      assertEquals(violationCount, before.violationCount);
      assertEquals(requests["CLRSTATUS"] ?? 0, state.startsWith("dfuERROR") ? 1 : 0);
      await rig.session.write(FLASH + 0x4000, pattern(64));
    });
  }
}

Deno.test("DfuSession.recover() waits out the longest mass erase that an earlier run began", async () => {
  for (const whileBusy of ["nak", "repeat"] as const) {
    const { session, host, clock } = await startSession("stm32f405", {
      whileBusy,
      timing: "worst",
    });
    await host.download(0, [0x41]);
    await host.status();
    await session.recover();
    assert(clock.now() > 31_000 && clock.now() < 33_000, `${clock.now()} ms`);
    assertEquals(await host.state(), DFU_IDLE);
  }
});

Deno.test("DfuSession.recover() gives up on a device that stays busy for ever", async () => {
  const { session, clock } = await startSession("stm32f405", {
    faults: [{ transfer: 1, kind: "busy" }],
  });
  const error = await assertRejects(() => session.recover(), DeviceError);
  assert(error.message.includes("dfuDNBUSY"), error.message);
  assert(clock.now() < 60_000, `${clock.now()} ms`);
});

Deno.test("DfuSession.recover() gives up on a device that no request moves", async () => {
  const transport = new ScriptedTransport(() => statusBytes(DfuState.dfuUPLOAD_IDLE));
  const error = await assertRejects(() => scriptedSession(transport).recover(), DeviceError);
  assert(error.message.includes("dfuUPLOAD-IDLE"), error.message);
});

Deno.test("DfuSession.recover() says so when the program runs", async () => {
  for (const state of [DfuState.appIDLE, DfuState.appDETACH]) {
    const transport = new ScriptedTransport(() => statusBytes(state));
    await assertRejects(
      () => scriptedSession(transport).recover(),
      DeviceError,
      "its program runs",
    );
    assertEquals(transport.sent.length, 1);
  }
});

Deno.test("DfuSession writes consecutive blocks with one address, and a short tail with its own", async () => {
  const { session, device } = await startSession("stm32f405", { fill: "blank" });
  const data = pattern(2048 * 3 + 100);
  for (let offset = 0; offset < data.length; offset += 2048) {
    await session.write(FLASH + offset, data.subarray(offset, offset + 2048));
  }
  assertBytes(device.readMemory(FLASH, data.length), data);
  const { commands, violationCount } = device.report;
  assertEquals(commands["set-address"], 2);
  assertEquals(commands.data, 4);
  assertEquals(violationCount, 0);
});

Deno.test("DfuSession reads consecutive blocks with one address, and aborts once before the first", async () => {
  const { session, device } = await startSession("stm32f405");
  for (let index = 0; index < 5; index++) {
    assertEquals(
      await session.read(FLASH + index * 2048, 2048),
      device.readMemory(FLASH + index * 2048, 2048),
    );
  }
  const { commands, requests, violationCount } = device.report;
  assertEquals([commands["set-address"], requests["ABORT"], violationCount], [1, 1, 0]);
});

Deno.test("DfuSession goes from writing to reading and back as often as it likes", async () => {
  const { session, device } = await startSession("stm32f405", { fill: "blank" });
  const data = pattern(2048 * 6);
  for (let offset = 0; offset < data.length; offset += 2048) {
    const block = data.subarray(offset, offset + 2048);
    await session.write(FLASH + offset, block);
    assertEquals(await session.read(FLASH + offset, 2048), block);
    assertEquals(await session.read(FLASH + offset, 7), block.subarray(0, 7));
    await session.read(FLASH + offset, 2048);
  }
  for (const offset of [0x8000, 0xA000]) {
    // Where the address would count on, the state still is another.
    await session.write(FLASH + offset, data.subarray(0, 2048));
    await session.read(FLASH + offset + 2048, 2048);
    await session.write(FLASH + offset + 4096, data.subarray(0, 2048));
  }
  assertEquals(device.report.violationCount, 0);
});

Deno.test("DfuSession writes and reads beyond block 0xFFFF with a new address", async () => {
  const size = 16;
  let pointer = 0, pointers = 0, state: number = DfuState.dfuIDLE;
  const places: number[] = [];
  const transport = new ScriptedTransport(({ setup, data }) => {
    if (setup.request === 3) return statusBytes(state);
    state = setup.request === 6 ? DfuState.dfuIDLE : DfuState.dfuDNLOAD_IDLE;
    if (setup.request === 6) return new Uint8Array();
    if (setup.value === 0) {
      pointer = new DataView(data.buffer).getUint32(1, true);
      pointers++;
    } else {
      places.push(pointer + (setup.value - 2) * size);
    }
    return new Uint8Array(size);
  });
  const talk = scriptedSession(transport, size);
  const expected = Array.from({ length: 0xFFFF + 3 }, (_, index) => FLASH + index * size);
  const block = new Uint8Array(size);
  for (const address of expected) await talk.write(address, block);
  const isRight = () => expected.every((address, index) => address === places[index]);
  assertEquals([pointers, places.length, isRight()], [2, expected.length, true]);
  places.length = 0;
  for (const address of expected) await talk.read(address, size);
  assertEquals([pointers, places.length, isRight()], [4, expected.length, true]);
  assert(transport.sent.every(({ setup }) => setup.value <= 0xFFFF && setup.value !== 1));
});

Deno.test("DfuSession reads a single byte in a block of two, the least that a device takes", async () => {
  const { session, device } = await startSession("stm32f405");
  const end = FLASH + 0x100000;
  for (const address of [FLASH, FLASH + 1, FLASH + 2049, end - 2, end - 1]) {
    assertEquals(await session.read(address, 1), device.readMemory(address, 1));
  }
  assertEquals(device.report.bytesRead, 10);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("DfuSession sets the address anew after an erase and after another alternate", async () => {
  const { session, device } = await startSession("stm32f405", { fill: "blank" });
  const data = pattern(2048);
  await session.write(FLASH, data);
  await session.erasePage({ address: FLASH + 0x4000, size: 0x4000 });
  await session.write(FLASH + 2048, data);
  await session.selectAlternate(0);
  await session.write(FLASH + 4096, data);
  assertEquals(device.report.commands["set-address"], 3);
  assertBytes(device.readMemory(FLASH, 6144), Uint8Array.from([...data, ...data, ...data]));
});

Deno.test("DfuSession.write() does it again from a new address after an accidental stall", async () => {
  const fresh = await startSession("stm32f405", { fill: "blank" });
  for (let transfer = 1; transfer <= 12; transfer++) {
    const { session, device } = await startSession("stm32f405", {
      fill: "blank",
      faults: [{ transfer, kind: "stall" }],
    });
    const data = pattern(4096);
    await session.write(FLASH, data.subarray(0, 2048));
    await session.write(FLASH + 2048, data.subarray(2048));
    await session.finish();
    assertBytes(device.readMemory(FLASH, 4096), data, `stall at transfer ${transfer}`);
    assertEquals(device.report.unerasedBytesProgrammed, 0, `stall at transfer ${transfer}`);
  }
  assertEquals(fresh.device.report.stalls, 0);
});

Deno.test("DfuSession.selectAlternate() forgives a device with one alternate that stalls the choice", async () => {
  const transport = new ScriptedTransport(({ setup }) =>
    setup.request === 11
      ? new TransportError("stall", "stall")
      : statusBytes(setup.request === 3 ? DfuState.dfuIDLE : 0)
  );
  await scriptedSession(transport).selectAlternate(0);
  await assertRejects(
    () => scriptedSession(transport).selectAlternate(1),
    DeviceError,
    "alternate",
  );
});
