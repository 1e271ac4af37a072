import { assert, assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { realClock } from "../../src/usb/real_clock.ts";

Deno.test("VirtualClock jumps to the end of a sleep, however long", async () => {
  const clock = new VirtualClock();
  await clock.sleep(32_000);
  assertEquals(clock.now(), 32_000);
});

Deno.test("VirtualClock adds up without rounding errors", async () => {
  const clock = new VirtualClock();
  for (let i = 0; i < 1000; i++) await clock.sleep(0.1);
  assertEquals(clock.now(), 100);
});

Deno.test("VirtualClock does not move while someone still runs", async () => {
  const clock = new VirtualClock();
  const sleeping = clock.sleep(5);
  for (let i = 0; i < 100; i++) {
    await Promise.resolve();
    assertEquals(clock.now(), 0);
  }
  await sleeping;
  assertEquals(clock.now(), 5);
});

Deno.test("VirtualClock wakes sleepers in order of time, then of call", async () => {
  const clock = new VirtualClock();
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} at ${clock.now()}`);
  };
  await Promise.all([sleep("a", 3), sleep("b", 1), sleep("c", 2), sleep("d", 1), sleep("e", 0)]);
  assertEquals(woken, ["e at 0", "b at 1", "d at 1", "c at 2", "a at 3"]);
});

Deno.test("VirtualClock runs many tasks in parallel in the time of the longest", async () => {
  const clock = new VirtualClock();
  const step = async (task: number) => {
    for (let i = 0; i < 50; i++) {
      const before = clock.now();
      await clock.sleep(task + 1);
      assertEquals(clock.now(), before + task + 1);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, task) => step(task)));
  assertEquals(clock.now(), 50 * 64);
});

Deno.test("VirtualClock lets everyone run to the end, through any number of microtasks", async () => {
  const clock = new VirtualClock();
  const run = async (task: number) => {
    let dueMs = 0;
    for (let i = 0; i < 40; i++) {
      for (let hops = (i * 37 + task * 101) % 300; hops > 0; hops--) await Promise.resolve();
      assertEquals(clock.now(), dueMs);
      dueMs += 1 + (i * 7 + task) % 5;
      await clock.sleep(dueMs - clock.now());
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, task) => run(task)));
});

Deno.test("VirtualClock can be used again after nobody slept", async () => {
  const clock = new VirtualClock();
  await clock.sleep(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  await clock.sleep(1);
  assertEquals(clock.now(), 2);
});

Deno.test("VirtualClock treats a negative sleep as none, and refuses one without end", async () => {
  const clock = new VirtualClock();
  await clock.sleep(-5);
  assertEquals(clock.now(), 0);
  await assertRejects(() => clock.sleep(Infinity), RangeError);
  await assertRejects(() => clock.sleep(NaN), RangeError);
});

Deno.test("realClock() counts faster by its speed", async () => {
  const clock = realClock(1000);
  await clock.sleep(1000);
  assert(clock.now() >= 990, `${clock.now()}`);
});
