import { assertEquals, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { PlanError } from "../../src/errors.ts";
import type { Outline } from "../../src/firmware/firmware.ts";
import { profileOfChip } from "../../src/plan/device_profile.ts";
import { planVerify } from "../../src/plan/plan_verify.ts";

const PROFILE = profileOfChip(findChip("stm32f405"));

function outline(...segments: readonly (readonly [address: number, size: number])[]): Outline {
  return { segments: segments.map(([address, size]) => ({ address, size })), blanks: [] };
}

Deno.test("planVerify() compares every segment as it is, and changes nothing", () => {
  const plan = planVerify([{ outline: outline([0x08000003, 9], [0x08004001, 0x5000]) }], PROFILE);
  assertEquals(plan.operations, [
    { kind: "select", alternate: 0 },
    { kind: "verify", address: 0x08000003, size: 9 },
    { kind: "verify", address: 0x08004001, size: 0x5000 },
  ]);
  assertEquals([plan.totals.verifiedSize, plan.totals.imageSize], [9 + 0x5000, 9 + 0x5000]);
  assertEquals([plan.totals.writtenSize, plan.totals.erasedSize, plan.blanked.length], [0, 0, 0]);
  assertEquals(plan.pages.map((run) => [run.address, run.pageSize, run.imageSize, run.action]), [
    [0x08000000, 0x4000, 9, "keep"],
    [0x08004000, 0x4000, 0x3FFF, "keep"],
    [0x08008000, 0x4000, 0x1001, "keep"],
  ]);
});

Deno.test("planVerify() may look at special memory, and selects each alternate once", () => {
  const images = [
    { alternate: 1, outline: outline([0x1FFFC000, 16]) },
    { alternate: 0, outline: outline([0x08000000, 4]) },
  ];
  assertEquals(planVerify(images, PROFILE).operations, [
    { kind: "select", alternate: 0 },
    { kind: "verify", address: 0x08000000, size: 4 },
    { kind: "select", alternate: 1 },
    { kind: "verify", address: 0x1FFFC000, size: 16 },
  ]);
});

Deno.test("planVerify() estimates the reading, and refuses what is outside the memory", () => {
  const image = { outline: outline([0x08000000, 0x40000]) };
  const { estimate } = planVerify([image], PROFILE);
  assertEquals(estimate?.totalMs, estimate?.verifyMs);
  assertThrows(
    () => planVerify([{ outline: outline([0x08000000, 0x200000]) }], PROFILE),
    PlanError,
    "outside",
  );
});
