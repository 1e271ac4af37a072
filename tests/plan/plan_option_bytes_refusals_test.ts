import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OPTION_BYTES } from "../../src/chips/option_bytes.ts";
import { findOption } from "../../src/plan/option_state.ts";
import { ALLOW_ALL, hex, plan, problemsOf, stateOf } from "./option_rig.ts";

Deno.test("planOptionBytes() refuses level 2 without its long flag, and says what it means", () => {
  const writable = OPTION_BYTES.filter(({ readOnly }) => readOnly === undefined);
  for (const table of writable.filter(({ hasLevelTwo }) => hasLevelTwo)) {
    const [problem, ...more] = problemsOf(stateOf(table), "RDP=2");
    assertEquals(more, []);
    assertStringIncludes(problem!, "nothing can ever undo it");
    assertStringIncludes(problem!, "--lock-for-ever");
    assertEquals(problemsOf(stateOf(table), "RDP=2", { lockForEver: true }), []);
    const inDisguise = problemsOf(stateOf(table), "WDG_SW=1 RDP=0xCC");
    assert(inDisguise.length > 0);
  }
  assertStringIncludes(problemsOf(stateOf("stm32f107"), "RDP=2")[0]!, "expected 0 or 1");
});

Deno.test("planOptionBytes() leaves lifting read protection to unprotect", () => {
  const state = stateOf("stm32f405", (bytes) => bytes.set(hex("EFBB 1044 EFBB 1044")));
  assertEquals(problemsOf(state, "RDP=0"), [
    "Cannot set RDP=0: lifting read protection erases the whole flash, expected dfuse unprotect",
  ]);
  // Level 1 has 254 bytes: the one that is there stays.
  const other = stateOf("stm32f405", (bytes) => bytes.set(hex("EF12 10ED EF12 10ED")));
  assertEquals(plan(other, "RDP=1").write, undefined);
  assertEquals(plan(other, "RDP=1 WDG_SW=0").write!.data[1], 0x12);
});

Deno.test("planOptionBytes() refuses to give up the boot loader without a flag", () => {
  const refused = (chip: string, words: string) => {
    const problems = problemsOf(stateOf(chip), words);
    assertEquals(problems.length, 1, `${chip} ${words}`);
    assertStringIncludes(problems[0]!, "--give-up-boot-loader");
    assertEquals(problemsOf(stateOf(chip), words, { giveUpBootLoader: true }), []);
  };
  refused("stm32f042", "BOOT_SEL=0");
  refused("stm32f042", "nBOOT1=0");
  refused("stm32f042", "BOOT_SEL=0 nBOOT0=0 nBOOT1=0");
  refused("stm32f072", "nBOOT1=0");
  refused("stm32l432", "nSWBOOT0=0");
  refused("stm32l476", "nBOOT1=0");
  refused("stm32g474", "nSWBOOT0=0");
  assertEquals(problemsOf(stateOf("stm32f042"), "BOOT_SEL=0 nBOOT0=0"), []);
  assertEquals(problemsOf(stateOf("stm32l432"), "nBOOT0=0"), []);
  // What is given up already can be changed further, and regained.
  const lost = plan(stateOf("stm32l432"), "nSWBOOT0=0", ALLOW_ALL).after;
  assertEquals(problemsOf(lost, "IWDG_SW=0"), []);
  assertEquals(problemsOf(lost, "nSWBOOT0=1"), []);
});

Deno.test("planOptionBytes() refuses fields that are locked, of second banks, and of parts it only reads", () => {
  assertStringIncludes(problemsOf(stateOf("stm32f411"), "SPRMOD=1")[0]!, "erasing the whole part");
  assertStringIncludes(problemsOf(stateOf("stm32g474"), "DBANK=0")[0]!, "rearranges the flash");
  assertStringIncludes(problemsOf(stateOf("stm32g474"), "BOOT_LOCK=1")[0]!, "cannot be undone");
  assertStringIncludes(
    problemsOf(stateOf("stm32l476"), "PCROP1_STRT=0")[0]!,
    "erasing the whole part",
  );
  assertStringIncludes(problemsOf(stateOf("stm32f427"), "WRP2=0")[0]!, "not documented");
  assertStringIncludes(problemsOf(stateOf("stm32g474"), "WRP2A=0")[0]!, "not documented");
  for (const table of OPTION_BYTES.filter(({ readOnly }) => readOnly !== undefined)) {
    const words = findOption(stateOf(table), "BOR_EN") === undefined ? "BOR_LEV=1" : "BOR_EN=1";
    assertStringIncludes(problemsOf(stateOf(table), words).join(), "option bytes of this part");
  }
});

Deno.test("planOptionBytes() refuses WRP while its bits mean something else", () => {
  const state = stateOf("stm32f411", (bytes) => bytes.set(hex("FFFF 0000 FFFF 0000"), 8));
  assertEquals(problemsOf(state, "WRP=0"), [
    "Cannot set WRP: it means something else while SPRMOD is not 0",
  ]);
});

Deno.test("planOptionBytes() refuses RDP=1 where BOOT_LOCK would make it final", () => {
  const state = stateOf("stm32g474", (bytes) => bytes.set(hex("00FFFFFF FF000000"), 40));
  assertStringIncludes(problemsOf(state, "RDP=1")[0]!, "BOOT_LOCK");
});

Deno.test("planOptionBytes() refuses damaged bytes, unless every damaged one is set as a whole", () => {
  const data = stateOf("stm32f072", (bytes) => bytes.set(hex("1234"), 4));
  assertStringIncludes(problemsOf(data, "WDG_SW=0")[0]!, "expected settings that mend it");
  const mended = plan(data, "DATA0=0x12");
  assertEquals(mended.write!.data, hex("AA55 FF00 12ED FF00 FF00 FF00 FF00 FF00"));
  const user = stateOf("stm32f072", (bytes) => bytes.set(hex("FF01"), 2));
  const words = "WDG_SW=1 nRST_STOP=1 nRST_STDBY=1 nBOOT1=1 VDDA_MONITOR=1 RAM_PARITY=1";
  assertStringIncludes(problemsOf(user, words)[0]!, "not every bit of it is known");
  const wrp = stateOf("stm32f072", (bytes) => bytes.set(hex("FF11"), 10));
  assertEquals(plan(wrp, "WRP=none").write!.data, hex("AA55 FF00 FF00 FF00 FF00 FF00 FF00 FF00"));
  const row = stateOf("stm32l432", (bytes) => bytes.set(hex("00"), 4));
  assert(problemsOf(row, "RDP=0 BOR_LEV=0").length > 0);
});

Deno.test("planOptionBytes() says what is wrong with names and values, all at once", () => {
  assertEquals(problemsOf(stateOf("stm32f405"), "BOR_LEV=4 XYZ=1 WRP=12 WDG_SW=2 RDP=3"), [
    'Cannot set BOR_LEV: found "4", expected a number from 0 to 3',
    "Cannot set XYZ: the part has no such option, expected one of RDP, BOR_LEV, WDG_SW, nRST_STOP, nRST_STDBY, WRP",
    'Cannot set WRP: found "12", expected none, all, or numbers from 0 to 11 such as 0-3,5',
    'Cannot set WDG_SW: found "2", expected 0 or 1',
    'Cannot set RDP: found "3", expected 0, 1 or 2',
  ]);
  assertEquals(problemsOf(stateOf("stm32f405"), "WDG_SW=0 wdg_sw=1"), [
    "Cannot set WDG_SW: it is given more than once, expected once",
  ]);
  assertEquals(problemsOf(stateOf("stm32l432"), "BOR_LEV=5 WRP1A=5-3"), [
    'Cannot set BOR_LEV: found "5", expected a number from 0 to 4',
    'Cannot set WRP1A: found "5-3", expected none, or a range of pages up to 255 such as 0-15',
  ]);
  for (const value of ["0-256", "256", "1,2", "1-", "-1", "all"]) {
    assertEquals(problemsOf(stateOf("stm32l432"), `WRP1A=${value}`).length, 1, value);
  }
  for (const value of ["0-12", "12", "0,", "3-1", "0x1"]) {
    assertEquals(problemsOf(stateOf("stm32f405"), `WRP=${value}`).length, 1, value);
  }
  for (const value of ["", "-1", "1.5", "0x", "1e1", "+1", "٣"]) {
    assertEquals(problemsOf(stateOf("stm32f405"), `WDG_SW=${value}`).length, 1, value);
  }
});
