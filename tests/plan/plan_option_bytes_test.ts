import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OPTION_BYTES, type OptionField } from "../../src/chips/option_bytes.ts";
import { formatBytes } from "../../src/format.ts";
import { decodeOptionBytes, findOption, type OptionState } from "../../src/plan/option_state.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";
import { ALLOW_ALL, hex, plan, stateOf } from "./option_rig.ts";

const WRITABLE = OPTION_BYTES.filter(({ readOnly }) => readOnly === undefined);

function written(state: OptionState, words: string): string {
  return formatBytes(plan(state, words, ALLOW_ALL).write!.data).replaceAll(" ", "");
}

/** The bytes as one number, by which bits can be compared without the code under test. */
function asNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

const same = (text: string) => formatBytes(hex(text)).replaceAll(" ", "");

Deno.test("planOptionBytes() writes the bytes that a person would: F0, F1, F3", () => {
  const f072 = stateOf("stm32f072");
  assertEquals(written(f072, "WDG_SW=0"), same("AA55 FE01 FF00 FF00 FF00 FF00 FF00 FF00"));
  assertEquals(written(f072, "RDP=1"), same("BB44 FF00 FF00 FF00 FF00 FF00 FF00 FF00"));
  assertEquals(written(f072, "DATA1=0x5A"), same("AA55 FF00 FF00 5AA5 FF00 FF00 FF00 FF00"));
  assertEquals(written(f072, "WRP=0,9,31"), same("AA55 FF00 FF00 FF00 FE01 FD02 FF00 7F80"));
  // A published file for an STM32F042 that ignores its boot pin.
  assertEquals(
    written(stateOf("stm32f042"), "BOOT_SEL=0"),
    same("AA55 7F80 FF00 FF00 FF00 FF00 FF00 FF00"),
  );
  assertEquals(
    written(stateOf("stm32f107"), "RDP=1 nRST_STOP=0"),
    same("BB44 FD02 FF00 FF00 FF00 FF00 FF00 FF00"),
  );
  assertEquals(
    written(stateOf("stm32f303"), "SRAM_PE=0"),
    same("AA55 BF40 FF00 FF00 FF00 FF00 FF00 FF00"),
  );
});

Deno.test("planOptionBytes() writes the bytes that a person would: F4", () => {
  const f411 = stateOf("stm32f411");
  assertEquals(written(f411, "BOR_LEV=0"), same("E3AA 1C55 E3AA 1C55 FF7F 0080 FF7F 0080"));
  assertEquals(written(f411, "RDP=2"), same("EFCC 1033 EFCC 1033 FF7F 0080 FF7F 0080"));
  assertEquals(written(f411, "WRP=0-1,7"), same("EFAA 1055 EFAA 1055 7C7F 8380 7C7F 8380"));
  assertEquals(
    written(stateOf("stm32f405"), "WRP=all"),
    same("EFAA 1055 EFAA 1055 00F0 FF0F 00F0 FF0F"),
  );
});

Deno.test("planOptionBytes() writes the bytes that a person would: L4, G4", () => {
  const rest = "FFFFFFFF00000000 0000FF7FFFFF0080";
  const empty = "FFFF00FF0000FF00";
  assertEquals(
    written(stateOf("stm32l432"), "BOR_LEV=4 nSWBOOT0=0"),
    same(`AAFCFFFB 55030004 ${rest} ${empty} ${empty}`),
  );
  assertEquals(
    written(stateOf("stm32g431"), "WRP1A=1-2"),
    same(`AAF8EFFF 55071000 ${rest} C1FF02FF3E00FD00 ${empty}`),
  );
  assertEquals(
    written(stateOf("stm32g474"), "WRP1B=5"),
    same(`AAF8EFFF 55071000 ${rest} ${empty} 85FF05FF7A00FA00 00FFFEFF FF000100`),
  );
});

Deno.test("planOptionBytes() sets each field of each part, and nothing else changes", () => {
  let count = 0;
  for (const table of WRITABLE) {
    const before = stateOf(table);
    for (const { field } of before.values) {
      if (!isSettable(before, field)) continue;
      for (const text of textsOf(field)) {
        checkOne(before, field, text);
        count++;
      }
    }
  }
  assert(count > 350, `${count}`);
});

/** Sets one field and compares every bit that is no copy. */
function checkOne(before: OptionState, field: OptionField, text: string): void {
  const label = `${before.table.chips} ${field.name}=${text}`;
  const made = plan(before, `${field.name}=${text}`, ALLOW_ALL);
  if (findOption(before, field.name)!.text === text) {
    return assertEquals(made.write, undefined, label);
  }
  const { data, address } = made.write!;
  const old = before.contents.get(address)!;
  assertEquals(data.length, old.length, label);
  const after = decodeOptionBytes(before.table, new Map([...before.contents, [address, data]]));
  assertEquals(after.damage, [], label);
  assertEquals(findOption(after, field.name)!.text, text, label);
  for (const { field: other, text: kept } of before.values) {
    if (other.name !== field.name) assertEquals(findOption(after, other.name)!.text, kept, label);
  }
  const changed = asNumber(data) ^ asNumber(old);
  const own = field.parts.reduce(
    (mask, part) =>
      mask | ((1n << BigInt(part.width)) - 1n) << BigInt((part.address - address) * 8 + part.bit),
    0n,
  );
  assertEquals(changed & ~(own | copiesOf(before, own, address)), 0n, label);
}

/** Where the copies of bits are, told once more than in the code. */
function copiesOf({ table }: OptionState, own: bigint, address: number): bigint {
  switch (table.blocks.find((block) => block.address === address)!.form) {
    case "byte-complement":
      return own << 8n;
    case "half-words-twice":
      return own << 16n | own << 32n | own << 48n;
    case "word-complement":
      return own << 32n;
    case "plain":
      return 0n;
  }
}

function isSettable({ table }: OptionState, field: OptionField): boolean {
  return field.locked === undefined &&
    table.blocks.some((block) =>
      block.readOnly === undefined &&
      field.parts.every(({ address }) =>
        block.address <= address &&
        address < block.address + block.factory.replaceAll(" ", "").length / 2
      )
    );
}

/** Values to try, as the command line takes them. */
function textsOf(field: OptionField): string[] {
  const { width } = field.parts[0]!;
  switch (field.kind) {
    case "level":
      return ["0", "1"];
    case "number":
      return width > 3
        ? ["0x00", "0x01", "0x80", "0xFF"]
        : Array.from({ length: 2 ** width }, (_, value) => value)
          .filter((value) => field.values?.[value] !== "not defined").map(String);
    case "sectors": {
      const count = field.parts.reduce((sum, part) => sum + part.width, 0);
      return ["none", "0", `${count - 1}`, `0-${count - 1}`];
    }
    case "pages":
      return ["none", "0", "3-5", `0-${2 ** width - 1}`];
  }
}

randomTest("planOptionBytes() survives a random walk over all parts, and comes back", (seed) => {
  const random = seededRandom(seed);
  for (const table of WRITABLE) {
    // Reserved bits are whatever they are: they must stay so.
    let state = stateOf(table);
    const first = state;
    for (let step = 0; step < 60; step++) {
      const words = randomWords(state, random);
      const made = plan(state, words, ALLOW_ALL);
      for (const word of words.split(" ")) {
        const [name, value] = word.split("=") as [string, string];
        assertEquals(findOption(made.after, name)!.text, value, words);
      }
      assertEquals(made.after.damage, []);
      state = made.after.level === 0 ? made.after : state;
    }
    const back = first.values.filter(({ field }) => isSettable(first, field))
      .map(({ field, text }) => `${field.name}=${text}`).join(" ");
    const home = plan(state, back, ALLOW_ALL).after;
    // Empty ranges and values that were not named may be stored otherwise, so settings count.
    assertEquals(home.values.map(({ text }) => text), first.values.map(({ text }) => text));
  }
});

function randomWords(state: OptionState, random: Random): string {
  const fields = state.values.map(({ field }) => field).filter((field) => isSettable(state, field));
  const names = new Set(Array.from({ length: random.between(1, 4) }, () => random.pick(fields)));
  return [...names].map((field) => `${field.name}=${random.pick(textsOf(field))}`).join(" ");
}

randomTest("planOptionBytes() keeps reserved bits as they were read, whatever they are", (seed) => {
  const random = seededRandom(seed);
  for (let count = 0; count < 50; count++) {
    const low = random.below(256);
    const state = stateOf("stm32l432", (bytes) => {
      // Bits 15, 20 to 22 and 28 to 31 of the first word are reserved.
      bytes[2] = (bytes[2]! & 0x8F) | (low & 0x70);
      bytes[3] = (bytes[3]! & 0x0F) | (low & 0xF0);
      for (let index = 0; index < 4; index++) bytes[index + 4] = 0xFF - bytes[index]!;
    });
    const { data } = plan(state, "IWDG_SW=0").write!;
    assertEquals([data[2]! & 0x70, data[3]! & 0xF0], [low & 0x70, low & 0xF0]);
  }
});

Deno.test("planOptionBytes() never writes level 2 but by RDP=2: every other setting of every part", () => {
  for (const table of WRITABLE) {
    const before = stateOf(table);
    for (const { field } of before.values.filter(({ field }) => isSettable(before, field))) {
      for (const text of textsOf(field)) {
        assert(plan(before, `${field.name}=${text}`, ALLOW_ALL).after.level < 2);
      }
    }
  }
});

Deno.test("planOptionBytes() has nothing to write where nothing changes", () => {
  const made = plan(stateOf("stm32f405"), "BOR_LEV=3 WRP=none RDP=0");
  assertEquals([made.changes, made.write, made.warnings], [[], undefined, []]);
});

Deno.test("planOptionBytes() warns of what a change brings with it", () => {
  const warnings = (chip: string, words: string) =>
    plan(stateOf(chip), words, ALLOW_ALL).warnings.slice(0, -1).join("; ");
  assertStringIncludes(warnings("stm32f405", "RDP=1"), "dfuse unprotect lifts it");
  assertStringIncludes(warnings("stm32f405", "RDP=2"), "for ever");
  assertStringIncludes(warnings("stm32f405", "WRP=0"), "only verify notices");
  assertStringIncludes(warnings("stm32f405", "BOR_LEV=0"), "stays in reset");
  assertStringIncludes(warnings("stm32l432", "IWDG_SW=0"), "IWDG_SW=0 resets every program");
  assertStringIncludes(warnings("stm32f042", "BOOT_SEL=0"), "No boot pin starts the boot loader");
  assertStringIncludes(
    warnings("stm32f042", "BOOT_SEL=0 nBOOT0=0"),
    "always starts its boot loader",
  );
  assertEquals(warnings("stm32f405", "nRST_STOP=0"), "");
  assertStringIncludes(
    plan(stateOf("stm32f405"), "nRST_STOP=0").warnings.join(),
    "Power must not fail",
  );
});
