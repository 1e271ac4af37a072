import { assertEquals, assertThrows } from "@std/assert";
import { ExitCode, PlanError } from "../../src/errors.ts";
import { planFlash, type PlanInput, type PlanOptions } from "../../src/plan/plan.ts";
import type { DeviceProfile } from "../../src/plan/device_profile.ts";
import { outlineOf, planFor, profileOf, type Stretch, type TestOptions } from "./plan_text.ts";

const F405 = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
const OPTION_BYTES = "@Option Bytes  /0x1FFFC000/01*016 e";
const IDS = { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0xFFFF };

Deno.test("planFlash() refuses what is outside the layout, before, behind and between", () => {
  assertEquals(refusal(F405, [[0x07FFFFFF, 2]]), [
    'Cannot write 0x07FFFFFF..0x08000001: 0x07FFFFFF is outside "Internal Flash" ' +
    "(0x08000000..0x08100000)",
  ]);
  assertEquals(refusal(F405, [[0x080FFFFF, 2]]), [
    'Cannot write 0x080FFFFF..0x08100001: 0x08100000 is outside "Internal Flash" ' +
    "(0x08000000..0x08100000)",
  ]);
  assertEquals(refusal("@F /0x08000000/1*1Kg/0x08000800/1*1Kg", [[0x080003FF, 0x402]]), [
    'Cannot write 0x080003FF..0x08000801: 0x08000400 is outside "F" ' +
    "(0x08000000..0x08000400, 0x08000800..0x08000C00)",
  ]);
});

Deno.test("planFlash() tells all places where the image does not fit", () => {
  const error = refuse(() => planFor(F405, [[0, 4], [0x08000000, 4], [0x20000000, 4]]));
  assertEquals(error.facts["problemCount"], 2);
  assertEquals(
    error.message,
    'Cannot write 0x00000000..0x00000004: 0x00000000 is outside "Internal Flash" ' +
      "(0x08000000..0x08100000) (and 1 more problem)",
  );
  const segments = Array.from({ length: 30 }, (_, index): Stretch => [index * 16, 1]);
  const many = refuse(() => planFor(F405, segments));
  assertEquals((many.facts["problems"] as string[]).length, 20);
  assertEquals(many.facts["problemCount"], 30);
  assertEquals(many.message.endsWith("(and 29 more problems)"), true);
});

Deno.test("planFlash() refuses read-only pages", () => {
  const layout = "@Internal Flash  /0x08000000/03*016Ka,01*016Kg";
  assertEquals(refusal(layout, [[0x0800BFFF, 2]]), [
    'Cannot write 0x0800BFFF..0x0800C001: 0x0800BFFF is read-only in "Internal Flash"',
  ]);
  planFor(layout, [[0x0800C000, 2]]);
});

Deno.test("planFlash() refuses to erase what cannot be erased", () => {
  for (const erase of ["touched", "all"] as const) {
    assertEquals(refusal("@EEPROM /0x08080000/2*3Ke,1*1Kg", [[0x080817FF, 2]], { erase }), [
      'Cannot erase 0x08080000..0x08081800: "EEPROM" says it is not erasable',
    ]);
  }
});

Deno.test("planFlash() refuses to read what cannot be read", () => {
  const layout = "@F /0x08000000/2*256Bf,2*256Bg";
  assertEquals(refusal(layout, [[0x08000000, 0x300]]), [
    'Cannot verify 0x08000000..0x08000300: "F" says it is not readable',
  ]);
  assertEquals(refusal(layout, [[0x08000000, 1]], { preserve: true, verify: false }), [
    'Cannot keep the bytes around the image in 0x08000001..0x08000100: "F" says it is not readable',
  ]);
  planFor(layout, [[0x08000000, 0x100]], { preserve: true, verify: false });
  planFor(layout, [[0x08000200, 1]], { preserve: true });
});

Deno.test("planFlash() refuses special memory unless it is asked for", () => {
  const images = [
    { alternate: 0, outline: outlineOf([[0x08000000, 4]]) },
    { alternate: 1, outline: outlineOf([[0x1FFFC000, 16]]) },
  ];
  const profile = profileOf([F405, OPTION_BYTES]);
  const error = refuse(() => planFlash({ images }, profile));
  assertEquals(error.facts["problems"], [
    'Cannot write 0x1FFFC000: "Option Bytes" is not memory for programs',
  ]);
  assertEquals(error.hint?.includes("--allow-special"), true);
  planFlash({ images }, profile, { allowSpecial: true });
  planFlash({ images }, profile, { alternate: 0 });
});

Deno.test("planFlash() refuses a file that is made for another device", () => {
  const images = [{ outline: outlineOf([[0x08000000, 4]]) }];
  const plan = (
    ids: Partial<typeof IDS>,
    over: Partial<DeviceProfile> = IDS,
    options?: PlanOptions,
  ) => planFlash({ images, ids: { ...IDS, ...ids } }, profileOf([F405], over), options);
  assertEquals(refuse(() => plan({ vendorId: 0x28E9 })).facts["problems"], [
    "Cannot flash a file made for USB device 28e9:df11: the target is 0483:df11",
  ]);
  assertEquals(
    refuse(() => plan({ productId: 0x0189 })).message,
    "Cannot flash a file made for USB device 0483:0189: the target is 0483:df11",
  );
  refuse(() => plan({ vendorId: 0 }));
  refuse(() => plan({ vendorId: 0x28E9, productId: 0xFFFF }));
  refuse(() => plan({ vendorId: 0xFFFF, productId: 0x0189 }));
  plan({});
  plan({ vendorId: 0xFFFF });
  plan({ productId: 0xFFFF });
  plan({ productId: 0 });
  plan({ vendorId: 0x28E9 }, {});
  plan({ vendorId: 0x28E9 }, IDS, { ignoreIds: true });
});

Deno.test("planFlash() refuses a file without bytes for the memory", () => {
  const plan = (images: PlanInput["images"], options?: PlanOptions) => () =>
    planFlash({ images }, profileOf([F405]), options);
  assertEquals(refuse(plan([])).message, "Cannot plan: the file holds no bytes to flash");
  const empty = { alternate: 0, outline: outlineOf([]) };
  assertEquals(refuse(plan([empty])).message, "Cannot plan: the file holds no bytes to flash");
  const other = { alternate: 1, outline: outlineOf([[0x08000000, 4]]) };
  assertEquals(
    refuse(plan([other, other], { alternate: 0 })).message,
    "Cannot plan for alternate 0: the file has images for 1 only",
  );
});

Deno.test("planFlash() refuses alternate settings that are not there or cannot be used", () => {
  const image = { alternate: 2, outline: outlineOf([[0x08000000, 4]]) };
  assertEquals(
    refuse(() => planFlash({ images: [image] }, profileOf([F405, OPTION_BYTES]))).message,
    'Cannot plan for alternate 2: Test part has 0 "Internal Flash", 1 "Option Bytes"',
  );
  assertEquals(
    refuse(() => planFlash({ images: [image] }, profileOf([]))).message,
    "Cannot plan for alternate 2: Test part has none that can be planned for",
  );
  const unusable = [{ alternate: 2, text: "@", reason: "no address follows the name" }];
  assertEquals(
    refuse(() => planFlash({ images: [image] }, profileOf([F405], { unusable }))).message,
    "Cannot plan for alternate 2: no address follows the name",
  );
});

Deno.test("planFlash() refuses two images for one memory", () => {
  const profile = profileOf([F405]);
  const image = (alternate: number | undefined, stretch: Stretch) => ({
    ...(alternate === undefined ? {} : { alternate }),
    outline: outlineOf([stretch]),
  });
  const images = [image(0, [0x08000000, 4]), image(undefined, [0x08004000, 4])];
  assertEquals(refuse(() => planFlash({ images }, profile)).facts["problems"], [
    "Cannot plan two images for alternate 0 at once",
  ]);
});

Deno.test("planFlash() refuses images of two alternates that share pages", () => {
  const profile = profileOf([F405, F405]);
  const images = (second: number) => [
    { alternate: 0, outline: outlineOf([[0x08000000, 0x5000]]) },
    { alternate: 1, outline: outlineOf([[second, 4]]) },
  ];
  assertEquals(
    refuse(() => planFlash({ images: images(0x08007000) }, profile)).facts["problems"],
    ["Cannot flash alternates 0 and 1 at once: both have pages at 0x08004000"],
  );
  planFlash({ images: images(0x08008000) }, profile);
  const [first, second] = images(0x08008000);
  const both = [{ ...first, outline: outlineOf([[0x08000000, 4], [0x08008000, 4]]) }, second!];
  refuse(() => planFlash({ images: both }, profile));
  refuse(() => planFlash({ images: images(0x08008000) }, profile, { erase: "all" }));
});

Deno.test("planFlash() refuses transfer sizes that cannot be right", () => {
  const limits = [[0, 4], [2048, 0], [2048, -4], [1001, 4], [2, 4], [2048, 0.5], [2048.5, 1], [
    NaN,
    4,
  ]];
  for (const [transferSize, writeAlignment] of limits) {
    const profile = { transferSize: transferSize!, writeAlignment: writeAlignment! };
    const error = refuse(() => planFor(F405, [[0x08000000, 4]], { profile }));
    assertEquals(
      error.message,
      `Cannot plan for "Test part": transfer size ${transferSize} B, expected a multiple of the write ` +
        `alignment, ${writeAlignment} B`,
    );
  }
});

Deno.test("planFlash() refuses to preserve what it erases, and to leave to nowhere", () => {
  assertEquals(refusal(F405, [[0x08000000, 4]], { erase: "all", preserve: true }), undefined);
  assertEquals(
    refuse(() => planFor(F405, [[0x08000000, 4]], { leave: 0x20000000 })).message,
    "Cannot start a program at 0x20000000: it is in no memory of Test part",
  );
});

Deno.test("planFlash() refuses to tell a voltage to a part that does not take it", () => {
  assertEquals(
    refuse(() => planFor(F405, [[0x08000000, 4]], { voltage: "2.7-3.6" })).message,
    'Cannot tell Test part its supply voltage: it has no "Device Feature"',
  );
});

Deno.test("planFlash() refuses a layout of more pages than it can plan", () => {
  assertEquals(
    refuse(() => planFor("@F /0x00000000/99999999*1Bg", [[0, 99_999_999]])).message,
    'Cannot plan for "F": 99999999 pages, expected at most 1048576',
  );
});

function refusal(layout: string, segments: readonly Stretch[], options: TestOptions = {}): unknown {
  return refuse(() => planFor(layout, segments, options)).facts["problems"];
}

/** Nothing comes back from a refused plan but the error. */
function refuse(makePlan: () => unknown): PlanError {
  const error = assertThrows(makePlan, PlanError);
  assertEquals(error.exitCode, ExitCode.plan);
  assertEquals(error.hint === "", false);
  return error;
}
