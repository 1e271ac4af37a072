import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildDfuse, fixCrc } from "../helpers/firmware_files.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";

Deno.test("dfuse info shows every element of a file", async () => {
  const run = await runDfuse(["info", EXAMPLE]);
  assertEquals(run.code, 0);
  assertEquals(run.stderr, "");
  assertStringIncludes(run.stdout, "0x08000000..0x08003039");
  assertStringIncludes(run.stdout, "0x08003F00..0x08003F40");
  assertStringIncludes(run.stdout, "correct");
});

Deno.test("dfuse info --json is one document, with the sums that other tools give", async () => {
  const run = await runDfuse(["info", EXAMPLE, "--json"]);
  const document = JSON.parse(run.stdout);
  const bytes = await Deno.readFile(EXAMPLE);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  assertEquals(document.schema, "dfuse.info/1");
  assertEquals(document.file.sha256, hex(sum));
  assertEquals(document.file.size, bytes.length);
  assertEquals(document.images[0].elements.length, 3);
  assertEquals(document.suffix.crcCorrect, true);
});

Deno.test("dfuse info reads standard input, and says the same", async () => {
  const stdin = await Deno.readFile(EXAMPLE);
  const piped = await runDfuse(["info", "-"], { stdin });
  const named = await runDfuse(["info", EXAMPLE]);
  assertEquals(piped.code, 0);
  assertEquals(piped.stdout.split("\n").slice(1), named.stdout.split("\n").slice(1));
});

Deno.test("dfuse info refuses damaged files with exit code 3, an offset and no stack trace", async () => {
  const file = await Deno.readFile(EXAMPLE);
  for (const damaged of [file.slice(0, 100), file.slice(0, -1), flip(file, 5000)]) {
    const run = await runDfuse(["info", "-", "--json"], { stdin: damaged });
    assertEquals(run.code, 3, run.stderr);
    const { error, facts, message } = JSON.parse(run.stdout);
    assertEquals(error, "FirmwareError");
    assertEquals(typeof facts.offset, "number", message);
    assertEquals(/\bat .*\.ts:\d/.test(run.stderr), false, run.stderr);
  }
});

Deno.test("dfuse info --ignore-crc shows a file whose CRC is wrong, and says so", async () => {
  const stdin = flip(await Deno.readFile(EXAMPLE), 5000);
  const run = await runDfuse(["info", "-", "--ignore-crc"], { stdin });
  assertEquals(run.code, 0);
  assertStringIncludes(run.stdout, "WRONG");
});

Deno.test("dfuse info refuses a count of elements that the file cannot hold, at once", async () => {
  const data = new Uint8Array(300);
  const stdin = fixCrc(buildDfuse({
    targets: [{ elements: [{ address: 0x08000000, data }], count: 0xFFFFFFFF }],
  }));
  const run = await runDfuse(["info", "-"], { stdin });
  assertEquals(run.code, 3);
  assertStringIncludes(run.stderr, "error: ");
});

Deno.test("dfuse info names a missing file, a directory and an empty file", async () => {
  const missing = await runDfuse(["info", "no/such/file.dfu"]);
  assertEquals([missing.code, missing.stderr.includes("no such file")], [3, true]);
  const folder = await runDfuse(["info", "examples"]);
  assertEquals([folder.code, folder.stderr.includes("directory")], [3, true]);
  const empty = await runDfuse(["info", "-"], { stdin: new Uint8Array() });
  assertEquals([empty.code, empty.stderr.includes("empty")], [3, true]);
});

function flip(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index]! ^= 0x10;
  return copy;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
