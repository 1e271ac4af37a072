import { OPTION_BYTES_F } from "./option_bytes_f.ts";
import { OPTION_BYTES_H } from "./option_bytes_h.ts";
import { OPTION_BYTES_L_G } from "./option_bytes_l_g.ts";

/**
 * How each value is stored, so that a damaged one is noticed.
 *
 * | form               | bytes of one unit, little endian                                        |
 * | ------------------ | ----------------------------------------------------------------------- |
 * | `byte-complement`  | value (1), its complement (1)                                           |
 * | `half-words-twice` | value (2), its complement (2), and both again                           |
 * | `word-complement`  | value (4), its complement (4)                                           |
 * | `plain`            | value (4): nothing tells a damaged one                                  |
 */
export type OptionForm = "byte-complement" | "half-words-twice" | "word-complement" | "plain";

/** Option bytes that follow each other and are written all at once. */
export interface OptionBlock {
  readonly address: number;
  readonly form: OptionForm;
  /** All bytes of a new part, as hexadecimal digits; blanks have no meaning. Their count is the block's size. */
  readonly factory: string;
  /** Why dfuse only looks at this block. */
  readonly readOnly?: string;
}

/** Bits of one value: `bit` counts from the lowest of the little-endian number at `address`. */
export interface OptionBits {
  readonly address: number;
  readonly bit: number;
  readonly width: number;
}

/** One setting. */
export interface OptionField {
  /** As ST names it, for the command line. */
  readonly name: string;
  /**
   * `level`: read protection. `number`: all bits of `parts`, the first lowest. `sectors`: a clear bit protects one unit
   * of main flash from writes. `pages`: first and last page that are protected, in two parts; none if the first is larger.
   */
  readonly kind: "level" | "number" | "sectors" | "pages";
  readonly parts: readonly OptionBits[];
  /** What it decides, in a few words. */
  readonly meaning: string;
  /** What each value does, by value. */
  readonly values?: readonly string[];
  /** Why `set` refuses to change it. */
  readonly locked?: string;
  /** What must hold for the field to mean this: values of other fields by name. */
  readonly needs?: Readonly<Record<string, number>>;
  /** Of `sectors` and `pages`: where protection begins, and how much one unit protects. */
  readonly protects?: {
    readonly address: number;
    /** In bytes; missing where a unit is a page of main flash, whatever its size. */
    readonly size?: number;
    /** The last unit protects all that follows as well. */
    readonly lastTakesRest?: boolean;
  };
}

/** Option bytes of parts that share them. Plain data. */
export interface OptionBytes {
  /** Ids of the table of parts. */
  readonly chips: readonly string[];
  /** RDP at level 0; 0xCC is level 2 where `hasLevelTwo`, and everything else is level 1. */
  readonly levelZero: number;
  readonly hasLevelTwo: boolean;
  readonly blocks: readonly OptionBlock[];
  readonly fields: readonly OptionField[];
  /**
   * Values by name with which a boot pin can start the boot loader in ROM; any of the rows is enough. Missing where it
   * always can.
   */
  readonly bootPinWorks?: readonly Readonly<Record<string, number>>[];
  /** Why dfuse never writes them. */
  readonly readOnly?: string;
  readonly sources: readonly string[];
}

/** The RDP byte of level 2. */
export const LEVEL_TWO = 0xCC;

/** All parts whose option bytes are known. */
export const OPTION_BYTES: readonly OptionBytes[] = [
  ...OPTION_BYTES_F,
  ...OPTION_BYTES_L_G,
  ...OPTION_BYTES_H,
];

/** The option bytes of a part of the table; undefined where they are not known. */
export function findOptionBytes(chip: string): OptionBytes | undefined {
  return OPTION_BYTES.find(({ chips }) => chips.includes(chip));
}

/** The bytes of a new part's block. */
export function factoryBytes({ factory }: OptionBlock): Uint8Array {
  const digits = factory.replaceAll(" ", "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, index) => parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

/** Bytes in a block. */
export function optionBlockSize({ factory }: OptionBlock): number {
  return factory.replaceAll(" ", "").length / 2;
}

/**
 * What is the same in the option bytes of several parts, of which a device may be any: the fields that all have, in the
 * same place and with the same meaning. Undefined where the blocks differ.
 */
export function commonOptionBytes(tables: readonly OptionBytes[]): OptionBytes | undefined {
  const [first, ...others] = [...new Set(tables)];
  if (first === undefined || others.length === 0) return first;
  const place = ({ address, form, factory }: OptionBlock) => [address, form, factory.length];
  const frame = (table: OptionBytes) =>
    JSON.stringify([table.levelZero, table.hasLevelTwo, table.blocks.map(place)]);
  if (others.some((other) => frame(other) !== frame(first))) return undefined;
  const pins = (table: OptionBytes) => JSON.stringify(table.bootPinWorks ?? []);
  const readOnly = [first, ...others].find((table) => table.readOnly !== undefined)?.readOnly ??
    (others.some((other) => pins(other) !== pins(first)) ? "the boot pins differ" : undefined);
  const isShared = (field: OptionField) =>
    others.every((other) =>
      other.fields.some((found) => JSON.stringify(found) === JSON.stringify(field))
    );
  return {
    ...first,
    chips: [first, ...others].flatMap(({ chips }) => chips),
    fields: first.fields.filter(isShared),
    ...(readOnly === undefined ? {} : { readOnly }),
    sources: [...new Set([first, ...others].flatMap(({ sources }) => sources))],
  };
}
