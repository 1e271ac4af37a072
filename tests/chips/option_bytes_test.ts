import { assert, assertEquals } from "@std/assert";
import { CHIPS } from "../../src/chips/chips.ts";
import {
  commonOptionBytes,
  factoryBytes,
  findOptionBytes,
  OPTION_BYTES,
  optionBlockSize,
} from "../../src/chips/option_bytes.ts";
import { profileOfChip, specialArea } from "../../src/plan/device_profile.ts";
import { extentOf } from "../../src/plan/extents.ts";
import { formatBytes } from "../../src/format.ts";

Deno.test("Every table is of parts that exist, each part once", () => {
  const ids = OPTION_BYTES.flatMap(({ chips }) => chips);
  assertEquals(ids.length, new Set(ids).size);
  for (const id of ids) assert(CHIPS.some((chip) => chip.id === id), id);
});

Deno.test("Every promised family has tables: F0, F1, F3, F4, F7, L4, G0, G4, H7", () => {
  for (const family of ["f0", "f1", "f3", "f4", "f7", "l4", "g0", "g4", "h7"]) {
    const chips = CHIPS.filter(({ id }) => id.startsWith(`stm32${family}`));
    assert(chips.length > 0);
    for (const { id } of chips) assert(findOptionBytes(id) !== undefined, id);
  }
});

Deno.test("Every block is one that the part's boot loader tells of, in address and size", () => {
  for (const table of OPTION_BYTES) {
    for (const chip of CHIPS.filter(({ id }) => table.chips.includes(id))) {
      const layout = profileOfChip(chip).alternates
        .find(({ layout }) => specialArea(layout) === "option-bytes")?.layout;
      const told = new Map(
        layout?.regions.map((region) => [region.address, extentOf(region).size]),
      );
      const wanted = table.blocks.map((block) => [block.address, optionBlockSize(block)]);
      assertEquals(wanted.map(([address]) => [address, told.get(address!)]), wanted, chip.id);
    }
  }
});

Deno.test("No two fields of a table share a name or a bit, and all lie in its blocks", () => {
  for (const { chips, fields, blocks } of OPTION_BYTES) {
    const names = fields.map(({ name }) => name.toLowerCase());
    assertEquals(names.length, new Set(names).size, chips.join());
    const bits = fields.flatMap(({ parts }) =>
      parts.flatMap(({ address, bit, width }) =>
        Array.from({ length: width }, (_, index) => address * 8 + bit + index)
      )
    );
    assertEquals(bits.length, new Set(bits).size, chips.join());
    for (const bit of bits) {
      const address = Math.floor(bit / 8);
      const block = blocks.find((block) =>
        block.address <= address && address < block.address + optionBlockSize(block)
      );
      assert(block !== undefined, `${chips}: ${address.toString(16)}`);
    }
  }
});

Deno.test("Fields that a rule or another field names exist", () => {
  for (const { chips, fields, bootPinWorks = [] } of OPTION_BYTES) {
    const names = new Set(fields.map(({ name }) => name));
    const named = [
      ...bootPinWorks.flatMap((row) => Object.keys(row)),
      ...fields.flatMap(({ needs = {} }) => Object.keys(needs)),
    ];
    for (const name of named) assert(names.has(name), `${chips}: ${name}`);
  }
});

Deno.test("Values with names have one for each value", () => {
  for (const { chips, fields } of OPTION_BYTES) {
    for (const { name, values, parts } of fields) {
      if (values !== undefined) {
        assertEquals(values.length, 2 ** parts[0]!.width, `${chips} ${name}`);
      }
    }
  }
});

Deno.test("An STM32F411's bytes are those of a published copy, by its SHA-256", async () => {
  const bytes = factoryBytes(findOptionBytes("stm32f411")!.blocks[0]!);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
  assertEquals(
    formatBytes(sum).replaceAll(" ", ""),
    "d292558017cf9ca0a2e40e262a5c1daa4b305ccf084ce06128133d282f905115",
  );
});

Deno.test("An STM32F042's bytes are those of a published copy", () => {
  const bytes = factoryBytes(findOptionBytes("stm32f042")!.blocks[0]!);
  assertEquals(formatBytes(bytes), "aa 55 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00 ff 00");
});

Deno.test("Read protection is off with 0xA5 on the F1 and with 0xAA elsewhere; the F1 has no level 2", () => {
  for (const { chips, levelZero, hasLevelTwo } of OPTION_BYTES) {
    const isF1 = chips.includes("stm32f107");
    assertEquals([levelZero, hasLevelTwo], isF1 ? [0xA5, false] : [0xAA, true], chips.join());
  }
});

Deno.test("What is not certain is never written: F7, G0, H7, and every second bank", () => {
  const readOnly = OPTION_BYTES.filter((table) => table.readOnly !== undefined)
    .flatMap(({ chips }) => chips).filter((id) => /^stm32(f7|g0|h7)/.test(id));
  const all = CHIPS.map(({ id }) => id).filter((id) => /^stm32(f7|g0|h7)/.test(id));
  assertEquals(readOnly.toSorted(), all.toSorted());
  for (const { chips, blocks } of OPTION_BYTES) {
    assertEquals(blocks.filter((block) => block.readOnly === undefined).length, 1, chips.join());
  }
});

Deno.test("commonOptionBytes() keeps what parts share in place and meaning", () => {
  const tables = ["stm32f407xe", "stm32f401"].map((id) => findOptionBytes(id)!);
  const common = commonOptionBytes(tables)!;
  // WRP means something else on one of them while SPRMOD is set, so it is not among them.
  assertEquals(common.fields.map(({ name }) => name), [
    "RDP",
    "BOR_LEV",
    "WDG_SW",
    "nRST_STOP",
    "nRST_STDBY",
  ]);
});

Deno.test("commonOptionBytes() has nothing for parts that store them otherwise, or elsewhere", () => {
  const pairs = [["stm32f072", "stm32f107"], ["stm32f405", "stm32f427"], [
    "stm32l432",
    "stm32g474",
  ]];
  for (const pair of pairs) {
    assertEquals(commonOptionBytes(pair.map((id) => findOptionBytes(id)!)), undefined);
  }
});

Deno.test("commonOptionBytes() is read-only where one of them is, or the boot pins differ", () => {
  const [one, other] = ["stm32f042", "stm32f072"].map((id) => findOptionBytes(id)!) as [
    (typeof OPTION_BYTES)[0],
    (typeof OPTION_BYTES)[0],
  ];
  assertEquals(commonOptionBytes([one, other])?.readOnly, "the boot pins differ");
  const { bootPinWorks: _, ...open } = one;
  assertEquals(
    commonOptionBytes([open, { ...open, readOnly: "for a test" }])?.readOnly,
    "for a test",
  );
});
