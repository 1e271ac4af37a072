import { assert, assertEquals } from "@std/assert";
import { randomTest } from "../helpers/random.ts";
import { flashManyUnits } from "./many_units.ts";

/** `deno task bench station` does a thousand. */
const UNITS = 200;

randomTest(
  "a watching station with random faults loses no attempt and gives no value twice",
  async (seed) => {
    const folder = await Deno.makeTempDir();
    try {
      const run = await flashManyUnits(UNITS, { seed, folder });
      assertEquals(run.problems, []);
      assertEquals(run.units, UNITS);
      assert(run.failed > UNITS / 20, `only ${run.failed} attempts failed`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
