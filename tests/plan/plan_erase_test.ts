import { assertEquals, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { PlanError } from "../../src/errors.ts";
import { profileOfChip, profileOfLayout } from "../../src/plan/device_profile.ts";
import { planErase } from "../../src/plan/plan_erase.ts";

const F405 = profileOfChip(findChip("stm32f405"));
const FIRST = { alternate: 0 };

Deno.test("planErase() erases the pages of a range, over regions of several sizes, and reads them back", () => {
  const range = { kind: "range", address: 0x0800C000, size: 0x4000 + 0x10000 + 0x20000 } as const;
  const plan = planErase(range, F405, FIRST);
  assertEquals(plan.operations, [
    { kind: "select", alternate: 0 },
    { kind: "erase", address: 0x0800C000, pageSize: 0x4000, pageCount: 1 },
    { kind: "erase", address: 0x08010000, pageSize: 0x10000, pageCount: 1 },
    { kind: "erase", address: 0x08020000, pageSize: 0x20000, pageCount: 1 },
    { kind: "verify", address: 0x0800C000, size: 0x34000 },
  ]);
  assertEquals(plan.totals.erasedPages, 3);
  assertEquals([plan.totals.erasedSize, plan.totals.blankedSize], [0x34000, 0x34000]);
  assertEquals(plan.blanked.map(({ address, size }) => [address, size]), [
    [0x0800C000, 0x4000],
    [0x08010000, 0x10000],
    [0x08020000, 0x20000],
  ]);
  assertEquals(plan.pages.map((run) => [run.action, run.reason]), [
    ["erase", "requested"],
    ["erase", "requested"],
    ["erase", "requested"],
  ]);
});

Deno.test("planErase() erases everything at once where the part can, and page by page where not", () => {
  const kinds = (profile: typeof F405) =>
    planErase({ kind: "all" }, profile, FIRST).operations.map(({ kind }) => kind);
  assertEquals(kinds(F405), ["select", "erase-all", "verify"]);
  assertEquals(planErase({ kind: "all" }, F405, FIRST).totals.erasedPages, 12);
  const h743 = profileOfChip(findChip("stm32h743"));
  assertEquals(new Set(kinds(h743)), new Set(["select", "erase", "verify"]));
});

Deno.test("planErase() of everything says what stays, and does not use the mass erase for it", () => {
  const profile = profileOfLayout(["@Flash /0x08000000/04*016Ka,04*016Kg,01*016Ke"]);
  const plan = planErase({ kind: "all" }, profile, FIRST);
  assertEquals(plan.operations, [
    { kind: "select", alternate: 0 },
    { kind: "erase", address: 0x08010000, pageSize: 0x4000, pageCount: 4 },
    { kind: "verify", address: 0x08010000, size: 0x10000 },
  ]);
  assertEquals(plan.warnings.length, 2);
});

Deno.test("planErase() does not read back what cannot be read", () => {
  const profile = profileOfLayout(["@Flash /0x08000000/04*016Kf"]);
  const plan = planErase({ kind: "range", address: 0x08004000, size: 0x4000 }, profile, FIRST);
  assertEquals(plan.operations.map(({ kind }) => kind), ["select", "erase"]);
});

Deno.test("planErase() refuses ranges that are not whole pages, and says what they reach over", () => {
  const refused = [
    [0x08000000, 0x3FFF, "0x08000000..0x08004000"],
    [0x08000001, 0x4000, "0x08000000..0x08008000"],
    [0x08003000, 0x1000, "0x08000000..0x08004000"],
  ] as const;
  for (const [address, size, pages] of refused) {
    const range = { kind: "range", address, size } as const;
    const text = `exactly: pages reach over ${pages}`;
    assertThrows(() => planErase(range, F405, FIRST), PlanError, text);
  }
});

Deno.test("planErase() refuses memory that is not there or not erasable, and unknown alternates", () => {
  const beyond = { kind: "range", address: 0x080E0000, size: 0x40000 } as const;
  assertThrows(() => planErase(beyond, F405, FIRST), PlanError, "0x08100000 is not erasable");
  const before = { kind: "range", address: 0, size: 4 } as const;
  assertThrows(() => planErase(before, F405, FIRST), PlanError, "not erasable");
  for (const alternate of [1, 2, 3]) {
    assertThrows(() => planErase({ kind: "all" }, F405, { alternate }), PlanError, "nothing of it");
  }
  assertThrows(() => planErase({ kind: "all" }, F405, { alternate: 9 }), PlanError, "has none");
});
