import { assert, assertEquals, assertRejects } from "@std/assert";
import { fuzz } from "../../scripts/fuzz/fuzz.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import { randomTest } from "../helpers/random.ts";

randomTest("fuzz() finds nothing wrong with the readers in 500 inputs", async (seed) => {
  const report = await fuzz({ seed, goOn: (count) => count < 500 });
  assertEquals(report.count, 500);
  assert(report.accepted > 20 && report.refused > 100, JSON.stringify(report));
});

Deno.test("fuzz() notices a wrong error, and tells the input", async () => {
  const collect: typeof collectInput = async (input, options) => {
    try {
      return await collectInput(input, options);
    } catch {
      throw new TypeError("a bug");
    }
  };
  const run = () => fuzz({ seed: 1, goOn: (count) => count < 500, collect });
  await assertRejects(run, Error, "of seed 1: TypeError: a bug\n");
});

Deno.test("fuzz() notices bytes that were never in the file", async () => {
  const collect: typeof collectInput = async (input, options) => {
    const firmware = await collectInput(input, options);
    const data = new Uint8Array(100_000);
    return {
      ...firmware,
      images: [{ image: { segments: [{ address: 0, size: 100_000, data }] } }],
    };
  };
  const run = () => fuzz({ seed: 1, goOn: (count) => count < 500, collect });
  await assertRejects(run, Error, "100000 bytes of firmware");
});
