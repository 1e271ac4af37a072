import { assert, assertEquals } from "@std/assert";
import { seeded } from "../helpers/random.ts";
import { inFolder } from "./folder.ts";
import { killRuns } from "./kill_runs.ts";

/** `deno task bench station` does two hundred. */
const KILLS = 12;

Deno.test({
  name: "dfuse that is killed at random moments loses no attempt and gives no value twice",
  // A killed process leaves its children's pipes to the system, which ends them when it likes.
  ignore: Deno.build.os === "windows",
  fn: seeded((seed) =>
    inFolder(async (folder) => {
      const run = await killRuns(KILLS, { seed, folder });
      assertEquals(run.problems, []);
      assert(run.attempts > 0, JSON.stringify(run));
    })
  ),
});
