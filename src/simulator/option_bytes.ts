import {
  factoryBytes,
  findOptionBytes,
  LEVEL_TWO,
  type OptionBits,
  type OptionBlock,
  optionBlockSize,
  type OptionBytes,
  type OptionField,
  type OptionForm,
} from "../chips/option_bytes.ts";
import type { MemoryArea } from "./flash_memory.ts";
import type { Part } from "./part.ts";

/** Gives a part the option bytes that it leaves the factory with; those that are not known stay as they are. */
export function fillOptionBytes(part: Part): void {
  for (const block of findOptionBytes(part.chip.id)?.blocks ?? []) {
    const area = optionArea(part, block.address);
    area?.bytes.set(factoryBytes(block), block.address - area.address);
  }
}

/** Sets the byte of read protection, as ROM code does: level 1, or none. Writing it mends what is damaged. */
export function setReadProtection(part: Part, isProtected: boolean): void {
  part.readProtected = isProtected;
  const table = findOptionBytes(part.chip.id);
  const place = table?.fields.find(({ kind }) => kind === "level")?.parts[0];
  if (table === undefined || place === undefined) return;
  const area = optionArea(part, place.address);
  if (area === undefined) return;
  for (const block of table.blocks) mendBlock(part, block);
  const byte = isProtected ? LEVEL_ONE : table.levelZero;
  area.bytes[place.address - area.address + place.bit / 8] = byte;
  seal(area, unitOf(table, place.address));
}

/** Hardware goes on with default values where option bytes are damaged, and these are what it writes next. */
function mendBlock(part: Part, block: OptionBlock): void {
  const area = optionArea(part, block.address);
  const factory = factoryBytes(block);
  const { unit } = STORED[block.form];
  for (let offset = 0; area !== undefined && offset < factory.length; offset += unit) {
    const start = block.address - area.address + offset;
    const bytes = area.bytes.subarray(start, start + unit);
    if (!fits(bytes, block.form)) bytes.set(factory.subarray(offset, offset + unit));
  }
}

function seal(area: MemoryArea, unit: { readonly address: number; readonly form: OptionForm }) {
  const { value, mirrors } = STORED[unit.form];
  const start = unit.address - area.address;
  for (const { at, inverted } of mirrors) {
    for (let index = 0; index < value; index++) {
      area.bytes[start + at + index] = area.bytes[start + index]! ^ (inverted ? 0xFF : 0);
    }
  }
}

/** Whether what is stored beside a value fits it. */
function fits(bytes: Uint8Array, form: OptionForm): boolean {
  const { value, mirrors } = STORED[form];
  return mirrors.every(({ at, inverted }) =>
    bytes.subarray(0, value).every((byte, index) =>
      bytes[at + index] === (byte ^ (inverted ? 0xFF : 0))
    )
  );
}

const LEVEL_ONE = 0xBB;

/** What a part takes from its option bytes when it starts. */
export function loadOptionBytes(part: Part): void {
  const table = findOptionBytes(part.chip.id);
  // A part may be simulated without the alternate setting of its option bytes.
  if (table?.blocks.some(({ address }) => optionArea(part, address) === undefined) !== false) {
    return;
  }
  const values = new Map(table.fields.map((field) => [field.name, loadField(part, table, field)]));
  const level = table.fields.find(({ kind }) => kind === "level");
  const byte = level === undefined ? undefined : values.get(level.name)?.[0];
  part.readProtected = byte !== table.levelZero;
  part.lockedForEver = table.hasLevelTwo && byte === LEVEL_TWO;
  const holds = ({ needs = {} }: OptionField) =>
    Object.entries(needs).every(([name, value]) => values.get(name)?.[0] === value);
  const pages = table.fields.filter(holds).flatMap((field) =>
    protectedPages(part, field, values.get(field.name))
  );
  part.writeProtectedPages = new Set([...part.alwaysProtectedPages, ...pages]);
}

/**
 * What the boot loader does with option bytes that it is sent: all are erased before they are written (AN2662 §2.11), so
 * what is not sent is gone. A write that does not begin at a block is not done.
 */
export function writeOptionBlock(
  part: Part,
  { address, data }: { readonly address: number; readonly data: Uint8Array },
): void {
  const area = optionArea(part, address)!;
  const table = findOptionBytes(part.chip.id);
  const block = table?.blocks.find((block) => block.address === address);
  if (table !== undefined && block !== undefined) {
    const size = optionBlockSize(block);
    area.bytes.fill(0xFF, address - area.address, address - area.address + size);
    if (data.length !== size) {
      part.recorder.violation(`${data.length} of ${size} option bytes written`);
    }
  }
  area.bytes.set(data, address - area.address);
}

/** Whether a write begins where option bytes begin. */
export function isOptionBlock(part: Part, address: number): boolean {
  const table = findOptionBytes(part.chip.id);
  return table === undefined || table.blocks.some((block) => block.address === address);
}

/** Power lost between the erase and the write of option bytes. */
export function tearOptionBlock(part: Part, address: number): void {
  const area = optionArea(part, address);
  area?.bytes.fill(0xFF);
}

function optionArea(part: Part, address: number): MemoryArea | undefined {
  return part.memory.areas.find((area) =>
    area.kind === "option-bytes" && area.address <= address &&
    address < area.address + area.bytes.length
  );
}

/** How values are stored: bytes of the value, of the whole unit, and where in it the value is stored again. */
const STORED: Readonly<
  Record<OptionForm, {
    readonly value: number;
    readonly unit: number;
    readonly mirrors: readonly { readonly at: number; readonly inverted: boolean }[];
  }>
> = {
  "byte-complement": { value: 1, unit: 2, mirrors: [{ at: 1, inverted: true }] },
  "half-words-twice": {
    value: 2,
    unit: 8,
    mirrors: [
      { at: 2, inverted: true },
      { at: 4, inverted: false },
      { at: 6, inverted: true },
    ],
  },
  "word-complement": { value: 4, unit: 8, mirrors: [{ at: 4, inverted: true }] },
  "plain": { value: 4, unit: 4, mirrors: [] },
};

/** The unit that holds an address: how it is stored, and where it begins. */
function unitOf(table: OptionBytes, address: number) {
  const block = table.blocks.find((block) =>
    block.address <= address && address < block.address + optionBlockSize(block)
  )!;
  const { unit } = STORED[block.form];
  return { form: block.form, address: address - (address - block.address) % unit };
}

/** The values of a field, one per part; undefined where one is damaged. */
function loadField(
  part: Part,
  table: OptionBytes,
  field: OptionField,
): readonly number[] | undefined {
  const values = field.parts.map((place) => loadBits(part, table, place));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function loadBits(part: Part, table: OptionBytes, place: OptionBits): number | undefined {
  const area = optionArea(part, place.address);
  if (area === undefined) return undefined;
  // Bits of a number may lie in the next unit, as those of a byte beside its complement do.
  const address = place.address + Math.floor(place.bit / 8);
  const unit = unitOf(table, address);
  const start = unit.address - area.address;
  const { value, unit: unitSize } = STORED[unit.form];
  const bytes = area.bytes.subarray(start, start + unitSize);
  if (!fits(bytes, unit.form)) return undefined;
  let number = 0n;
  for (let index = value - 1; index >= 0; index--) number = number * 256n + BigInt(bytes[index]!);
  const shift = BigInt(place.bit - (unit.address - place.address) * 8);
  return Number((number >> shift) & ((1n << BigInt(place.width)) - 1n));
}

/** Pages of main flash that a field protects, by address. */
function protectedPages(
  part: Part,
  field: OptionField,
  values: readonly number[] | undefined,
): readonly number[] {
  const { protects, parts } = field;
  if (protects === undefined || values === undefined) return [];
  const pages = part.memory.erasablePages().filter(({ address }) => address >= protects.address);
  const unitAt = (address: number, index: number) =>
    protects.size === undefined ? index : Math.floor((address - protects.address) / protects.size);
  if (field.kind === "pages") {
    const [first, last] = values as [number, number];
    return pages.filter(({ address }, index) => {
      const unit = unitAt(address, index);
      return first <= unit && unit <= last;
    }).map(({ address }) => address);
  }
  const count = parts.reduce((sum, { width }) => sum + width, 0);
  const bits = parts.map(({ width }, index) =>
    values[index]!.toString(2).padStart(width, "0").split("").reverse().join("")
  ).join("");
  return pages.filter(({ address }, index) => {
    const unit = unitAt(address, index);
    const bit = protects.lastTakesRest === true ? Math.min(unit, count - 1) : unit;
    return bits[bit] === "0";
  }).map(({ address }) => address);
}
