import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDfuse } from "../../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";

Deno.test("dfuse info shows a map where it is asked for, and is as ever without", async () => {
  const plain = (await runDfuse(["info", EXAMPLE])).stdout.split("\n");
  const run = await runDfuse(["info", EXAMPLE, "--map"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const lines = run.stdout.split("\n");
  assertEquals(lines.filter((line) => !plain.includes(line)), [
    "  [#########:..:....................................+#####+........]",
    "  # full   + half full or more   : less   . blank or nothing",
  ]);
  assertEquals(plain.filter((line) => !lines.includes(line)), []);
});

Deno.test("dfuse info --map shows none for a file without addresses", async () => {
  const run = await runDfuse(["info", "-", "--map"], { stdin: new Uint8Array(100) });
  assertEquals(run.code, 0, run.stderr);
  assertEquals(run.stdout.includes("["), false);
});

Deno.test("dfuse read --map shows what is blank in the memory that was read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const part = ["--simulate", `stm32f405,image=${folder}/part.img`];
    assertEquals((await runDfuse(["erase", "--all", ...part])).code, 0);
    assertEquals((await runDfuse(["flash", EXAMPLE, ...part])).code, 0);
    const range = ["--address", "0x08000000", "--size", "256K"];
    const run = await runDfuse(["read", `${folder}/out.bin`, "--map", ...range, ...part]);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(
      run.stdout,
      "  [###:............##:.............................................]\n" +
        "  # full   : less   . blank or nothing\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
