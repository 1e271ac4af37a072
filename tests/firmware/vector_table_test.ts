import { assertEquals } from "@std/assert";
import { checkVectorTable, formatVectorTable } from "../../src/firmware/vector_table.ts";

const FLASH = [{ address: 0x08000000, size: 0x100000 }];
const GOOD = { address: 0x08000000, stackPointer: 0x20020000, resetVector: 0x08000109 };

Deno.test("checkVectorTable() accepts the stack in any RAM that works after reset", () => {
  for (const stackPointer of [0x20000400, 0x20020000, 0x10010000, 0x24080000, 0x40000000]) {
    assertEquals(checkVectorTable({ ...GOOD, stackPointer }, FLASH), []);
  }
});

Deno.test("checkVectorTable() says what makes no sense", () => {
  const cases: [Partial<typeof GOOD>, readonly string[]][] = [
    [{ stackPointer: 0x20000000 }, ["initial stack pointer 0x20000000 is not in RAM"]],
    [{ stackPointer: 0x40000004 }, ["initial stack pointer 0x40000004 is not in RAM"]],
    [{ stackPointer: 0x20000402 }, ["initial stack pointer 0x20000402 is not a multiple of 4"]],
    [{ resetVector: 0x08000108 }, ["reset vector 0x08000108 is not of Thumb state"]],
    [{ resetVector: 0x08100001 }, ["reset vector 0x08100001 is outside the program's memory"]],
    [{ stackPointer: 0xFFFFFFFF, resetVector: 0xFFFFFFFF }, [
      "initial stack pointer 0xFFFFFFFF is not in RAM",
      "reset vector 0xFFFFFFFF is outside the program's memory",
    ]],
  ];
  for (const [change, problems] of cases) {
    assertEquals(checkVectorTable({ ...GOOD, ...change }, FLASH), problems);
  }
});

Deno.test("formatVectorTable() tells both words", () => {
  assertEquals(formatVectorTable(GOOD), "stack 0x20020000, reset 0x08000109");
});
