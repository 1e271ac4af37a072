import {
  type OptionBits,
  type OptionBlock,
  optionBlockSize,
  type OptionBytes,
  type OptionField,
  type OptionForm,
} from "../chips/option_bytes.ts";

/** Option bytes as they are, by the address of their block. */
export type OptionContents = ReadonlyMap<number, Uint8Array>;

/** One value with what is stored beside it to notice damage. */
export interface OptionUnit {
  /** Where the value begins, and the unit with it. */
  readonly address: number;
  /** Bytes of the value. */
  readonly valueSize: number;
  /** Where in the block the unit begins. */
  readonly offset: number;
  readonly form: OptionForm;
}

interface FormLayout {
  readonly unitSize: number;
  readonly valueSize: number;
  /** Where the value is stored again. */
  readonly copies: readonly { readonly offset: number; readonly inverted: boolean }[];
  /** All bytes 0xFF are an erased value, which hardware reads as 0xFF without an error (PM0075). */
  readonly mayBeBlank: boolean;
}

const FORMS: Readonly<Record<OptionForm, FormLayout>> = {
  "byte-complement": {
    unitSize: 2,
    valueSize: 1,
    copies: [{ offset: 1, inverted: true }],
    mayBeBlank: true,
  },
  "half-words-twice": {
    unitSize: 8,
    valueSize: 2,
    copies: [
      { offset: 2, inverted: true },
      { offset: 4, inverted: false },
      { offset: 6, inverted: true },
    ],
    mayBeBlank: false,
  },
  "word-complement": {
    unitSize: 8,
    valueSize: 4,
    copies: [{ offset: 4, inverted: true }],
    mayBeBlank: false,
  },
  "plain": { unitSize: 4, valueSize: 4, copies: [], mayBeBlank: true },
};

/** The block that holds an address. */
export function blockAt(table: OptionBytes, address: number): OptionBlock {
  const found = table.blocks.find((block) =>
    block.address <= address && address < block.address + optionBlockSize(block)
  );
  if (found === undefined) throw new RangeError(`No option byte block holds ${address}`);
  return found;
}

/** The units that hold the bits of a field, each once. */
export function unitsOf(table: OptionBytes, field: OptionField): readonly OptionUnit[] {
  const units = field.parts.flatMap((part) => unitsOfBits(table, part));
  return units.filter((unit, index) =>
    units.findIndex((other) => other.address === unit.address) === index
  );
}

function unitsOfBits(table: OptionBytes, { address, bit, width }: OptionBits): OptionUnit[] {
  const block = blockAt(table, address);
  const { unitSize, valueSize } = FORMS[block.form];
  const first = address - block.address + Math.floor(bit / 8);
  const last = address - block.address + Math.floor((bit + width - 1) / 8);
  const units: OptionUnit[] = [];
  for (let offset = first - first % unitSize; offset <= last; offset += unitSize) {
    units.push({ address: block.address + offset, valueSize, offset, form: block.form });
  }
  return units;
}

/** Whether what is stored beside a value fits it. */
export function isIntact(block: Uint8Array, { offset, form }: OptionUnit): boolean {
  const { unitSize, valueSize, copies, mayBeBlank } = FORMS[form];
  const unit = block.subarray(offset, offset + unitSize);
  if (mayBeBlank && unit.every((byte) => byte === 0xFF)) return true;
  return copies.every((copy) =>
    unit.subarray(copy.offset, copy.offset + valueSize)
      .every((byte, index) => byte === (copy.inverted ? 0xFF - unit[index]! : unit[index]!))
  );
}

/** Makes what is stored beside a value fit it. */
export function sealUnit(block: Uint8Array, { offset, form }: OptionUnit): void {
  const { valueSize, copies } = FORMS[form];
  for (const copy of copies) {
    for (let index = 0; index < valueSize; index++) {
      const value = block[offset + index]!;
      block[offset + copy.offset + index] = copy.inverted ? 0xFF - value : value;
    }
  }
}

/** Reads a field's bits, one number per part. */
export function readParts(
  table: OptionBytes,
  { field, contents }: { readonly field: OptionField; readonly contents: OptionContents },
): readonly number[] {
  return field.parts.map((part) => {
    const block = blockAt(table, part.address);
    return readBits(contents.get(block.address)!, placeIn(block, part));
  });
}

/** Where bits are in their block, counted from its first bit. */
export function placeIn(block: OptionBlock, part: OptionBits) {
  return { start: (part.address - block.address) * 8 + part.bit, width: part.width };
}

/** A number of at most 32 bits that begins at a bit of little-endian bytes. */
export function readBits(
  bytes: Uint8Array,
  { start, width }: { readonly start: number; readonly width: number },
): number {
  let value = 0;
  for (let index = width - 1; index >= 0; index--) {
    const bit = start + index;
    value = value * 2 + Math.floor(bytes[Math.floor(bit / 8)]! / 2 ** (bit % 8)) % 2;
  }
  return value;
}

/** Sets bits; the others of the same bytes stay as they are. */
export function writeBits(
  bytes: Uint8Array,
  { start, width }: { readonly start: number; readonly width: number },
  value: number,
): void {
  for (let index = 0; index < width; index++) {
    const offset = Math.floor((start + index) / 8);
    const weight = 2 ** ((start + index) % 8);
    const before = Math.floor(bytes[offset]! / weight) % 2;
    const wanted = Math.floor(value / 2 ** index) % 2;
    bytes[offset] = bytes[offset]! + (wanted - before) * weight;
  }
}
