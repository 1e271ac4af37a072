/** What a session says where the device refuses or is lost. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DfuState } from "../../src/dfu/protocol.ts";
import { DeviceError, TransportError } from "../../src/errors.ts";
import { pattern } from "../simulator/host.ts";
import { FLASH, scriptedSession, ScriptedTransport, startSession, statusBytes } from "./rig.ts";

const DFU_IDLE = 2;

Deno.test("DfuSession says why the device refuses, and goes on afterwards", async () => {
  const rig = await startSession("stm32f405", { readProtected: true });
  const { session, device, host } = rig;
  const jobs: [string, () => Promise<unknown>][] = [
    ["write 4 bytes at 0x08000000", () => session.write(FLASH, pattern(4))],
    ["read 64 bytes at 0x08000000", () => session.read(FLASH, 64)],
    ["erase the page at 0x08000000", () => session.erasePage({ address: FLASH, size: 0x4000 })],
    ["erase the whole memory", () => session.eraseAll()],
  ];
  for (const [doing, job] of jobs) {
    const error = await assertRejects(job, DeviceError);
    assert(error.message.startsWith(`Cannot ${doing}: errVENDOR (11)`), error.message);
    assert(error.hint?.includes("RDP level 1"), error.hint);
    assertEquals(error.facts["status"], 11);
    assertEquals(await host.state(), DFU_IDLE);
  }
  const wrong = await assertRejects(() => session.write(0x20000000, pattern(4)), DeviceError);
  assert(wrong.message.includes("errTARGET (1)"), wrong.message);
  assertEquals(device.report.violationCount, 0);
});

Deno.test("DfuSession.read() refuses an answer that is too short", async () => {
  const { session, host } = await startSession("stm32f405");
  const end = FLASH + 0x100000;
  const error = await assertRejects(() => session.read(end - 16, 64), DeviceError);
  assertEquals(error.facts, { address: end - 16, expected: 64, found: 16 });
  assertEquals(await host.state(), DFU_IDLE);
  assertEquals((await session.read(end - 16, 16)).length, 16);
});

Deno.test("DfuSession says that a device stalls for ever", async () => {
  let asked = 0;
  const transport = new ScriptedTransport(({ setup }) => {
    if (setup.request === 3) return statusBytes(DfuState.dfuIDLE);
    asked++;
    return new TransportError("stall", "stall");
  });
  const error = await assertRejects(
    () => scriptedSession(transport).write(FLASH, pattern(4)),
    DeviceError,
  );
  assert(error.message.includes("refuses the request (USB stall), in dfuIDLE (2)"), error.message);
  assert(asked <= 20, `${asked} requests`);
});

Deno.test("DfuSession says at what a device stays busy, in which state, and for how long", async () => {
  const transport = new ScriptedTransport(({ setup }) =>
    setup.request === 3 ? statusBytes(DfuState.dfuDNBUSY, { pollTimeoutMs: 100 }) : new Uint8Array()
  );
  const error = await assertRejects(() => scriptedSession(transport).eraseAll(), DeviceError);
  assertEquals(
    error.message.replace(/\d+ min \d+ s|[\d.]+ s/g, "N"),
    "Cannot erase the whole memory: the device is still in dfuDNBUSY (4), at work, after N",
  );
  assertEquals(error.facts, { status: 0, state: DfuState.dfuDNBUSY });
});

Deno.test("DfuSession refuses a device that ends its work in a state where it should not be", async () => {
  for (const state of [DfuState.dfuMANIFEST, DfuState.dfuUPLOAD_IDLE]) {
    let first = true;
    const transport = new ScriptedTransport(({ setup }) => {
      if (setup.request !== 3) return new Uint8Array();
      const bytes = statusBytes(first ? state : DfuState.dfuIDLE);
      first = false;
      return bytes;
    });
    await assertRejects(() => scriptedSession(transport).eraseAll(), DeviceError, "Cannot erase");
  }
});

Deno.test("DfuSession refuses an error that a device tells in any state", async () => {
  const transport = new ScriptedTransport(({ setup }) =>
    setup.request === 3 ? statusBytes(DfuState.dfuDNLOAD_IDLE, { status: 3 }) : new Uint8Array()
  );
  const writing = () => scriptedSession(transport).write(FLASH, pattern(4));
  await assertRejects(writing, DeviceError, "Cannot write 4 bytes at 0x08000000: errWRITE (3)");
  assert(!transport.sent.some(({ setup }) => setup.value === 2));
});

Deno.test("DfuSession says first why a device refused, then why it cannot be used any more", async () => {
  const after = {
    "disconnected": () => new TransportError("disconnected", "Cannot ask: it is gone"),
    "Cannot make the device ready": () => statusBytes(DfuState.dfuERROR, { status: 14 }),
    "did not answer": () => new TransportError("timeout", "Cannot ask: it did not answer in time"),
  };
  for (const [words, answer] of Object.entries(after)) {
    let asked = 0;
    const transport = new ScriptedTransport(({ setup }) => {
      if (setup.request !== 3) return new Uint8Array();
      return asked++ === 0 ? statusBytes(DfuState.dfuERROR, { status: 11 }) : answer();
    });
    const error = await assertRejects(() => scriptedSession(transport).eraseAll(), DeviceError);
    assert(
      error.message.startsWith("Cannot erase the whole memory: errVENDOR (11)"),
      error.message,
    );
    const { status, recovery } = error.facts;
    assertEquals(status, 11);
    assert(error.hint?.includes("RDP level 1"), error.hint);
    assert(
      error.hint?.endsWith(` After this failure the device could not be used again: ${recovery}.`),
      error.hint,
    );
    assertEquals((error.cause as Error).message, recovery);
    assert(words === "disconnected" || `${recovery}`.includes(words), `${recovery}`);
  }
});

Deno.test("DfuSession says at what a device was lost that had stalled", async () => {
  const transport = new ScriptedTransport(({ setup }) =>
    setup.request === 3
      ? new TransportError("disconnected", "Cannot ask: it is gone")
      : new TransportError("stall", "stall")
  );
  const error = await assertRejects(() => scriptedSession(transport).eraseAll(), TransportError);
  assertEquals(error.message, "Cannot erase the whole memory: the device is disconnected");
});

Deno.test("DfuSession.read() tells of a short answer, though the device is lost after it", async () => {
  const transport = new ScriptedTransport(({ setup }, count) => {
    if (setup.request === 2) return new Uint8Array(5);
    if (setup.request !== 3) return new Uint8Array();
    return count < 4
      ? statusBytes(DfuState.dfuDNLOAD_IDLE)
      : new TransportError("disconnected", "Cannot ask: it is gone");
  });
  const error = await assertRejects(() => scriptedSession(transport).read(FLASH, 64), DeviceError);
  assertEquals(error.message, "Cannot read 64 bytes at 0x08000000: the device sent 5 bytes");
  assertEquals([error.facts["found"], error.facts["recovery"]], [5, "Cannot ask: it is gone"]);
});

Deno.test("DfuSession passes a time-out and a lost device on", async () => {
  for (const kind of ["timeout", "disconnect"] as const) {
    const { session } = await startSession("stm32f405", { faults: [{ transfer: 1, kind }] });
    const error = await assertRejects(() => session.write(FLASH, pattern(4)), TransportError);
    assertEquals(error.kind, kind === "timeout" ? "timeout" : "disconnected");
    const found = kind === "timeout" ? "did not answer in time" : "is disconnected";
    assertEquals(error.message, `Cannot write 4 bytes at 0x08000000: the device ${found}`);
    assert(error.hint !== undefined);
  }
});
