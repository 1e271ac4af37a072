import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { UsageError } from "../../src/errors.ts";
import { parseSimulatorSpec } from "../../src/simulator/simulator_spec.ts";

Deno.test("parseSimulatorSpec() reads a chip alone, with its own quirks", () => {
  const chip = findChip("stm32f405");
  assertEquals(parseSimulatorSpec("stm32f405"), {
    options: { chip, quirks: [...chip.quirks], writeProtected: [], faults: [] },
  });
});

Deno.test("parseSimulatorSpec() reads every setting", () => {
  const { options, speed } = parseSimulatorSpec(
    "stm32f072,fill=blank,seed=7,timing=worst,speed=2.5,image=a=b.img,serial=XYZ,path=1-2.3,rdp=1," +
      "wrp=0x08000000,wrp=0x08001000,quirk=none,quirk=random-stalls,quirk=short-strings," +
      "quirk=-short-strings,busy=repeat,leaves=never,runtime=waits,fault=stall@12,fault=errVENDOR@3",
  );
  assertEquals(speed, 2.5);
  assertEquals(options, {
    chip: findChip("stm32f072"),
    fill: "blank",
    seed: 7,
    timing: "worst",
    image: "a=b.img",
    serial: "XYZ",
    path: "1-2.3",
    readProtected: true,
    writeProtected: [0x08000000, 0x08001000],
    quirks: ["random-stalls"],
    whileBusy: "repeat",
    leaves: "never",
    runtime: "waits",
    faults: [
      { kind: "stall", transfer: 12 },
      { kind: "status", status: "errVENDOR", transfer: 3 },
    ],
  });
});

Deno.test("parseSimulatorSpec() says what is allowed", () => {
  const cases: [string, string][] = [
    ["stm32f9", "stm32f9"],
    ["stm32f405,", 'setting "": expected a setting such as fill=, seed='],
    ["stm32f405,colour=red", 'setting "colour=red": expected a setting such as fill='],
    ["stm32f405,toString=1", "expected a setting such as"],
    ["stm32f405,fill", "expected random or blank"],
    ["stm32f405,fill=full", "expected random or blank"],
    ["stm32f405,seed=-1", "a number of up to nine digits"],
    ["stm32f405,timing=fast", "typical or worst"],
    ["stm32f405,speed=0", "a number above 0"],
    ["stm32f405,speed=1e9", "a number above 0"],
    ["stm32f405,image=", "a value after the equals sign"],
    ["stm32f405,rdp=2", "0 or 1"],
    ["stm32f405,wrp=8000000", "an address such as 0x08004000"],
    ["stm32f405,quirk=slow", "none, or one of blind-clrstatus-breaks"],
    ["stm32f405,busy=yes", "nak or repeat"],
    ["stm32f405,leaves=no", "yes or never"],
    ["stm32f405,runtime=yes", "detaches or waits"],
    ["stm32f405,fault=stall", "KIND@N with N from 1"],
    ["stm32f405,fault=stall@0", "KIND@N with N from 1"],
    ["stm32f405,fault=OK@1", "stall, timeout, disconnect"],
    ["stm32f405,fault=melt@1", "errSTALLEDPKT"],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseSimulatorSpec(text), UsageError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("parseSimulatorSpec() says where several boards can be had", () => {
  for (const setting of ["count=2", "units=10", "count=", "units"]) {
    const error = assertThrows(() => parseSimulatorSpec(`stm32f405,${setting}`), UsageError);
    assertStringIncludes(error.message, `"${setting}" here: it makes several boards`);
    for (const words of ["Leave it out", "--dry-run", "--all or --watch"]) {
      assertStringIncludes(error.hint ?? "", words);
    }
  }
});
