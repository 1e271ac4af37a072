import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDfuse } from "../helpers/run_dfuse.ts";

const F072 = ["--simulate", "stm32f072"];

Deno.test("dfuse options shows bytes, names, values and what they do", async () => {
  const run = await runDfuse(["options", ...F072]);
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals(
    run.stdout,
    `STM32F072, 128 KiB, 0483:df11 at simulated-1, serial STM32FxSTM32
  0x1FFFF800  aa 55 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00

  RDP           0     read protection level: off: memory can be read
  WDG_SW        1     independent watchdog: started by the program
  nRST_STOP     1     entering Stop mode: does not reset it
  nRST_STDBY    1     entering Standby mode: does not reset it
  nBOOT1        1     what starts while BOOT0 is 1: the boot loader
  VDDA_MONITOR  1     supervision of the analog supply: on
  RAM_PARITY    1     parity check of RAM: off
  DATA0         0xFF  free for the user
  DATA1         0xFF  free for the user
  WRP           none  write protection, by 4 KiB
`,
  );
});

Deno.test("dfuse options set shows the difference, writes, and reads back", async () => {
  const image = Deno.makeTempFileSync({ suffix: ".img" });
  Deno.removeSync(image);
  const part = ["--simulate", `stm32f072,image=${image}`];
  try {
    const dry = await runDfuse(["options", "set", "WDG_SW=0", "WRP=0-1", "--dry-run", ...part]);
    const lines = `Option bytes to be changed:
  WDG_SW  1 -> 0  (independent watchdog: started by hardware at reset)
  WRP     none -> 0-1
  - 0x1FFFF800  aa 55 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00
  + 0x1FFFF800  aa 55 fe 01 ff 00 ff 00 fc 03 ff 00 ff 00 ff 00
`;
    assertEquals([dry.code, dry.stdout], [0, lines]);
    const run = await runDfuse(["options", "set", "WDG_SW=0", "wrp=0-1", ...part]);
    assertEquals(
      [run.code, run.stdout],
      [0, lines + "Done: written and read back; the device has reset, and they are in force\n"],
    );
    assertStringIncludes(run.stderr, "warning: WDG_SW=0 resets every program");
    const again = await runDfuse(["options", "set", "WDG_SW=0", "WRP=0-1", "--json", ...part]);
    const document = JSON.parse(again.stdout);
    assertEquals([document.schema, document.outcome, document.changes], [
      "dfuse.options/1",
      "nothing-to-do",
      [],
    ]);
    assertEquals(
      document.options.find(({ name }: { name: string }) => name === "WRP").value,
      "0-1",
    );
  } finally {
    Deno.removeSync(image);
  }
});

Deno.test("dfuse options set refuses what would lock the part, with exit code 4 and no write", async () => {
  const run = await runDfuse(["options", "set", "RDP=2", ...F072]);
  assertEquals([run.code, run.stdout], [4, ""]);
  assertStringIncludes(run.stderr, "nothing can ever undo it");
  assertStringIncludes(run.stderr, "--lock-for-ever");
  const boot = await runDfuse(["options", "set", "nBOOT1=0", "--json", ...F072]);
  assertEquals(boot.code, 4);
  assertStringIncludes(JSON.parse(boot.stdout).message, "--give-up-boot-loader");
  const meant = await runDfuse(["options", "set", "RDP=2", "--lock-for-ever", ...F072]);
  assertEquals(meant.code, 0, meant.stderr);
  assertStringIncludes(meant.stdout, "does not come back as a boot loader, as it should");
});

Deno.test("dfuse options says what it does not understand, with exit code 2 or 4", async () => {
  const cases = [
    [["reset"], 2, 'Cannot do "reset" with option bytes'],
    [["set"], 2, "nothing is named, expected NAME=VALUE"],
    [["set", "RDP"], 2, 'Cannot read "RDP": expected NAME=VALUE'],
    [["--lock-for-ever"], 2, "Cannot use --lock-for-ever without set"],
    [["set", "NOPE=1"], 4, "the part has no such option"],
  ] as const;
  for (const [words, code, text] of cases) {
    const run = await runDfuse(["options", ...words, ...F072]);
    assertEquals(run.code, code, run.stderr);
    assertStringIncludes(run.stderr.replaceAll(/\s+/g, " "), text);
  }
});

Deno.test("dfuse options set asks for --chip where parts do not share an option", async () => {
  const words = ["options", "set", "WRP=0-1", "--simulate", "stm32f405"];
  const run = await runDfuse(words);
  assertEquals(run.code, 4);
  const text = run.stderr.replaceAll(/\s+/g, " ");
  assertStringIncludes(text, "Cannot set WRP: stm32f205, stm32f405, stm32f427xg do not share it");
  assertStringIncludes(text, "--chip says which");
  assertEquals((await runDfuse([...words, "--chip", "stm32f405"])).code, 0);
});

Deno.test("dfuse options of a read-protected part tells the way out", async () => {
  const run = await runDfuse(["options", "--simulate", "stm32f405,rdp=1", "--chip", "stm32f405"]);
  assertEquals(run.code, 5);
  assertStringIncludes(run.stderr.replaceAll(/\s+/g, " "), "read-protected (RDP level 1)");
  assertStringIncludes(run.stderr, "dfuse unprotect");
});

Deno.test("dfuse unprotect erases only when it is told to, and only what is protected", async () => {
  const part = ["--simulate", "stm32f072,rdp=1"];
  const asked = await runDfuse(["unprotect", ...part]);
  assertEquals([asked.code, asked.stdout], [2, ""]);
  assertStringIncludes(asked.stderr, "This erases the whole flash");
  assertStringIncludes(asked.stderr, "--yes");
  const done = await runDfuse(["unprotect", "--yes", ...part]);
  assertEquals(done.code, 0, done.stderr);
  assertEquals(done.stdout, "Done: read protection is off, and the flash is erased\n");
  const open = await runDfuse(["unprotect", "--yes", "--json", ...F072]);
  assertEquals([open.code, JSON.parse(open.stdout).outcome], [0, "nothing-to-do"]);
});

Deno.test("dfuse options shows what it only looks at, and why", async () => {
  const run = await runDfuse(["options", "--simulate", "stm32f767"]);
  assertEquals(run.code, 0, run.stderr);
  assertStringIncludes(run.stdout.replaceAll(/\s+/g, " "), "dfuse does not write these: what its");
  assert(/BOOT_ADD0 +0x0080/.test(run.stdout), run.stdout);
});
