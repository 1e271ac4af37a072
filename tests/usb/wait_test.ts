import { assertEquals, assertRejects } from "@std/assert";
import { InterruptedError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { Clock } from "../../src/usb/transport.ts";
import { waitOnBus } from "../../src/usb/wait.ts";
import { FakeBus } from "./fake_bus.ts";

Deno.test("waitOnBus() looks once where it shall not wait, and starts no watch", async () => {
  const clock = new VirtualClock();
  let looks = 0;
  let watches = 0;
  const bus = new FakeBus([]);
  bus.watch = () => {
    watches++;
    return () => {};
  };
  const look = () => Promise.resolve(void looks++);
  assertEquals(await waitOnBus(bus, look, { clock, timeoutMs: 0 }), undefined);
  assertEquals([looks, watches, clock.now()], [1, 0, 0]);
});

Deno.test("waitOnBus() polls where no events come, and ends in time", async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  const waits: number[] = [];
  const look = () => Promise.resolve(void times.push(clock.now()));
  const onWait = (elapsedMs: number) => void waits.push(elapsedMs);
  const bus = new FakeBus([]);
  assertEquals(await waitOnBus(bus, look, { clock, timeoutMs: 600, onWait }), undefined);
  assertEquals(times, [0, 250, 500, 600]);
  assertEquals(waits, [0, 250, 500]);
  assertEquals(bus.watchers, 0);
});

Deno.test("waitOnBus() gives what it finds at once", async () => {
  const clock = new VirtualClock();
  const look = () => Promise.resolve(clock.now() >= 400 ? "found" : undefined);
  const bus = new FakeBus([]);
  assertEquals(await waitOnBus(bus, look, { clock, timeoutMs: 60_000 }), "found");
  assertEquals(clock.now(), 500);
});

/** A clock on which nobody wakes up. */
const STOPPED: Clock = { now: () => 0, sleep: () => new Promise(() => {}) };

Deno.test("waitOnBus() looks when a device is attached, before it would poll", async () => {
  const bus = new FakeBus([]);
  let looks = 0;
  const look = () => Promise.resolve(++looks === 2 ? "found" : undefined);
  const waiting = waitOnBus(bus, look, { clock: STOPPED, timeoutMs: 1000 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([looks, bus.watchers], [1, 1]);
  bus.attach();
  assertEquals(await waiting, "found");
  assertEquals(bus.watchers, 0);
});

Deno.test("waitOnBus() stops at once when it is asked to", async () => {
  const bus = new FakeBus([]);
  const controller = new AbortController();
  const look = () => Promise.resolve(undefined);
  const { signal } = controller;
  const waiting = waitOnBus(bus, look, { clock: STOPPED, timeoutMs: 1000, signal });
  await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort();
  await assertRejects(() => waiting, InterruptedError);
  assertEquals(bus.watchers, 0);
});

Deno.test("waitOnBus() ends its watch when looking fails", async () => {
  const clock = new VirtualClock();
  const bus = new FakeBus([]);
  const look = () => clock.now() > 0 ? Promise.reject(new Error("x")) : Promise.resolve(undefined);
  await assertRejects(() => waitOnBus(bus, look, { clock, timeoutMs: 1000 }), Error, "x");
  assertEquals(bus.watchers, 0);
});
