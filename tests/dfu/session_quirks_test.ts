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
  withVectors,
} from "./rig.ts";

const SECOND_BANK = 0x08100000;
const PAGE = { size: 128 * 1024 };
const FEATURE = 0xFFFF0000;

Deno.test("early-poll-stalls: a part that is known for it is never asked early", async () => {
  const { session, device } = await startSession("stm32l476", { fill: "random" });
  await session.erasePage({ address: FLASH, size: 2048 });
  await session.write(FLASH, pattern(2048));
  const { earlyPolls, stalls } = device.report;
  assertEquals([earlyPolls, stalls], [0, 0]);
});

Deno.test("early-poll-stalls: a part that is not known for it is asked early once", async () => {
  const { session, device } = await startSession("stm32l476", { session: { pollEarly: true } });
  await session.erasePage({ address: FLASH, size: 2048 });
  await session.write(FLASH, pattern(2048));
  await session.erasePage({ address: FLASH + 2048, size: 2048 });
  const { earlyPolls, stalls } = device.report;
  assertEquals([earlyPolls, stalls], [1, 1]);
  assertBytes(device.readMemory(FLASH, 2048), pattern(2048));
});

Deno.test("random-stalls: thousands of steps get through", async () => {
  for (let seed = 1; seed <= 2; seed++) {
    const { session, device } = await startSession("stm32l432", { seed, fill: "blank" });
    const data = pattern(64);
    for (let index = 0; index < 500; index++) await session.write(FLASH + index * 64, data);
    for (let index = 0; index < 500; index++) {
      assertEquals(await session.read(FLASH + index * 64, 64), data);
    }
    const { stalls, unerasedBytesProgrammed } = device.report;
    assert(stalls > 150, `${stalls} stalls`);
    assertEquals(unerasedBytesProgrammed, 0);
  }
});

Deno.test("erase-never-reports-done: an erase in the second bank waits and goes on", async () => {
  for (const timing of ["typical", "worst"] as const) {
    const { session, device, clock } = await startSession("stm32h743", { timing });
    const start = clock.now();
    await session.erasePage({ address: SECOND_BANK, ...PAGE });
    const took = clock.now() - start;
    assert(took >= 4000 && took < 4100, `${took} ms`);
    await session.erasePage({ address: SECOND_BANK + PAGE.size, ...PAGE });
    await session.write(SECOND_BANK, pattern(1024));
    assertBytes(device.readMemory(SECOND_BANK, 1024), pattern(1024));
    assertEquals(device.report.violationCount, 0);
    assertEquals(device.report.erases.size, 2);
  }
});

Deno.test("erase-never-reports-done: the first bank and other parts are not kept waiting", async () => {
  const first = await startSession("stm32h743");
  await first.session.erasePage({ address: SECOND_BANK - PAGE.size, ...PAGE });
  assert(first.clock.now() < 2100, `${first.clock.now()} ms`);
  const healthy = await startSession("stm32h743", { quirks: [] });
  await healthy.session.erasePage({ address: SECOND_BANK, ...PAGE });
  assert(healthy.clock.now() < 2100, `${healthy.clock.now()} ms`);
});

Deno.test("erase-never-reports-done: a later ROM of the part, which reports it, is not disturbed", async () => {
  const quirks = ["erase-never-reports-done-above-0x08100000"] as const;
  const { session, device } = await startSession("stm32h743", {
    quirks: ["clrstatus-only-in-error"],
    session: { quirks },
  });
  await session.erasePage({ address: SECOND_BANK, ...PAGE });
  assertEquals(device.report.requests["CLRSTATUS"] ?? 0, 0);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("erase-never-reports-done: recover() gets out of an erase that an earlier run began", async () => {
  const { session, host, device } = await startSession("stm32h743");
  await host.download(0, [0x41, ...littleEndian(SECOND_BANK)]);
  await host.status();
  await session.recover();
  await session.write(SECOND_BANK, pattern(1024));
  assertBytes(device.readMemory(SECOND_BANK, 1024), pattern(1024));
  assertEquals(device.report.violationCount, 0);
});

Deno.test("clrstatus-only-in-error, blind-clrstatus-breaks: CLRSTATUS is sent in dfuERROR only", async () => {
  const { session, device, host } = await startSession("stm32f405", {
    quirks: ["clrstatus-only-in-error", "blind-clrstatus-breaks"],
  });
  await session.recover();
  await session.selectAlternate(0);
  await session.erasePage({ address: FLASH, size: 0x4000 });
  await session.write(FLASH, pattern(2048));
  await session.read(FLASH, 2048);
  await session.finish();
  assertEquals(device.report.requests["CLRSTATUS"] ?? 0, 0);
  await assertRejects(() => session.erasePage({ address: 0x20000000, size: 1 }), DeviceError);
  assertEquals(device.report.requests["CLRSTATUS"], 1);
  assertEquals(await host.state(), DfuState.dfuIDLE);
});

Deno.test("mass-erase-underreports: 32 s are waited for, however the part tells that it is busy", async () => {
  for (const whileBusy of ["nak", "repeat"] as const) {
    for (const pollEarly of [true, false]) {
      const { session, device, clock } = await startSession("stm32f405", {
        whileBusy,
        timing: "worst",
        session: { pollEarly },
      });
      await session.eraseAll();
      assert(clock.now() > 32_000 && clock.now() < 33_000, `${clock.now()} ms`);
      assertBytes(device.readMemory(FLASH + 0xFFFF0, 16), new Uint8Array(16).fill(0xFF));
    }
  }
});

Deno.test("A part whose timing is not known gets the time of the slowest part that is", async () => {
  const { session, device } = await startSession("stm32f405", {
    timing: "worst",
    session: { timing: undefined },
  });
  await session.erasePage({ address: FLASH + 0x20000, size: 0x20000 });
  await session.eraseAll();
  await session.write(FLASH, pattern(2048));
  assertBytes(device.readMemory(FLASH, 2048), pattern(2048));
});

Deno.test("leave: the pointer is set, and a device that is gone, silent or still there has left", async () => {
  for (
    const options of [
      {},
      { leaves: "never" },
      { quirks: ["leave-unanswered"] },
      { faults: [{ transfer: 4, kind: "stall" }] },
      { faults: [{ transfer: 5, kind: "stall" }] },
      { faults: [{ transfer: 5, kind: "timeout" }] },
    ] as const
  ) {
    const { session, device } = await startSession("stm32f405", options);
    device.writeMemory(FLASH, withVectors(pattern(64)));
    await session.leave(FLASH);
    const { left, violationCount, commands } = device.report;
    assertEquals(left, { address: FLASH, vectorTable: true });
    assertEquals([commands.leave, violationCount], [1, 0], JSON.stringify(options));
  }
});

Deno.test("leave: losing the device before it was asked to is no success", async () => {
  for (const transfer of [1, 2, 3]) {
    const { session } = await startSession("stm32f405", {
      faults: [{ transfer, kind: "disconnect" }],
    });
    await assertRejects(() => session.leave(FLASH), TransportError);
  }
});

Deno.test("leave: a device may be gone as soon as it is asked, before its status is", async () => {
  const faults = [{ transfer: 4, kind: "disconnect" }] as const;
  const { session } = await startSession("stm32f405", { faults });
  await session.leave(FLASH);
});

Deno.test("leave: a device that does not answer the request itself has not left", async () => {
  const faults = [{ transfer: 4, kind: "timeout" }] as const;
  const { session, device } = await startSession("stm32f405", { faults });
  await assertRejects(() => session.leave(FLASH), TransportError);
  assertEquals(device.report.left, undefined);
});

Deno.test("leave: a device that refuses says why", async () => {
  const { session } = await startSession("stm32f405");
  const error = await assertRejects(() => session.leave(0x20000000), DeviceError);
  assert(error.message.startsWith("Cannot start the program at 0x20000000: errTARGET"));
  const late = await startSession("stm32f405", {
    faults: [{ transfer: 5, kind: "status", status: "errFIRMWARE" }],
  });
  await assertRejects(() => late.session.leave(FLASH), DeviceError, "errFIRMWARE (10)");
});

Deno.test("leave: a device that takes its time is asked again, three times at most", async () => {
  let statuses = 0;
  const transport = new ScriptedTransport(({ setup }) => {
    if (setup.request !== 3) return new Uint8Array();
    statuses++;
    return statusBytes(statuses === 1 ? DfuState.dfuDNLOAD_IDLE : DfuState.dfuMANIFEST_SYNC);
  });
  await scriptedSession(transport).leave(FLASH);
  assertEquals(statuses, 1 + 3);
});

Deno.test("voltage-sets-parallelism: setVoltage() takes effect and is read back", async () => {
  const { session, device, clock } = await startSession("stm32f405");
  await session.selectAlternate(3);
  await session.setVoltage(FEATURE, "2.7-3.6");
  assertBytes(device.readMemory(FEATURE, 4), Uint8Array.of(3, 0xFF, 0xFF, 0xFF));
  await session.selectAlternate(0);
  const start = clock.now();
  await session.erasePage({ address: FLASH, size: 0x4000 });
  assert(clock.now() - start < 260, `${clock.now() - start} ms`);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("setVoltage() tells each range by its code, and finds a loader that does not keep it", async () => {
  const codes = { "1.8-2.1": 0, "2.1-2.4": 1, "2.4-2.7": 2, "2.7-3.6": 3 } as const;
  for (const [range, code] of Object.entries(codes)) {
    const { session, device } = await startSession("stm32f405");
    await session.selectAlternate(3);
    await session.setVoltage(FEATURE, range as keyof typeof codes);
    assertEquals(device.readMemory(FEATURE, 1)[0], code);
  }
  let refused = 0;
  for (let seed = 1; seed <= 16; seed++) {
    // One bit of the written block changes on its way: in the code, or in the bytes behind it.
    const faults = [{ transfer: 6, kind: "flip" }] as const;
    const { session, device } = await startSession("stm32f405", { seed, faults });
    await session.selectAlternate(3);
    const result = session.setVoltage(FEATURE, "2.7-3.6");
    try {
      await result;
      assertEquals(device.readMemory(FEATURE, 1)[0], 3);
    } catch (error) {
      assert(error instanceof DeviceError && error.message.includes("supply voltage"));
      refused++;
    }
  }
  assert(refused > 0);
});

Deno.test("resets-after-option-bytes: no answer after the write is success, and ends the session", async () => {
  const rig = await startSession("stm32f405", { session: { resettingAlternates: [1] } });
  const { session, device } = rig;
  await session.selectAlternate(1);
  const bytes = pattern(16);
  await session.write(0x1FFFC000, bytes);
  assertEquals(session.hasReset, true);
  assertBytes(device.readMemory(0x1FFFC000, 16), bytes);
  await session.finish();
  await assertRejects(() => session.read(0x1FFFC000, 16), TransportError);
});

Deno.test("resets-after-option-bytes: losing the device anywhere else is no success", async () => {
  const lost = async (alternate: number, transfer: number) => {
    const { session } = await startSession("stm32f405", {
      session: { resettingAlternates: [1] },
      faults: [{ transfer, kind: "disconnect" }],
    });
    await session.selectAlternate(alternate);
    const address = alternate === 1 ? 0x1FFFC000 : FLASH;
    await assertRejects(() => session.write(address, pattern(16)), TransportError);
    assertEquals(session.hasReset, false);
  };
  // SET_INTERFACE, GETSTATUS; SET_ADDRESS and two statuses; then the block and its first status.
  for (const transfer of [3, 4, 5, 6, 7]) await lost(1, transfer);
  for (const transfer of [3, 4, 5, 6, 7, 8]) await lost(0, transfer);
});

Deno.test("readUnprotect() erases everything, and the reset it ends in is success", async () => {
  const { session, device } = await startSession("stm32f405", { readProtected: true });
  await session.readUnprotect();
  assertEquals(session.hasReset, true);
  assert(device.readMemory(FLASH, 0x100000).every((byte) => byte === 0xFF));
  assertEquals(device.report.commands["read-unprotect"], 1);
});
