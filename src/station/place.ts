import { UsageError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { formatRange } from "../format.ts";

/** How a value of a unit becomes bytes. */
export type PlaceType = "ascii" | "u32" | "hex" | "counter";

/** Where a value of each unit goes: what `--place` says. */
export interface Place extends Extent {
  readonly name: string;
  readonly type: PlaceType;
  /** Several units may have the same value. */
  readonly shared: boolean;
  /** Of a counter. */
  readonly start: number;
  readonly step: number;
}

const FORMS = "NAME=ADDRESS:ascii:LENGTH, :hex:LENGTH, :u32 or :counter:START[:STEP], and :shared";

/**
 * Reads `serial=0x0800F000:ascii:16`, `id=0x0800F010:u32`, `key=0x0800F020:hex:16`, `number=0x0800F030:counter:1000:1`;
 * `:shared` at the end lets several units have the same value.
 *
 * @throws {UsageError} if it cannot be read.
 */
export function parsePlace(text: string): Place {
  const fail = (found: string) =>
    new UsageError(`Cannot read --place "${text}": ${found}`, { hint: `Write ${FORMS}.` });
  const [, name = "", rest = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!/^[A-Za-z_][\w. -]*$/.test(name)) throw fail("it has no name before an equals sign");
  const [addressText = "", type = "", ...more] = rest.split(":");
  const address = readNumber(addressText);
  if (address === undefined) throw fail(`"${addressText}" is no address`);
  const shared = more.at(-1) === "shared";
  const form = formOf(type, shared ? more.slice(0, -1) : more, fail);
  if (address + form.size > ADDRESS_END) throw fail("it ends behind the last address");
  if (shared && form.type === "counter") throw fail("a counter cannot be shared");
  return { name, address, shared, start: 0, step: 1, ...form };
}

type Form = Pick<Place, "type" | "size"> & Partial<Pick<Place, "start" | "step">>;

function formOf(type: string, more: readonly string[], fail: (found: string) => UsageError): Form {
  const numbers = more.map((text) => readNumber(text));
  const [first, second] = numbers;
  const isRead = numbers.every((number) => number !== undefined);
  if ((type === "ascii" || type === "hex") && more.length === 1) {
    if (first === undefined || first < 1 || first > MAX_SIZE) {
      throw fail(`"${more[0]}" is no length of 1 to ${MAX_SIZE} bytes`);
    }
    return { type, size: first };
  }
  if (type === "u32" && more.length === 0) return { type, size: 4 };
  if (type === "counter" && isRead && (more.length === 1 || more.length === 2)) {
    const step = second ?? 1;
    if (step === 0) throw fail("a step of 0 counts nothing");
    return { type, size: 4, start: first!, step };
  }
  throw fail(`"${[type, ...more].join(":")}" is not a form of value`);
}

/** A unit's data is a few words; more is firmware. */
const MAX_SIZE = 4096;
const ADDRESS_END = 2 ** 32;

/**
 * Checks that no two places are one.
 *
 * @throws {UsageError} if two have the same name or overlap.
 */
export function checkPlaces(places: readonly Place[]): void {
  const sorted = places.toSorted((a, b) => a.address - b.address);
  sorted.forEach((place, index) => {
    const same = places.filter(({ name }) => name === place.name);
    if (same.length > 1) throw new UsageError(`Cannot place "${place.name}" twice`);
    const before = sorted[index - 1];
    if (before === undefined || before.address + before.size <= place.address) return;
    throw new UsageError(
      `Cannot place "${before.name}" and "${place.name}": ${formatRange(before)} and ` +
        `${formatRange(place)} overlap`,
    );
  });
}

/** The bytes of a value; a sentence about what is wrong with it if it has none. Numbers are little endian. */
export function encodeValue(place: Place, value: string): Uint8Array | string {
  switch (place.type) {
    case "ascii":
      return encodeAscii(place, value);
    case "hex":
      return encodeHex(place, value);
    case "u32":
    case "counter":
      return encodeU32(value);
  }
}

function encodeAscii({ size }: Place, value: string): Uint8Array | string {
  if (value === "") return "is empty";
  if (!/^[\x20-\x7E]*$/.test(value)) return `"${value}" has characters that are not ASCII`;
  if (value.length > size) return `"${value}" is longer than ${size} characters`;
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(value));
  return bytes;
}

function encodeHex({ size }: Place, value: string): Uint8Array | string {
  const digits = value.replace(/^0x/i, "").replaceAll(/[\s:-]/g, "");
  if (!/^([0-9a-f]{2})+$/i.test(digits)) return `"${value}" is not bytes in hexadecimal`;
  const bytes = Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
  if (bytes.length !== size) return `"${value}" is ${bytes.length} bytes, expected ${size}`;
  return bytes;
}

function encodeU32(value: string): Uint8Array | string {
  const number = readNumber(value);
  if (number === undefined) return `"${value}" is no number below 2^32`;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}

/** Decimal, or hexadecimal with 0x, below 2^32. */
function readNumber(text: string): number | undefined {
  if (!/^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text)) return undefined;
  const number = Number(text);
  return number < ADDRESS_END ? number : undefined;
}
