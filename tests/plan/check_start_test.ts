import { assertEquals, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { PlanError } from "../../src/errors.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import { profileOfChip, profileOfLayout } from "../../src/plan/device_profile.ts";
import { planFlash } from "../../src/plan/plan.ts";

const LAYOUT = ["@Internal Flash  /0x08000000/16*002Kg"];
const F405 = profileOfChip(findChip("stm32f405"));

Deno.test("planFlash() warns where an image at the flash's start has no vector table", () => {
  const warning = "The image at 0x08000000 does not begin with a vector table: " +
    "initial stack pointer 0x00000000 is not in RAM, " +
    "reset vector 0x00000000 is outside the program's memory. The part will not start it";
  const nothing = new Uint8Array(64);
  assertEquals(warningsOf({ address: 0x08000000, data: nothing }), [warning]);
  assertEquals(warningsOf({ address: 0x08000000, data: vectors(0x20002000, 0x08000101) }), []);
  assertEquals(warningsOf({ address: 0x08000800, data: nothing }), []);
  assertEquals(warningsOf({ address: 0x08000000, data: nothing.subarray(0, 7) }), []);
});

Deno.test("planFlash() expects no vector table of RISC-V parts, and of other memory", () => {
  const data = new Uint8Array(64);
  const input = {
    images: [{ outline: outlineImage(buildImage([{ address: 0x08000000, data }])) }],
  };
  const riscV = profileOfChip(findChip("gd32vf103"));
  assertEquals(planFlash(input, riscV).warnings, []);
  const external = profileOfLayout(["@External Flash  /0x90000000/16*004Kg"]);
  const outline = outlineImage(buildImage([{ address: 0x90000000, data }]));
  assertEquals(planFlash({ images: [{ outline }] }, external).warnings, []);
});

Deno.test("planFlash() refuses a UF2 file for another family, unless told otherwise", () => {
  const data = vectors(0x20002000, 0x08000101);
  const images = [{ outline: outlineImage(buildImage([{ address: 0x08000000, data }])) }];
  const plan = (family: number, options = {}) => planFlash({ images, family }, F405, options);
  const error = assertThrows(() => plan(0x00FF6919), PlanError);
  assertEquals(
    error.message,
    "Cannot plan for STM32F405/407/415/417, 1 MiB: the file is for parts of STM32L4 (0x00FF6919)",
  );
  assertThrows(() => plan(0xE48BFF56), PlanError);
  plan(0x00FF6919, { ignoreIds: true });
  for (const family of [0x57755A57, 0x6D0922FA, 0x12345678]) plan(family);
  planFlash({ images, family: 0x00FF6919 }, profileOfLayout(LAYOUT));
});

function warningsOf(part: { readonly address: number; readonly data: Uint8Array }) {
  const outline = outlineImage(buildImage([part]));
  return planFlash({ images: [{ outline }] }, profileOfLayout(LAYOUT)).warnings;
}

function vectors(stackPointer: number, resetVector: number): Uint8Array {
  const data = new Uint8Array(64);
  const view = new DataView(data.buffer);
  view.setUint32(0, stackPointer, true);
  view.setUint32(4, resetVector, true);
  return data;
}
