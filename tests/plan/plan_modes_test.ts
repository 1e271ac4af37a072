import { assert, assertEquals } from "@std/assert";
import type { PageState } from "../../src/plan/operation.ts";
import { planFlash } from "../../src/plan/plan.ts";
import {
  outlineOf,
  planFor,
  profileOf,
  ranges,
  reasons,
  step,
  steps,
  writes,
} from "./plan_text.ts";

const F405 = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
const F103 = "@Internal Flash  /0x08000000/064*002Kg";
const OPTION_BYTES = "@Option Bytes  /0x1FFFC000/01*016 e";
const OTP = "@OTP Memory /0x1FFF7800/01*512 e,01*016 e";

Deno.test("planFlash() erases the whole memory at once where one command can", () => {
  const plan = planFor(F103, [[0x08000000, 0x800]], { erase: "all" });
  assertEquals(steps(plan)[0], "erase-all");
  assertEquals(ranges(plan.blanked), ["08000800 1F800"]);
  assertEquals(reasons(plan), ["erase-write erase-all", "erase erase-all"]);
  assertEquals(plan.totals.erasedPages, 64);
});

Deno.test("planFlash() erases all pages one by one where the command may mean something else", () => {
  const all = { erase: "all" } as const;
  const pages = "erase 08000000 64x800";
  const other = planFor([F103, "@QSPI  /0x90000000/16*4Kg"], [[0x08000000, 4]], all);
  assertEquals(steps(other)[0], pages);
  const quirk = planFor(F103, [[0x08000000, 4]], {
    ...all,
    profile: { quirks: ["no-mass-erase"] },
  });
  assertEquals(steps(quirk)[0], pages);
  const gap = planFor("@F /0x08000000/2*2Kg/0x08002000/2*2Kg", [[0x08000000, 4]], all);
  assertEquals(steps(gap).slice(0, 2), ["erase 08000000 2x800", "erase 08002000 2x800"]);
  const eeprom = planFor([F103, "@Data /0x08080000/1*4Ke"], [[0x08000000, 4]], all);
  assertEquals(steps(eeprom)[0], "erase-all");
});

Deno.test("planFlash() erases all that can be erased beside a protected boot loader", () => {
  const plan = planFor("@Internal Flash  /0x08000000/03*016Ka,01*016Kg,01*064Kg", [
    [0x0800C000, 0x4000],
  ], { erase: "all" });
  assertEquals(steps(plan).slice(0, 2), ["erase 0800C000 1x4000", "erase 08010000 1x10000"]);
  assertEquals(plan.warnings, [
    '"Internal Flash" says that 0x08000000..0x0800C000 is not erasable: it stays as it is',
  ]);
});

Deno.test("planFlash() writes without an erase when told so, and warns", () => {
  const plan = planFor(F103, [[0x08000000, 0x1000], [0x08001000, 0x800]], {
    erase: "none",
    states: ["unchanged", "different"],
    blanks: [[0x08001000, 0x800]],
  });
  assertEquals(steps(plan), ["write 08000800 800", "verify 08000800 1000", "leave 08000000"]);
  assertEquals(reasons(plan), ["keep unchanged", "write erase-none", "keep erase-none"]);
  assertEquals(plan.warnings, [
    "Nothing is erased: flash that is not blank will not take the image",
  ]);
});

Deno.test("planFlash() writes the parts of a page one by one where it cannot know the rest", () => {
  const parts = [[0x08000000, 4], [0x08000010, 4]] as const;
  const lines = ["write 08000000 4", "write 08000010 4"];
  assertEquals(writes(planFor(F103, parts, { erase: "none" })), lines);
  assertEquals(writes(planFor(F103, parts, { erase: "none", states: ["different"] })), lines);
  const blank = planFor(F103, parts, { erase: "none", states: ["blank"] });
  assertEquals(writes(blank), ["write 08000000 14"]);
  const eeprom = planFor("@EEPROM /0x08000000/2*3Ke", parts);
  assertEquals(steps(eeprom).slice(0, 2), lines);
});

Deno.test("planFlash() takes a page that looks blank as blank only where the result is verified", () => {
  const states = ["looks-blank"] as const;
  const plan = planFor(F103, [[0x08000000, 4]], { states });
  assertEquals(steps(plan).slice(0, 2), ["write 08000000 4", "verify 08000000 4"]);
  assertEquals(reasons(plan), ["write looks-blank"]);
  const unchecked = planFor(F103, [[0x08000000, 4]], { states, verify: false });
  assertEquals(steps(unchecked).slice(0, 2), ["erase 08000000 1x800", "write 08000000 4"]);
  const blanks = [[0x08000000, 0x100]] as const;
  const none = planFor(F103, blanks, { states, blanks });
  assertEquals(steps(none), ["verify 08000000 100", "leave 08000000"]);
  assertEquals(reasons(none), ["keep looks-blank"]);
});

Deno.test("planFlash() writes memory that has no erase as it is, 0xFF included, and keeps its padding", () => {
  const plan = planFor("@EEPROM /0x08080000/2*3Ke", [[0x08080004, 0x83]], {
    blanks: [[0x08080004, 0x40]],
  });
  assertEquals(steps(plan).slice(0, 3), [
    "read 08080087 1",
    "write 08080004 84",
    "verify 08080004 83",
  ]);
  assertEquals(plan.blanked, []);
  assertEquals(plan.warnings, [
    '"EEPROM" says that 0x08080000..0x08081800 is not erasable: it is written as it is, which is right for ' +
    "RAM and EEPROM only",
  ]);
});

Deno.test("planFlash() warns where pages do not allow aligned writes", () => {
  const plan = planFor("@F /0x08000000/4*10Bg", [[0x08000000, 20]]);
  assertEquals(writes(plan), ["write 08000000 A", "write 0800000A A"]);
  assertEquals(plan.warnings, [
    'The pages of "F" do not allow writes in multiples of 4 bytes, as at 0x08000000..0x0800000A',
  ]);
  const odd = planFor("@F /0x08000000/4*10Bg", [[0x0800000A, 8]]);
  assertEquals(writes(odd), ["write 0800000A 8"]);
  assertEquals(odd.warnings, [
    'The pages of "F" do not allow writes in multiples of 4 bytes, as at 0x0800000A..0x08000012',
  ]);
});

Deno.test("planFlash() flashes each image to its own memory, option bytes last", () => {
  const images = [
    { alternate: 1, outline: outlineOf([[0x1FFFC000, 16]]) },
    { alternate: 2, outline: outlineOf([[0x1FFF7800, 4]]) },
    { alternate: 0, outline: outlineOf([[0x08000000, 4]]) },
  ];
  const profile = profileOf([F405, OPTION_BYTES, OTP]);
  const plan = planFlash({ images }, profile, { allowSpecial: true, verify: false });
  assertEquals(plan.operations.map(step), [
    "select 0",
    "erase 08000000 1x4000",
    "write 08000000 4",
    "select 2",
    "write 1FFF7800 4",
    "select 1",
    "write 1FFFC000 10",
    "select 0",
    "leave 08000000",
  ]);
  const touched = planFlash({ images }, profile, { allowSpecial: true, erase: "touched" });
  assertEquals(touched.operations.filter(({ kind }) => kind === "erase").length, 1);
  const only = planFlash({ images }, profile, { alternate: 0, leave: false });
  assertEquals(steps(only), ["erase 08000000 1x4000", "write 08000000 4", "verify 08000000 4"]);
});

Deno.test("planFlash() expects nothing of a device that resets after its option bytes are written", () => {
  const images = [
    { alternate: 0, outline: outlineOf([[0x08000000, 4]]) },
    { alternate: 1, outline: outlineOf([[0x1FFFC000, 16]]) },
  ];
  const profile = profileOf([F405, OPTION_BYTES], { quirks: ["resets-after-option-bytes"] });
  const plan = planFlash({ images }, profile, { allowSpecial: true });
  assertEquals(steps(plan).slice(2), ["verify 08000000 4", "write 1FFFC000 10"]);
  assertEquals(plan.warnings, [
    'The device resets itself after "Option Bytes" is written: that is not verified, and the reset takes the ' +
    "place of leaving",
  ]);
  const pageStates = new Map([[1, new Map([[0x1FFFC000, "unchanged" as PageState]])]]);
  const same = planFlash({ images }, profile, { allowSpecial: true, pageStates });
  assertEquals(steps(same).at(-1), "leave 08000000");
  assertEquals(same.warnings, []);
});

Deno.test("planFlash() flashes ordinary memories in order, and selects none without need", () => {
  const images = [
    { alternate: 1, outline: outlineOf([[0x90000000, 4]]) },
    { alternate: 0, outline: outlineOf([[0x08000000, 4]]) },
  ];
  const profile = profileOf([F405, "@QSPI  /0x90000000/16*4Kg"]);
  const plan = planFlash({ images }, profile, { verify: false, leave: false });
  assertEquals(plan.operations.map(step), [
    "select 0",
    "erase 08000000 1x4000",
    "write 08000000 4",
    "select 1",
    "erase 90000000 1x1000",
    "write 90000000 4",
  ]);
  const pageStates = new Map([[0, new Map([[0x08000000, "unchanged" as PageState]])]]);
  const second = planFlash({ images }, profile, { verify: false, leave: false, pageStates });
  assertEquals(second.operations.map(step)[0], "select 1");
});

Deno.test("planFlash() finds the memory of an image that names none", () => {
  const layouts = ["@QSPI  /0x90000000/16*4Kg", F405];
  const plan = planFor(layouts, [[0x08000000, 4]], { verify: false });
  assertEquals(plan.operations.map(step)[0], "select 1");
  const twins = planFor([F405, F405], [[0x08000000, 4]], { alternate: 1, verify: false });
  assertEquals(twins.operations.map(step), [
    "select 1",
    "erase 08000000 1x4000",
    "write 08000000 4",
    "leave 08000000",
  ]);
});

Deno.test("planFlash() leaves to the address given, in the memory that holds it", () => {
  const layouts = [F405, "@QSPI  /0x90000000/16*4Kg"];
  const plan = planFor(layouts, [[0x08000000, 4]], { leave: 0x90000100 });
  assertEquals(plan.operations.slice(-2).map(step), ["select 1", "leave 90000100"]);
  const near = planFor(layouts, [[0x08000000, 4]], { leave: 0x08008000 });
  assertEquals(near.operations.slice(-2).map(step), ["verify 08000000 4", "leave 08008000"]);
  assert(!steps(planFor(F405, [[0x08000000, 4]], { leave: false })).join().includes("leave"));
});

Deno.test("planFlash() keeps the plan of a large image small", () => {
  const size = 1024 * 1024 * 1024;
  const plan = planFor("@NAND  /0x00000000/262144*4Kg", [[0, size]]);
  assertEquals(steps(plan), [
    "erase 00000000 262144x1000",
    "write 00000000 40000000",
    "verify 00000000 40000000",
    "leave 00000000",
  ]);
  assertEquals(plan.pages.length, 1);
});

Deno.test("planFlash() tells the voltage before anything changes, and not where nothing does", () => {
  const layouts = [F405, "@Device Feature/0xFFFF0000/01*004 e"];
  const voltage = "2.7-3.6" as const;
  const plan = planFor(layouts, [[0x08000000, 4]], { voltage });
  assertEquals(plan.operations.slice(0, 4).map(step), [
    "select 1",
    "voltage FFFF0000 2.7-3.6",
    "select 0",
    "erase 08000000 1x4000",
  ]);
  const same = planFor(layouts, [[0x08000000, 4]], { voltage, states: ["unchanged"] });
  assertEquals(same.operations.map(step), ["select 0", "leave 08000000"]);
});
