import { assertEquals } from "@std/assert";
import { planFor, ranges, reasons, steps, writes } from "./plan_text.ts";

const F405 = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
const F103 = "@Internal Flash  /0x08000000/064*002Kg";

Deno.test("planFlash() erases a page shared by two segments once", () => {
  const plan = planFor(F405, [[0x08000000, 0x200], [0x08003000, 0x100]]);
  assertEquals(steps(plan), [
    "erase 08000000 1x4000",
    "write 08000000 200",
    "write 08003000 100",
    "verify 08000000 200",
    "verify 08003000 100",
    "leave 08000000",
  ]);
  assertEquals(ranges(plan.blanked), ["08000200 2E00", "08003100 F00"]);
});

Deno.test("planFlash() does not touch the page after a segment that ends at a page's end", () => {
  const plan = planFor(F405, [[0x08000000, 0x4000]]);
  assertEquals(steps(plan), [
    "erase 08000000 1x4000",
    "write 08000000 4000",
    "verify 08000000 4000",
    "leave 08000000",
  ]);
  assertEquals(plan.blanked, []);
});

Deno.test("planFlash() erases the next page for one byte in it", () => {
  const plan = planFor(F405, [[0x08000000, 0x4001]]);
  assertEquals(steps(plan).slice(0, 3), [
    "erase 08000000 2x4000",
    "write 08000000 4004",
    "verify 08000000 4001",
  ]);
  assertEquals(ranges(plan.blanked), ["08004001 3FFF"]);
  assertEquals(plan.totals.writtenBlocks, 9);
});

Deno.test("planFlash() pads writes to the alignment and verifies only the image", () => {
  const plan = planFor(F103, [[0x08000803, 5]], { profile: { writeAlignment: 8 } });
  assertEquals(steps(plan), [
    "erase 08000800 1x800",
    "write 08000800 8",
    "verify 08000803 5",
    "leave 08000803",
  ]);
  assertEquals(ranges(plan.blanked), ["08000800 3", "08000808 7F8"]);
});

Deno.test("planFlash() erases pages of different sizes on both sides of a region's end", () => {
  const plan = planFor(F405, [[0x0801F000, 0x2000]]);
  assertEquals(steps(plan), [
    "erase 08010000 1x10000",
    "erase 08020000 1x20000",
    "write 0801F000 2000",
    "verify 0801F000 2000",
    "leave 0801F000",
  ]);
  assertEquals(plan.pages.map((run) => [run.address, run.pageSize, run.imageSize]), [
    [0x08010000, 0x10000, 0x1000],
    [0x08020000, 0x20000, 0x1000],
  ]);
});

Deno.test("planFlash() reaches the first and the last page of a memory", () => {
  const plan = planFor(F405, [[0x08000000, 4], [0x080FFFFC, 4]]);
  assertEquals(steps(plan).slice(0, 4), [
    "erase 08000000 1x4000",
    "erase 080E0000 1x20000",
    "write 08000000 4",
    "write 080FFFFC 4",
  ]);
});

Deno.test("planFlash() plans addresses from 0x80000000 on", () => {
  const plan = planFor("@QSPI  /0x90000000/2048*4Kg", [[0x90001000, 0x1800]]);
  assertEquals(steps(plan), [
    "erase 90001000 2x1000",
    "write 90001000 1800",
    "verify 90001000 1800",
    "leave 90001000",
  ]);
  const last = planFor("@End  /0xFFFF0000/16*4Kg", [[0xFFFFF000, 0x1000]]);
  assertEquals(steps(last).slice(0, 2), ["erase FFFFF000 1x1000", "write FFFFF000 1000"]);
});

Deno.test("planFlash() erases for an image of nothing but 0xFF, and writes nothing", () => {
  const plan = planFor(F103, [[0x08000000, 0x1000]], { blanks: [[0x08000000, 0x1000]] });
  assertEquals(steps(plan), ["erase 08000000 2x800", "verify 08000000 1000", "leave 08000000"]);
  assertEquals(plan.pages, [{
    alternate: 0,
    address: 0x08000000,
    pageSize: 0x800,
    pageCount: 2,
    action: "erase",
    reason: "image-blank",
    imageSize: 0x1000,
    writeSize: 0,
  }]);
});

Deno.test("planFlash() leaves out a blank tail and a blank block in the middle", () => {
  const plan = planFor(F405, [[0x08000000, 0x4000]], {
    blanks: [[0x08000801, 0xFFF], [0x08003001, 0xFFF]],
  });
  assertEquals(steps(plan).slice(0, 4), [
    "erase 08000000 1x4000",
    // The blank stretch begins in the second block and fills it but for one byte.
    "write 08000000 804",
    "write 08001800 1804",
    "verify 08000000 4000",
  ]);
});

Deno.test("planFlash() cuts writes at page ends where blocks do not fill pages", () => {
  const plan = planFor("@Flash  /0x08000000/04*003Kg", [[0x08000000, 0x1800]]);
  assertEquals(writes(plan), ["write 08000000 C00", "write 08000C00 C00"]);
  assertEquals(plan.totals.writtenBlocks, 4);
});

Deno.test("planFlash() puts whole small pages into one block, and parts of them into their own", () => {
  const plan = planFor("@Flash  /0x08000000/32*128 g", [[0x08000040, 0x940]]);
  assertEquals(writes(plan), ["write 08000040 40", "write 08000080 900"]);
  assertEquals(plan.totals.writtenBlocks, 3);
  const cut = planFor("@Flash  /0x08000000/32*128 g", [[0x08000000, 0x140]]);
  assertEquals(writes(cut), ["write 08000000 100", "write 08000100 40"]);
});

Deno.test("planFlash() does not let small pages of two sizes share a block", () => {
  const plan = planFor("@Flash  /0x08000000/02*512 g,04*128 g", [[0x08000100, 0x500]]);
  assertEquals(writes(plan), ["write 08000100 100", "write 08000200 200", "write 08000400 200"]);
});

Deno.test("planFlash() keeps the bytes around the image with preserve", () => {
  const plan = planFor(F103, [[0x08000100, 0x100], [0x08001000, 0x800]], { preserve: true });
  assertEquals(steps(plan), [
    "read 08000000 100",
    "read 08000200 600",
    "erase 08000000 1x800",
    "erase 08001000 1x800",
    "write 08000000 800",
    "write 08001000 800",
    "verify 08000000 800",
    "verify 08001000 800",
    "leave 08000100",
  ]);
  assertEquals(plan.blanked, []);
  assertEquals(ranges(plan.preserved), ["08000000 100", "08000200 600"]);
  assertEquals(plan.totals.preservedSize, 0x700);
});

Deno.test("planFlash() leaves out blank blocks of the image with preserve too", () => {
  const plan = planFor(F405, [[0x08000000, 0x2000]], {
    preserve: true,
    blanks: [[0x08000800, 0x1000]],
  });
  assertEquals(writes(plan), ["write 08000000 800", "write 08001800 2800"]);
});

Deno.test("planFlash() leaves unchanged pages alone and does not erase blank ones", () => {
  const plan = planFor(F103, [[0x08000000, 0x2000]], {
    states: ["unchanged", "blank", "different", "unchanged"],
  });
  assertEquals(steps(plan), [
    "erase 08001000 1x800",
    "write 08000800 1000",
    "verify 08000800 1000",
    "leave 08000000",
  ]);
  assertEquals(reasons(plan), [
    "keep unchanged",
    "write already-blank",
    "erase-write image",
    "keep unchanged",
  ]);
});

Deno.test("planFlash() selects the memory before leaving when nothing is to be done", () => {
  const plan = planFor(F103, [[0x08000000, 0x800]], { states: ["unchanged"] });
  assertEquals(plan.operations, [
    { kind: "select", alternate: 0 },
    { kind: "leave", address: 0x08000000 },
  ]);
});

Deno.test("planFlash() writes parts that are near each other in one block where the page is blank", () => {
  const parts = [[0x08000000, 4], [0x08000010, 4], [0x08000800, 4]] as const;
  const plan = planFor(F103, parts, { states: ["blank", "different"] });
  assertEquals(writes(plan), ["write 08000000 14", "write 08000800 4"]);
});
