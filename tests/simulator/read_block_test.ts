import { assertEquals } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { createPart } from "../../src/simulator/part.ts";
import { isStartable, readBlock } from "../../src/simulator/read_block.ts";
import { littleEndian } from "./host.ts";

const FLASH = 0x08000000;

function partWith(words: readonly number[], chip = "stm32f072") {
  const part = createPart({ chip: findChip(chip), fill: "blank" });
  part.memory.areas[0]!.bytes.set(words.flatMap(littleEndian));
  return part;
}

Deno.test("isStartable() knows a vector table", () => {
  const cases: [number, number, boolean][] = [
    [0x20004000, 0x08000101, true],
    [0x10010000, 0x08000101, true],
    [0x24080000, 0x0801FFFF, true],
    [0x20004002, 0x08000101, false],
    [0x20004000, 0x08000100, false],
    [0x20004000, 0x08020001, false],
    [0x08004000, 0x08000101, false],
    [0xFFFFFFFF, 0xFFFFFFFF, false],
    [0x00000000, 0x08000101, false],
  ];
  for (const [stack, entry, expected] of cases) {
    assertEquals(isStartable(partWith([stack, entry]), FLASH), expected, `${stack} ${entry}`);
  }
  assertEquals(isStartable(partWith([0x20004000, 0x08000101]), FLASH + 8), false);
  assertEquals(isStartable(partWith([]), 0x08020000), false);
  assertEquals(isStartable(partWith([]), 0x08020000 - 4), false);
});

Deno.test("isStartable() wants code and no table of a RISC-V part", () => {
  assertEquals(isStartable(partWith([0x00000297], "gd32vf103"), FLASH), true);
  assertEquals(isStartable(partWith([], "gd32vf103"), FLASH), false);
});

Deno.test("readBlock() reads within the alternate setting only", () => {
  const part = partWith([1, 2]);
  const read = (alternate: number, address: number) =>
    readBlock(part, { alternate, address, size: 4 });
  assertEquals(read(0, FLASH + 4), Uint8Array.of(2, 0, 0, 0));
  assertEquals(read(1, FLASH + 4), "errTARGET");
  assertEquals(read(0, FLASH - 1), "errTARGET");
  assertEquals(read(0, 0x08020000), new Uint8Array(0));
});
