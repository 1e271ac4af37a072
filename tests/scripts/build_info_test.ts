import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { buildTime, readBuildInfo } from "../../scripts/build_info.ts";
import { fromFileUrl } from "../../scripts/tasks.ts";

Deno.test("buildTime() takes SOURCE_DATE_EPOCH instead of the clock", () => {
  assertEquals(buildTime("1700000000", 0).toISOString(), "2023-11-14T22:13:20.000Z");
  assertEquals(buildTime("0", 5).getTime(), 0);
  assertEquals(buildTime(undefined, 12_345).getTime(), 12_345);
});

Deno.test("buildTime() refuses what is no number of seconds", () => {
  for (const epoch of ["", "today", "-1", "1.5", "9".repeat(20)]) {
    assertThrows(() => buildTime(epoch, 0), Error, "SOURCE_DATE_EPOCH");
  }
});

Deno.test("readBuildInfo() names the version, the commit and the target", async () => {
  const root = fromFileUrl(new URL("../../", import.meta.url));
  const build = await readBuildInfo(root, { target: "some-target", time: new Date(0) });
  assertMatch(build.version, /^\d+\.\d+\.\d+/);
  assertMatch(build.commit ?? "", /^(unknown|[0-9a-f]{12}(\+changes)?)$/);
  assertEquals(build.date, "1970-01-01");
  assertEquals(build.target, "some-target");
});
