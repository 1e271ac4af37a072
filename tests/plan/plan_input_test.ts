import { assertEquals, assertThrows } from "@std/assert";
import { ExitCode, PlanError, UsageError } from "../../src/errors.ts";
import type { FirmwareSummary, ImageSummary, Outline } from "../../src/firmware/firmware.ts";
import { planInputOf } from "../../src/plan/plan_input.ts";
import { outlineOf } from "./plan_text.ts";

Deno.test("planInputOf() joins the targets of one alternate setting, in order of address", () => {
  const input = planInputOf(summaryOf([
    imageOf(0, outlineOf([[0x08004000, 0x100]], [[0x08004000, 0x80]])),
    imageOf(1, outlineOf([[0x90000000, 0x10]])),
    imageOf(0, outlineOf([[0x08000000, 0x10], [0x08003F00, 0x100]], [[0x08003F80, 0x80]])),
  ]));
  assertEquals(input, {
    images: [
      {
        alternate: 0,
        outline: outlineOf(
          [[0x08000000, 0x10], [0x08003F00, 0x200]],
          [[0x08003F80, 0x100]],
        ),
      },
      { alternate: 1, outline: outlineOf([[0x90000000, 0x10]]) },
    ],
  });
});

Deno.test("planInputOf() takes an image without an alternate setting, and the ids of the suffix", () => {
  const outline = outlineOf([[0x08000000, 4]]);
  const ids = { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0x2200 };
  const suffix = { ...ids, dfuVersion: 0x011A, length: 16, storedCrc: 1, computedCrc: 1 };
  const summary = { ...summaryOf([imageOf(undefined, outline)]), suffix };
  assertEquals(planInputOf(summary), { images: [{ outline }], ids });
});

Deno.test("planInputOf() refuses targets of one alternate setting that overlap", () => {
  const images = [
    imageOf(0, outlineOf([[0x08000000, 0x1000], [0x08002000, 0x10]])),
    imageOf(0, outlineOf([[0x08000800, 0x10], [0x08000FFF, 2], [0x0800200F, 1]])),
  ];
  const error = assertThrows(() => planInputOf(summaryOf(images)), PlanError);
  assertEquals(error.exitCode, ExitCode.plan);
  assertEquals(error.facts["problems"], [
    "Cannot join the images of alternate 0: 0x08000000..0x08001000 and 0x08000800..0x08000810 overlap, " +
    "expected each byte once",
    "Cannot join the images of alternate 0: 0x08000000..0x08001000 and 0x08000FFF..0x08001001 overlap, " +
    "expected each byte once",
    "Cannot join the images of alternate 0: 0x08002000..0x08002010 and 0x0800200F..0x08002010 overlap, " +
    "expected each byte once",
  ]);
});

Deno.test("planInputOf() lets images of different alternate settings have the same addresses", () => {
  const outline = outlineOf([[0, 0x1000]]);
  const input = planInputOf(summaryOf([imageOf(0, outline), imageOf(1, outline)]));
  assertEquals(input.images, [{ alternate: 0, outline }, { alternate: 1, outline }]);
});

Deno.test("planInputOf() refuses a file without addresses", () => {
  const image = { size: 4, elements: [{ size: 4, offset: 0 }], outline: outlineOf([]) };
  const error = assertThrows(
    () => planInputOf(summaryOf([image]), { file: "app.bin" }),
    UsageError,
    "Cannot plan app.bin: it has no addresses, expected one for its first byte",
  );
  assertEquals(error.exitCode, ExitCode.usage);
  assertEquals(error.hint, "Say where it belongs: --address 0x08000000, for example.");
});

Deno.test("planInputOf() passes on targets without elements as what they are", () => {
  const empty = outlineOf([]);
  assertEquals(planInputOf(summaryOf([imageOf(0, empty)])).images, [{
    alternate: 0,
    outline: empty,
  }]);
});

function imageOf(alternate: number | undefined, outline: Outline): ImageSummary {
  const elements = outline.segments.map((segment) => ({ ...segment, offset: 0 }));
  const size = elements.reduce((sum, element) => sum + element.size, 0);
  return { ...(alternate === undefined ? {} : { alternate }), size, elements, outline };
}

function summaryOf(images: readonly ImageSummary[]): FirmwareSummary {
  return { format: "dfuse", fileSize: 1000, images, warnings: [] };
}
