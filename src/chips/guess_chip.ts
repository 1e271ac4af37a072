import type { Chip } from "./chip.ts";
import { CHIPS } from "./chips.ts";

/** What an attached device shows before anything is asked of its boot loader. */
export interface ChipTraits {
  readonly vendorId: number;
  readonly productId: number;
  /** The interface string of each alternate setting, by its number. */
  readonly strings: readonly string[];
  /** iSerialNumber, where it could be read. */
  readonly serial?: string;
}

/**
 * The parts of the table that a device may be: the same ids, the same main memory, and as many alternate
 * settings, each at the same address. Of those, the ones whose strings are most alike. Several parts share a
 * boot loader, so several may come back; none for most loaders that are not in ROM, which have other alternates.
 */
export function guessChips(traits: ChipTraits, table: readonly Chip[] = CHIPS): readonly Chip[] {
  const alike = table
    .filter((chip) => chip.vendorId === traits.vendorId && chip.productId === traits.productId)
    .map((chip) => ({ chip, score: likeness(chip, traits) }));
  const best = Math.max(1, ...alike.map((entry) => entry.score));
  return alike.filter((entry) => entry.score === best).map((entry) => entry.chip);
}

/** What a part's loader really sends. */
export function sentBy(chip: Chip): readonly string[] {
  return chip.sentAlternates ?? chip.alternates;
}

/** Whether two interface strings differ in blanks and case only: hosts and ROM revisions space them differently. */
export function sameString(one: string, other: string): boolean {
  return squeeze(one) === squeeze(other);
}

function squeeze(text: string): string {
  // Some loaders state a length beyond the string's end: what follows is not text.
  return text.replace(/[^\x20-\x7E].*$/su, "").replace(/\s+/g, "").toLowerCase();
}

/** 0 if the device is not that part. A serial number that only the part has counts most, then equal strings. */
function likeness(chip: Chip, traits: ChipTraits): number {
  const { strings, serial } = traits;
  if (chip.alternates.length !== strings.length) return 0;
  let score = 0;
  for (const [index, found] of strings.entries()) {
    const known = [chip.alternates[index]!, sentBy(chip)[index]!];
    const equal = known.some((text) => sameString(text, found));
    const near = known.some((text) => addressIn(text) === addressIn(found));
    // The main memory must be the same; of the special areas, ROM revisions tell different sizes.
    if (!equal && (index === 0 || !near)) return 0;
    score += equal ? 2 : 1;
  }
  const { serialPattern } = chip;
  if (serialPattern === undefined || serial === undefined) return score;
  return new RegExp(serialPattern).test(serial) ? score + 100 : score;
}

function addressIn(text: string): string | undefined {
  return /\/\s*0x([0-9a-f]+)\s*\//i.exec(text)?.[1]?.toLowerCase();
}
