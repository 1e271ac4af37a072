import { assertEquals, assertMatch } from "@std/assert";
import { isVersionRequest, renderVersion } from "../../src/cli/version.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

Deno.test("renderVersion() tells commit, day and platform of a build", () => {
  const build = { version: "1.2.3", commit: "0123456789ab", date: "2025-01-31", target: "x" };
  assertEquals(renderVersion(build), "dfuse 1.2.3 (commit 0123456789ab, 2025-01-31, x)\n");
  assertEquals(renderVersion({ version: "1.2.3" }), "dfuse 1.2.3 (from source)\n");
});

Deno.test("isVersionRequest() is about the first and only word", () => {
  assertEquals(isVersionRequest(["--version"]), true);
  assertEquals(isVersionRequest(["-V"]), true);
  assertEquals(isVersionRequest([]), false);
  assertEquals(isVersionRequest(["plan", "--version"]), false);
});

Deno.test("dfuse --version says the same by both names", async () => {
  const [long, short] = [await runDfuse(["--version"]), await runDfuse(["-V"])];
  assertMatch(long.stdout, /^dfuse \d+\.\d+\.\d+ \((from source|commit [^)]+)\)\n$/);
  assertEquals(short, long);
});
