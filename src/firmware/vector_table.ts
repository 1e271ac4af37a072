import type { Extent, Outline, VectorTable } from "./firmware.ts";
import { formatAddress } from "../format.ts";

/** Where the program is about to start, as two numbers: `stack 0x20020000, reset 0x08000009`. */
export function formatVectorTable({ stackPointer, resetVector }: VectorTable): string {
  return `stack ${formatAddress(stackPointer)}, reset ${formatAddress(resetVector)}`;
}

/**
 * What makes no sense in the first words of an image, taken as the vector table of a Cortex-M (ARMv7-M Architecture
 * Reference Manual, B1.5.3 and B3.1); nothing where all of it does. `code` is where a program can be: the part's
 * memory, or the image itself.
 */
export function checkVectorTable(table: VectorTable, code: readonly Extent[]): readonly string[] {
  const { stackPointer, resetVector } = table;
  const problems: string[] = [];
  const stack = `initial stack pointer ${formatAddress(stackPointer)}`;
  // The stack grows down: it may begin at the very end of the memory.
  if (!RAM.some(({ address, size }) => address < stackPointer && stackPointer <= address + size)) {
    problems.push(`${stack} is not in RAM`);
  } else if (stackPointer % 4 !== 0) {
    problems.push(`${stack} is not a multiple of 4`);
  }
  const reset = `reset vector ${formatAddress(resetVector)}`;
  const isThere = code.some(({ address, size }) =>
    address <= resetVector && resetVector < address + size
  );
  if (!isThere) problems.push(`${reset} is outside the program's memory`);
  else if (resetVector % 2 === 0) problems.push(`${reset} is not of Thumb state`);
  return problems;
}

/** As `checkVectorTable()`, for an image alone: its program must be within itself. */
export function checkVectorTableOf(outline: Outline): readonly string[] {
  if (outline.vectorTable === undefined) return ["it begins with fewer than 8 bytes"];
  return checkVectorTable(outline.vectorTable, outline.segments);
}

/**
 * Where RAM can be that works after reset: core-coupled memory of F3, F4, L4 and others; the SRAM of all (ARMv7-M
 * B3.1).
 */
const RAM: readonly Extent[] = [
  { address: 0x10000000, size: 0x00100000 },
  { address: 0x20000000, size: 0x20000000 },
];
