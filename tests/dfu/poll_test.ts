import { assertEquals, assertRejects } from "@std/assert";
import { maximumEraseMs } from "../../src/dfu/limits.ts";
import { isBusy, StatusPoller, type WorkBounds } from "../../src/dfu/poll.ts";
import { DfuState } from "../../src/dfu/protocol.ts";
import { StuckError } from "../../src/dfu/refusal.ts";
import { DfuRequests } from "../../src/dfu/requests.ts";
import { DeviceError, TransportError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { ScriptedTransport, statusBytes } from "./rig.ts";

const { dfuDNBUSY, dfuDNLOAD_IDLE, dfuDNLOAD_SYNC, dfuERROR, dfuIDLE } = DfuState;
const STALL = () => new TransportError("stall", "stall");
const busy = (pollTimeoutMs: number) => statusBytes(dfuDNBUSY, { pollTimeoutMs });
const done = () => statusBytes(dfuDNLOAD_IDLE);

/** A poller whose device answers in this order, and then always the last; the times of the requests are noted. */
function start(pollEarly: boolean, answers: readonly (() => Uint8Array | Error)[]) {
  const clock = new VirtualClock();
  const times: number[] = [];
  const transport = new ScriptedTransport((_, count) => {
    times.push(clock.now());
    return (answers[count - 1] ?? answers.at(-1)!)();
  });
  const poller = new StatusPoller(new DfuRequests(transport, 0), { clock, pollEarly });
  const finish = async (work?: WorkBounds) => poller.end(await poller.begin(work), work);
  return { clock, times, transport, poller, finish };
}

Deno.test("StatusPoller asks a part that answers early at once, and only once early", async () => {
  const { finish, times } = start(true, [() => busy(50), () => busy(30), done]);
  assertEquals((await finish()).state, dfuDNLOAD_IDLE);
  assertEquals(times, [0, 0, 30]);
});

Deno.test("StatusPoller waits the stated time for parts that do not", async () => {
  const { finish, times } = start(false, [() => busy(50), () => busy(30), done]);
  await finish();
  assertEquals(times, [0, 50, 80]);
});

Deno.test("StatusPoller learns from a stall to wait, for this piece of work and all later ones", async () => {
  const { finish, times } = start(true, [() => busy(50), STALL, done, () => busy(20), done]);
  await finish();
  await finish();
  assertEquals(times, [0, 0, 50, 50, 70]);
});

Deno.test("StatusPoller sends a stalled GETSTATUS again, four times at most", async () => {
  const good = start(false, [STALL, STALL, STALL, done]);
  assertEquals((await good.poller.status()).state, dfuDNLOAD_IDLE);
  const bad = start(false, [STALL]);
  await assertRejects(() => bad.poller.status(), TransportError);
  assertEquals(bad.times.length, 4);
});

Deno.test("StatusPoller never asks in a tight loop", async () => {
  const { finish, times } = start(false, [() => busy(0), () => busy(0), done]);
  await finish();
  assertEquals(times, [0, 1, 2]);
});

Deno.test("StatusPoller gives up on a device that stays busy, and says so", async () => {
  const { finish, clock, times } = start(true, [() => busy(100)]);
  const error = await assertRejects(() => finish({ maximumMs: 1000 }), StuckError);
  assertEquals([error.status.state, error.waitedMs], [dfuDNBUSY, 1000]);
  assertEquals(clock.now(), 1000);
  assertEquals(times.length, 12);
});

Deno.test("StatusPoller waits 20 s for a write, and as long for the page of an unknown part", async () => {
  const { finish, clock } = start(false, [() => busy(100)]);
  await assertRejects(() => finish(), StuckError);
  assertEquals(clock.now(), 20_000);
  assertEquals(maximumEraseMs(2048, undefined), 20_000);
});

Deno.test("StatusPoller does not sleep for the hours that bwPollTimeout can state", async () => {
  const { finish, clock } = start(false, [() => busy(0xFFFFFF)]);
  await assertRejects(() => finish({ maximumMs: 1000 }), StuckError);
  assertEquals(clock.now(), 600_000);
});

Deno.test("StatusPoller gives a device that states a long time that time", async () => {
  const { finish, clock } = start(false, [() => busy(30_000), done]);
  await finish({ maximumMs: 20_000 });
  assertEquals(clock.now(), 30_000);
});

Deno.test("StatusPoller lets a transfer take as long as the work may", async () => {
  const { finish, transport } = start(true, [() => busy(100), done]);
  await finish({ maximumMs: 120_000 });
  assertEquals(transport.sent.map(({ timeoutMs }) => timeoutMs), [120_000, 120_000]);
});

Deno.test("StatusPoller passes a lost device on", async () => {
  const gone = () => new TransportError("disconnected", "gone");
  const early = start(true, [() => busy(1), gone]);
  await assertRejects(() => early.finish(), TransportError);
  const late = start(false, [() => busy(1), gone]);
  await assertRejects(() => late.finish(), TransportError);
});

Deno.test("StatusPoller refuses a status that is too short", async () => {
  const { finish } = start(true, [() => new Uint8Array(3)]);
  await assertRejects(() => finish(), DeviceError, "3 bytes, expected 6");
});

Deno.test("StatusPoller wakes a part that stays busy for ever by CLRSTATUS, twice and after the time", async () => {
  const error = () => statusBytes(dfuERROR, { status: 14 });
  const answers = [() => busy(10), () => busy(10), done, error, done, () => statusBytes(dfuIDLE)];
  const { finish, clock, transport } = start(true, answers);
  assertEquals((await finish({ stuckMs: 4000 })).state, dfuIDLE);
  assertEquals(clock.now(), 4000);
  assertEquals(transport.sent.map(({ setup }) => setup.request), [3, 3, 4, 3, 4, 3]);
});

Deno.test("StatusPoller sends no CLRSTATUS where the end is reported after all", async () => {
  const { finish, transport } = start(true, [() => busy(10), done]);
  assertEquals((await finish({ stuckMs: 4000 })).state, dfuDNLOAD_IDLE);
  assertEquals(transport.sent.map(({ setup }) => setup.request), [3, 3]);
});

Deno.test("isBusy() holds for dfuDNBUSY and dfuDNLOAD-SYNC only", () => {
  const states = Object.values(DfuState)
    .filter((state) => isBusy({ state, status: 0, pollTimeoutMs: 0 }));
  assertEquals(states, [dfuDNLOAD_SYNC, dfuDNBUSY]);
});
