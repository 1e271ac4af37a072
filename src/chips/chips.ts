import { UsageError } from "../errors.ts";
import { formatSize } from "../format.ts";
import type { Chip } from "./chip.ts";
import { AT32 } from "./at32.ts";
import { editDistance } from "./edit_distance.ts";
import { GD32 } from "./gd32.ts";
import { STM32F0 } from "./stm32f0.ts";
import { STM32F1 } from "./stm32f1.ts";
import { STM32F2 } from "./stm32f2.ts";
import { STM32F3 } from "./stm32f3.ts";
import { STM32F4 } from "./stm32f4.ts";
import { STM32F7 } from "./stm32f7.ts";
import { STM32G0_G4_C0 } from "./stm32g0_g4_c0.ts";
import { STM32H7 } from "./stm32h7.ts";
import { STM32L0_L1 } from "./stm32l0_l1.ts";
import { STM32L4 } from "./stm32l4.ts";
import { STM32U5_H5_C5 } from "./stm32u5_h5_c5.ts";
import { STM32WB } from "./stm32wb.ts";

/** The table of parts: one file per family, each a plain list. */
export const CHIPS: readonly Chip[] = [
  ...STM32F0,
  ...STM32F1,
  ...STM32F2,
  ...STM32F3,
  ...STM32F4,
  ...STM32F7,
  ...STM32H7,
  ...STM32L0_L1,
  ...STM32L4,
  ...STM32G0_G4_C0,
  ...STM32U5_H5_C5,
  ...STM32WB,
  ...GD32,
  ...AT32,
];

/** KiB of flash by the letter of an order code: STM32F405R**G**T6 (datasheets, "Ordering information"). */
const FLASH_KIB_BY_LETTER: Readonly<Record<string, number>> = {
  "4": 16,
  "6": 32,
  "8": 64,
  b: 128,
  z: 192,
  c: 256,
  d: 384,
  e: 512,
  f: 768,
  g: 1024,
  h: 1536,
  i: 2048,
  m: 4032,
};

/**
 * The entry of a part by its id, an alias, or an order code such as `STM32F405RGT6`, in upper or lower case.
 *
 * An order code says how much flash the part has, so it finds only an entry of that size: a plan for more
 * memory than there is would be worse than none. `table` holds the entries to look in.
 *
 * @throws {UsageError} if no entry fits; the hint says what to give instead.
 */
export function findChip(name: string, table: readonly Chip[] = CHIPS): Chip {
  const wanted = name.trim().toLowerCase();
  const exact = table.find((chip) => namesOf(chip).includes(wanted));
  if (exact !== undefined) return exact;
  const part = longestPartIn(wanted, table);
  // Pins, then flash size, then package and temperature, which do not matter here; ST writes x for any.
  const code = part === undefined
    ? null
    : /^[a-z](?:([0-9a-z])[0-9a-z]*)?$/.exec(wanted.slice(part.length));
  if (part === undefined || code === null) throw unknownChip(name, table);
  const letter = code[1] === "x" ? undefined : code[1];
  const entries = table.filter((chip) => namesOf(chip).some((known) => partOf(known) === part));
  const fitting = letter === undefined
    ? entries
    : entries.filter((chip) => chip.flashSize === (FLASH_KIB_BY_LETTER[letter] ?? 0) * 1024);
  if (fitting.length === 1) return fitting[0]!;
  throw wrongSize(name, { letter, entries });
}

function namesOf(chip: Chip): readonly string[] {
  return [chip.id, ...chip.aliases];
}

/** `stm32f401` of `stm32f401xc`: what order codes begin with. */
function partOf(name: string): string {
  return name.replace(/x[0-9a-z]$/, "");
}

function longestPartIn(wanted: string, table: readonly Chip[]): string | undefined {
  const parts = table.flatMap((chip) => namesOf(chip).map(partOf));
  return parts.filter((part) => wanted.startsWith(part)).sort((a, b) => b.length - a.length)[0];
}

function wrongSize(
  name: string,
  found: { readonly letter: string | undefined; readonly entries: readonly Chip[] },
): UsageError {
  const { letter, entries } = found;
  const problem = letter === undefined
    ? "it does not say how much flash"
    : "not of that flash size";
  const known = entries.map((chip) => `${chip.id} (${formatSize(chip.flashSize)})`).join(", ");
  return new UsageError(
    `Cannot find chip "${name}": ${problem}, expected one of ${known}`,
    { hint: "Name the entry that fits, or describe the memory with --layout." },
  );
}

function unknownChip(name: string, table: readonly Chip[]): UsageError {
  // A name of any length is compared by its beginning only: no real one is longer.
  const wanted = name.trim().toLowerCase().slice(0, 20);
  const names = table.flatMap(namesOf);
  const closest = names
    .map((known) => ({ known, distance: distanceOf(wanted, known) }))
    .sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.known);
  return new UsageError(
    `Cannot find chip "${name}": not in the table of parts, expected a name such as ${
      closest.join(", ")
    }`,
    {
      hint: "dfuse chips lists all parts; any other can be described with --layout.",
      facts: { closest },
    },
  );
}

/** How far a name is from what was wanted; `f405` is meant to be a piece of one. */
function distanceOf(wanted: string, known: string): number {
  return wanted.length >= 3 && known.includes(wanted) ? 0 : editDistance(wanted, known);
}
