import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";
const F405 = ["--chip", "stm32f405"];

Deno.test("dfuse plan shows pages, losses, totals and time at a glance", async () => {
  const run = await runDfuse(["plan", EXAMPLE, ...F405]);
  assertEquals(run.code, 0);
  assertEquals(
    run.stdout,
    `examples/example.dfu -> STM32F405/407/415/417, 1 MiB

Alternate 0 Internal Flash
  [#...####........................................................]
  # erase and write   . not touched
  0x08000000  1 x 16 KiB  erase, write 12.1 KiB of 16 KiB
  0x08010000  1 x 64 KiB  erase, write 8.8 KiB of 64 KiB
  Lost: 48.4 KiB outside the image, erased (--preserve keeps them)
    0x08003039..0x08003F00  3.7 KiB
    0x08003F40..0x08004000  192 B
    0x08014E20..0x08020000  44.5 KiB

Erase 2 pages (80 KiB), write 20.9 KiB in 13 blocks, verify 31.6 KiB,
  start at 0x08000000
About 2.0 s: erase 1.6 s, write 374 ms, verify 42 ms
`,
  );
});

Deno.test("dfuse plan --json gives the operations as plain data", async () => {
  const run = await runDfuse(["plan", EXAMPLE, ...F405, "--json"]);
  const document = JSON.parse(run.stdout);
  assertEquals(document.schema, "dfuse.plan/1");
  assertEquals(document.device.chip, "stm32f405");
  assertEquals(document.operations.slice(0, 3), [
    { kind: "select", alternate: 0 },
    { kind: "erase", address: 0x08000000, pageSize: 0x4000, pageCount: 1 },
    { kind: "erase", address: 0x08010000, pageSize: 0x10000, pageCount: 1 },
  ]);
  assertEquals(document.operations.at(-1), { kind: "leave", address: 0x08000000 });
});

Deno.test("dfuse plan takes a layout string instead of a chip", async () => {
  const layout = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
  const run = await runDfuse(["plan", EXAMPLE, "--layout", layout, "--no-leave", "--no-verify"]);
  assertEquals(run.code, 0, run.stderr);
  assertStringIncludes(run.stdout, "do not verify, stay in the boot loader".replace(", ", ",\n  "));
});

Deno.test("dfuse plan takes no address that has lost its x, and no job file", async () => {
  const address = await runDfuse(["plan", EXAMPLE, ...F405, "--address", "08008000"]);
  assertEquals(address.code, 2);
  assertStringIncludes(address.stderr, "must be an address such as 0x08000000");
  const job = await runDfuse(["plan", "docs/job.schema.json", ...F405]);
  assertEquals(job.code, 2);
  assertStringIncludes(job.stderr, "A job file is for dfuse flash");
});

Deno.test("dfuse plan without a memory shows the file and what to add", async () => {
  const run = await runDfuse(["plan", EXAMPLE]);
  assertEquals(run.code, 0);
  assertStringIncludes(run.stdout, "0x08000000..0x08003039");
  assertStringIncludes(run.stderr, "--chip");
});

Deno.test("dfuse plan refuses what does not fit with exit code 4, as text and JSON", async () => {
  const layout = "@Internal Flash  /0x08000000/12*001Ka,116*001Kg";
  const run = await runDfuse(["plan", EXAMPLE, "--layout", layout, "--json"]);
  assertEquals(run.code, 4);
  assertStringIncludes(run.stderr, "0x08000000 is read-only");
  assertEquals(JSON.parse(run.stdout).exitCode, 4);
});

Deno.test("dfuse plan needs an address for a raw binary", async () => {
  const stdin = new Uint8Array(5000).fill(0x42);
  const without = await runDfuse(["plan", "-", ...F405], { stdin });
  assertEquals(without.code, 2, without.stderr);
  assertStringIncludes(without.stderr, "--address");
  const given = await runDfuse(["plan", "-", ...F405, "--address", "0x08008000"], { stdin });
  assertEquals(given.code, 0, given.stderr);
  assertStringIncludes(given.stdout, "start at 0x08008000");
});

const WRONG: readonly (readonly [args: readonly string[], says: string])[] = [
  [["plan"], "file"],
  [["info", EXAMPLE, "another"], ""],
  [["plan", EXAMPLE, "--no-such-option"], "--no-such-option"],
  [["plan", EXAMPLE, "--chip"], "--chip"],
  [["plan", EXAMPLE, "--chip", "stm32f999"], "stm32f999"],
  [["plan", EXAMPLE, ...F405, "--layout", "@x/0/1*1Kg"], "--layout"],
  [["plan", EXAMPLE, ...F405, "--erase", "some"], "needed, touched, all, none"],
  [["plan", EXAMPLE, ...F405, "--address", "0x1G"], "0x1G"],
  [["plan", EXAMPLE, ...F405, "--leave", "0x123456789"], "0x123456789"],
  [["plan", EXAMPLE, ...F405, "--alternate", "256"], "256"],
  [["plan", EXAMPLE, ...F405, "--erase", "all", "--preserve"], "--preserve"],
  [["plna", EXAMPLE], "plna"],
  [["--no-such-option"], "--no-such-option"],
];

for (const [args, says] of WRONG) {
  Deno.test(`dfuse ${args.join(" ")} is a usage error`, async () => {
    const run = await runDfuse(args);
    assertEquals(run.code, 2, run.stderr);
    assertEquals(run.stdout, "");
    assert(run.stderr.startsWith("error: "), run.stderr);
    assertStringIncludes(run.stderr, says);
  });
}

Deno.test("dfuse without arguments shows its help and fails", async () => {
  const run = await runDfuse([]);
  assertEquals(run.code, 2);
  assertStringIncludes(run.stderr, "plan");
});

Deno.test("dfuse --help and --version print to standard output", async () => {
  const help = await runDfuse(["plan", "--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertStringIncludes(help.stdout, "--chip");
  const version = await runDfuse(["--version"]);
  assertEquals(version.code, 0);
  assertStringIncludes(version.stdout, "0.1.0");
});

Deno.test("dfuse chips lists the parts, and all about one", async () => {
  const all = await runDfuse(["chips"]);
  assertStringIncludes(all.stdout, "stm32f405");
  assertStringIncludes(all.stdout, "at32f437");
  const one = await runDfuse(["chips", "STM32F407VGT6"]);
  assertStringIncludes(one.stdout, "04*016Kg,01*064Kg,07*128Kg");
  const json = JSON.parse((await runDfuse(["chips", "stm32l476", "--json"])).stdout);
  assertEquals(json.chips[0].writeAlignment, 8);
});
