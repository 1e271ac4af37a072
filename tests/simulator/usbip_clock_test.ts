import { assert, assertEquals } from "@std/assert";
import { UsbipClock } from "../../src/simulator/usbip_clock.ts";

/** A timer that is late by what it is told, each time anew. */
function lateTimer(lateness: () => number) {
  const waits: number[] = [];
  let nowMs = 0;
  return {
    waits,
    now: () => nowMs,
    pass: (ms: number) => void (nowMs += ms),
    sleep(ms: number) {
      waits.push(ms);
      nowMs += ms + lateness();
      return Promise.resolve();
    },
  };
}

Deno.test("UsbipClock.sleep() is right on average with a timer that is always late", async () => {
  const timer = lateTimer(() => 1.3);
  const clock = new UsbipClock(1, timer);
  for (let count = 0; count < 1000; count++) await clock.sleep(2.49);
  assert(Math.abs(clock.now() - 2490) < 1e-6, `${clock.now()}`);
  assert(Math.abs(timer.now() - 2490) < 3, `${timer.now()}`);
});

Deno.test("UsbipClock.sleep() adds up waits that are too short for a timer", async () => {
  const timer = lateTimer(() => 0);
  const clock = new UsbipClock(1, timer);
  for (let count = 0; count < 100; count++) await clock.sleep(0.03);
  assertEquals(clock.now().toFixed(3), "3.000");
  assertEquals(timer.waits, [1, 1, 1]);
  assert(Math.abs(timer.now() - 3) <= 1, `${timer.now()}`);
});

Deno.test("UsbipClock is as many times faster as it is told", async () => {
  const timer = lateTimer(() => 0.5);
  const clock = new UsbipClock(10, timer);
  for (let count = 0; count < 100; count++) await clock.sleep(400);
  assert(Math.abs(timer.now() - 4000) < 2, `${timer.now()}`);
  assertEquals(clock.now().toFixed(3), "40000.000");
});

Deno.test("UsbipClock does not make up for time in which the process stood still", async () => {
  const timer = lateTimer(() => 500);
  const clock = new UsbipClock(1, timer);
  await clock.sleep(100);
  assertEquals(clock.now(), 595);
  timer.pass(50);
  assertEquals(clock.now(), 645);
});

Deno.test("UsbipClock.now() never goes back while a wait that was given up goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let nowMs = 0;
  const clock = new UsbipClock(1, {
    now: () => nowMs,
    sleep: (ms) => ms > 1000 ? promise : Promise.resolve(void (nowMs += ms)),
  });
  const given = clock.sleep(2000);
  await clock.sleep(20);
  await clock.sleep(0.9);
  const before = clock.now();
  nowMs = 30;
  resolve();
  await given;
  assert(clock.now() >= before && clock.now() <= 31, `${clock.now()}`);
});

Deno.test("UsbipClock.sleep() for longer than timers can count never ends", async () => {
  const timer = lateTimer(() => 0);
  const clock = new UsbipClock(1e6, timer);
  const forever = clock.sleep(Number.MAX_SAFE_INTEGER).then(() => "woke");
  assertEquals(
    await Promise.race([forever, clock.sleep(2e9).then(() => "still asleep")]),
    "still asleep",
  );
  assertEquals(timer.waits, [2000]);
});
