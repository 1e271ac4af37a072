import { assert, assertEquals } from "@std/assert";
import { OPTION_BYTES } from "../../src/chips/option_bytes.ts";
import { findOption, type OptionState } from "../../src/plan/option_state.ts";
import { hex, stateOf } from "./option_rig.ts";

function texts(state: OptionState): Record<string, string> {
  return Object.fromEntries(state.values.map(({ field, text }) => [field.name, text]));
}

Deno.test("decodeOptionBytes() finds every new part intact, unprotected and with nothing write-protected", () => {
  for (const table of OPTION_BYTES) {
    const state = stateOf(table);
    const name = table.chips.join();
    assertEquals(state.damage, [], name);
    assertEquals(state.level, 0, name);
    for (const { field, text } of state.values) {
      if (field.kind === "sectors" || field.kind === "pages") assertEquals(text, "none", name);
      if (/WDG1?_SW$/.test(field.name)) assertEquals(text, "1", name);
      if (/^N?n?RST_ST/i.test(field.name)) assertEquals(text, "1", name);
    }
  }
});

Deno.test("decodeOptionBytes() reads what a person wrote by hand: F072", () => {
  const state = stateOf(
    "stm32f072",
    (bytes) => bytes.set(hex("BB44 6E91 1234 56A9 FE01 7F80 FF00 7F80")),
  );
  assertEquals(state.level, 1);
  assertEquals(texts(state), {
    RDP: "1",
    WDG_SW: "0",
    nRST_STOP: "1",
    nRST_STDBY: "1",
    nBOOT1: "0",
    VDDA_MONITOR: "1",
    RAM_PARITY: "1",
    DATA0: "0x12",
    DATA1: "0x56",
    WRP: "0,15,31",
  });
  // 0x12 and 0x34 are no complements.
  assertEquals(state.damage.map(({ fields }) => fields), [["DATA0"]]);
});

Deno.test("decodeOptionBytes() reads what a person wrote by hand: F042, F405, F411, L476, G474", () => {
  const f042 = stateOf("stm32f042", (bytes) => bytes.set(hex("7F80"), 2));
  assertEquals(texts(f042)["BOOT_SEL"], "0");
  const f405 = stateOf(
    "stm32f405",
    (bytes) => bytes.set(hex("C3CC 3C33 C3CC 3C33 FCF7 0308 FCF7 0308")),
  );
  assertEquals([f405.level, f405.damage.length], [2, 0]);
  assertEquals(texts(f405), {
    RDP: "2",
    BOR_LEV: "0",
    WDG_SW: "0",
    nRST_STOP: "1",
    nRST_STDBY: "1",
    WRP: "0-1,11",
  });
  const f411 = stateOf("stm32f411", (bytes) => bytes.set(hex("FFFF 0000 FFFF 0000"), 8));
  assertEquals(findOption(f411, "wrp")?.void, "SPRMOD is not 0");
  const l476 = stateOf(
    "stm32l476",
    (bytes) => {
      bytes.set(hex("AAFAEEFF 55051100"), 0);
      bytes.set(hex("03FF05FF FC00FA00"), 24);
    },
  );
  assertEquals([texts(l476)["BOR_LEV"], texts(l476)["IWDG_SW"]], ["2", "0"]);
  assertEquals([texts(l476)["WRP1A"], texts(l476)["WRP1B"]], ["3-5", "none"]);
  assertEquals(l476.damage, []);
  const g474 = stateOf("stm32g474", (bytes) => bytes.set(hex("03FF85FF FC007A00"), 24));
  assertEquals(texts(g474)["WRP1A"], "3-5");
  assertEquals(g474.damage, []);
});

Deno.test("decodeOptionBytes() takes an F1 with 0xAA for protected", () => {
  const state = stateOf("stm32f107", (bytes) => bytes.set(hex("AA55"), 0));
  assertEquals([state.level, state.damage.length], [1, 0]);
  assertEquals(stateOf("stm32f107", (bytes) => bytes.set(hex("CC33"), 0)).level, 1);
});

Deno.test("decodeOptionBytes() takes a damaged RDP for level 1, whatever it says", () => {
  const state = stateOf("stm32f072", (bytes) => bytes.set(hex("AA54"), 0));
  assertEquals(state.level, 1);
  assertEquals(state.damage.map(({ message }) => message), [
    "0x1FFFF800 and its complement do not fit each other (RDP)",
  ]);
  const second = stateOf("stm32f405", (bytes) => bytes.set(hex("CC"), 1));
  assertEquals([second.level, second.damage.length], [1, 1]);
});

Deno.test("decodeOptionBytes() notices any changed bit of what has a complement", () => {
  const known = OPTION_BYTES.filter(({ readOnly, chips }) =>
    // Three quarters of an STM32F042's write protection protect nothing.
    readOnly === undefined && !chips.includes("stm32f042")
  );
  for (const table of known) {
    const block = table.blocks[0]!;
    const size = stateOf(table).contents.get(block.address)!.length;
    for (let bit = 0; bit < size * 8; bit++) {
      const state = stateOf(table, (bytes) => {
        bytes[Math.floor(bit / 8)] = bytes[Math.floor(bit / 8)]! ^ (1 << bit % 8);
      });
      assertEquals(state.damage.length, 1, `${table.chips} bit ${bit}`);
    }
  }
});

Deno.test("An erased byte with an erased complement is no damage on F0, F1 and F3, and protects", () => {
  const state = stateOf("stm32f072", (bytes) => bytes.fill(0xFF));
  assertEquals([state.damage.length, state.level], [0, 1]);
  assertEquals(texts(state)["WRP"], "none");
  assert(stateOf("stm32f405", (bytes) => bytes.fill(0xFF)).damage.length > 0);
  assert(stateOf("stm32l432", (bytes) => bytes.fill(0xFF)).damage.length > 0);
});
