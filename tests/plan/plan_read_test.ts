import { assertEquals, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { PlanError } from "../../src/errors.ts";
import { profileOfChip, profileOfLayout } from "../../src/plan/device_profile.ts";
import { planRead } from "../../src/plan/plan_read.ts";

const F405 = profileOfChip(findChip("stm32f405"));
const SPLIT = profileOfLayout([
  "@Flash /0x08000000/02*016Kg,01*016Kf,01*016Kg/0x08020000/01*004Kg",
]);

function extents(profile: typeof F405, wanted: Partial<Parameters<typeof planRead>[1]>) {
  return planRead(profile, { alternate: 0, ...wanted }).map(({ address, size }) => [address, size]);
}

Deno.test("planRead() reads all that is readable, joined over regions, split at gaps", () => {
  assertEquals(extents(F405, {}), [[0x08000000, 0x100000]]);
  assertEquals(extents(SPLIT, {}), [
    [0x08000000, 0x8000],
    [0x0800C000, 0x4000],
    [0x08020000, 0x1000],
  ]);
});

Deno.test("planRead() reads a range of any bytes", () => {
  assertEquals(extents(F405, { address: 0x08003FFF, size: 2 }), [[0x08003FFF, 2]]);
  assertEquals(extents(F405, { size: 16 }), [[0x08000000, 16]]);
});

Deno.test("planRead() of an address reads on to the end of what is readable", () => {
  assertEquals(extents(F405, { address: 0x080FFFF0 }), [[0x080FFFF0, 16]]);
  assertEquals(extents(SPLIT, { address: 0x08004000 }), [[0x08004000, 0x4000]]);
  assertEquals(extents(SPLIT, { address: 0x08020000 }), [[0x08020000, 0x1000]]);
});

Deno.test("planRead() refuses what is not all readable, and unknown alternates", () => {
  const refuse = (wanted: Parameters<typeof extents>[1], text: string) =>
    assertThrows(() => extents(SPLIT, wanted), PlanError, text);
  refuse({ address: 0x08007FFF, size: 2 }, "0x08008000 is not readable");
  refuse({ address: 0x0800FFFF, size: 2 }, "is not readable");
  refuse({ address: 0x08008000 }, "is not readable");
  refuse({ alternate: 3 }, "has none");
  const closed = profileOfLayout(["@Keys /0x08000000/01*001Kd"]);
  assertThrows(() => extents(closed, {}), PlanError, "nothing of it is readable");
});
