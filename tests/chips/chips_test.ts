import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Chip, FlashTiming } from "../../src/chips/chip.ts";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { sentBy } from "../../src/chips/guess_chip.ts";
import { QUIRKS } from "../../src/chips/quirks.ts";
import { UsageError } from "../../src/errors.ts";
import { profileOfChip, specialArea } from "../../src/plan/device_profile.ts";
import { layoutSize, parseMemoryLayout } from "../../src/plan/memory_layout.ts";

function timingsOf(chip: Chip): FlashTiming[] {
  return [chip.timing, ...Object.values(chip.timingAtVoltage ?? {})];
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

for (const chip of CHIPS) {
  Deno.test(`CHIPS has a consistent entry for ${chip.id}`, () => {
    const layouts = chip.alternates.map(parseMemoryLayout);
    for (const layout of layouts) assertEquals(layout.notes, [], layout.name);
    assertEquals(layoutSize(layouts[0]!), chip.flashSize);
    for (const layout of layouts.slice(1)) {
      const isData = layout.name === "DATA Memory";
      assert(isData || specialArea(layout) !== undefined, `${layout.name} is no special area`);
      assert(layout.regions.every((region) => !region.erasable), `${layout.name} is erasable`);
    }
    const { writeAlignment } = profileOfChip(chip);
    for (const alignment of [chip.writeAlignment, chip.flashWordSize ?? 1, writeAlignment]) {
      assert(isPowerOfTwo(alignment));
      assertEquals(writeAlignment % alignment, 0);
    }
    assertEquals(chip.transferSize % writeAlignment, 0);
    for (const region of layouts[0]!.regions) {
      assertEquals(region.pageSize % writeAlignment, 0);
      if (!region.erasable) continue;
      for (const timing of timingsOf(chip)) {
        const row = timing.erase.find((entry) => entry.pageSize === region.pageSize);
        assert(row !== undefined, `no erase time for pages of ${region.pageSize}`);
      }
    }
  });

  Deno.test(`CHIPS has sane figures and facts for ${chip.id}`, () => {
    assertEquals(chip.id, chip.id.toLowerCase());
    assert(chip.title.length > 0 && chip.sources.length > 0);
    assert(chip.vendorId > 0 && chip.vendorId <= 0xFFFF && chip.productId <= 0xFFFF);
    for (const timing of timingsOf(chip)) {
      assert(timing.source.length > 0);
      const sizes = timing.erase.map((row) => row.pageSize);
      assertEquals(sizes, [...new Set(sizes)].sort((a, b) => a - b));
      const erases = timing.massErase === undefined
        ? timing.erase
        : [...timing.erase, timing.massErase];
      for (const { typicalMs, maximumMs } of erases) {
        assert(typicalMs > 0 && typicalMs <= maximumMs);
      }
      const { unit, typicalUs, maximumUs } = timing.program;
      assert(isPowerOfTwo(unit) && typicalUs > 0 && typicalUs <= maximumUs);
    }
    for (const quirk of chip.quirks) assert(QUIRKS[quirk] !== undefined, quirk);
    assertEquals(chip.quirks.includes("voltage-sets-parallelism"), "timingAtVoltage" in chip);
  });

  Deno.test(`CHIPS tells how what ${chip.id} sends differs`, () => {
    assertEquals(sentBy(chip).length, chip.alternates.length);
    const lies = sentBy(chip).some((text, index) => differs(text, chip.alternates[index]!));
    assertEquals(lies, chip.quirks.includes("layout-lies"));
    if (chip.sentAlternates !== undefined) {
      assert(sentBy(chip).some((text, index) => text !== chip.alternates[index]));
    }
  });
}

/** Whether two strings tell of different memory, apart from an erase that special areas do not have. */
function differs(sent: string, real: string): boolean {
  const regions = (text: string) =>
    parseMemoryLayout(text).regions.map(({ erasable: _, ...region }) => region);
  return JSON.stringify(regions(sent)) !== JSON.stringify(regions(real));
}

Deno.test("CHIPS has every name once", () => {
  const names = CHIPS.flatMap((chip) => [chip.id, ...chip.aliases]);
  assertEquals(names.length, new Set(names).size);
});

Deno.test("CHIPS has the parts that were asked for", () => {
  const wanted =
    "f042 f072 f105 f107 f205 f207 f303 f401 f405 f411 f427 f429 f446 f722 f745 f767 " +
    "h743 h723 h7a3 l072 l152 l432 l476 l4r9 g0b1 g431 g474 c071 u585 h563 wb55";
  const ids = [...wanted.split(" ").map((part) => `stm32${part}`), "gd32f303", "gd32vf103"];
  for (const id of [...ids, "at32f437"]) assert(findChip(id) !== undefined, id);
});

Deno.test("QUIRKS has no quirk that no part has", () => {
  const used = new Set(CHIPS.flatMap((chip) => chip.quirks));
  assertEquals(Object.keys(QUIRKS).filter((quirk) => !used.has(quirk as never)), []);
});

Deno.test("an F4 is twice as fast to erase and four times as fast to program at 3 V", () => {
  const chip = findChip("stm32f405");
  const fast = chip.timingAtVoltage!["2.7-3.6"];
  assertEquals(chip.timing.program.unit, 1);
  assertEquals(fast.program.unit, 4);
  assertEquals(fast.program.typicalUs, chip.timing.program.typicalUs);
  assertEquals(chip.timing.erase.map((row) => row.typicalMs), [400, 1200, 2000]);
  assertEquals(fast.erase.map((row) => row.typicalMs), [250, 550, 1000]);
  assertEquals(chip.timing.massErase, { typicalMs: 16_000, maximumMs: 32_000 });
});

const ORDER_CODES: readonly [code: string, id: string][] = [
  ["STM32F405RGT6", "stm32f405"],
  ["STM32F407VGT6TR", "stm32f405"],
  ["stm32f407vet6", "stm32f407xe"],
  ["STM32F401CCU6", "stm32f401xc"],
  ["STM32F401RE", "stm32f401"],
  ["STM32F401xC", "stm32f401xc"],
  ["STM32F429ZIT6", "stm32f427"],
  ["STM32F429ZGT6", "stm32f427xg"],
  ["STM32F072C8T6", "stm32f072x8"],
  ["STM32F072RBT6", "stm32f072"],
  ["STM32F042K6T6", "stm32f042"],
  ["STM32H743ZIT6", "stm32h743"],
  ["STM32H7A3ZIT6Q", "stm32h7a3"],
  ["STM32L072CZT6", "stm32l072"],
  ["STM32L476RGT6", "stm32l476"],
  ["STM32L4R9ZIJ6", "stm32l4r9"],
  ["STM32G0B1RET6", "stm32g0b1"],
  ["STM32G0B1CBT6", "stm32g0b1xb"],
  ["STM32U575ZGT6", "stm32u575xg"],
  ["STM32WB55RGV6", "stm32wb55"],
  ["GD32VF103CBT6", "gd32vf103"],
  ["GD32VF103C8T6", "gd32vf103x8"],
  ["GD32F303RCT6", "gd32f303xc"],
  ["AT32F437ZMT7", "at32f437"],
  ["stm32h743v", "stm32h743"],
  ["STM32H743xx", "stm32h743"],
];

for (const [code, id] of ORDER_CODES) {
  Deno.test(`findChip() finds ${id} by ${code}`, () => assertEquals(findChip(code).id, id));
}

Deno.test("findChip() finds every entry by its names, in any case", () => {
  for (const chip of CHIPS) {
    for (const name of [chip.id, ...chip.aliases]) {
      assertEquals(findChip(name).id, chip.id);
      assertEquals(findChip(` ${name.toUpperCase()} `).id, chip.id);
    }
  }
});

Deno.test("findChip() refuses an order code with another flash size than the entries have", () => {
  const error = assertThrows(() => findChip("STM32F446RCT6"), UsageError);
  assertEquals(
    error.message,
    'Cannot find chip "STM32F446RCT6": not of that flash size, expected one of stm32f446 (512 KiB)',
  );
  assertThrows(() => findChip("STM32H743VGT6"), UsageError, "stm32h743 (2 MiB)");
  assertThrows(() => findChip("STM32F405R?T6"), UsageError, "not in the table");
});

Deno.test("findChip() asks which one when a name fits parts of several sizes", () => {
  assertThrows(
    () => findChip("stm32f401c"),
    UsageError,
    "it does not say how much flash, expected one of stm32f401 (512 KiB), stm32f401xc (256 KiB)",
  );
});

Deno.test("findChip() takes the longest part that an order code begins with", () => {
  const chip = findChip("stm32f405");
  const table = ["stm32k12", "stm32k12a"].map((id) => ({ ...chip, id, aliases: [] }));
  assertEquals(findChip("STM32K12ARGT6", table).id, "stm32k12a");
  assertEquals(findChip("STM32K12RGT6", table).id, "stm32k12");
});

Deno.test("findChip() names the closest parts for a name that it does not know", () => {
  const error = assertThrows(() => findChip("stm32f504"), UsageError);
  assertStringIncludes(error.message, 'Cannot find chip "stm32f504": not in the table of parts');
  assertEquals(error.exitCode, 2);
  assertEquals((error.facts["closest"] as string[]).length, 3);
  const typo = assertThrows(() => findChip("smt32h743"), UsageError);
  assertEquals((typo.facts["closest"] as string[])[0], "stm32h743");
  const short = assertThrows(() => findChip("F405"), UsageError);
  assertEquals((short.facts["closest"] as string[])[0], "stm32f405");
  assertThrows(() => findChip(""), UsageError);
  assertThrows(() => findChip("x".repeat(1e6)), UsageError);
});
