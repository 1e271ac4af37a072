import { assertEquals, assertRejects } from "@std/assert";
import { seeded } from "./random.ts";

Deno.test("seeded() names the seed of a test that fails, and keeps its error", async () => {
  let used: number | undefined;
  const failure = new Error("wrong");
  const test = seeded((seed) => {
    used = seed;
    throw failure;
  });
  const error = await assertRejects(test, Error);
  assertEquals(error.message, `DFUSE_SEED=${used} repeats this failure`);
  assertEquals(error.cause, failure);
});

Deno.test("seeded() names the seed of a test that fails later", async () => {
  const test = seeded(() => Promise.reject(new Error("wrong")));
  await assertRejects(test, Error, "DFUSE_SEED=");
});
