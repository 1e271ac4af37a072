import { LEVEL_TWO, type OptionBytes, type OptionField } from "../chips/option_bytes.ts";

/** What the command line shows and takes for a field, and what it does. */
export interface OptionText {
  readonly text: string;
  readonly effect?: string;
}

/** RDP of level 1: any byte but those of the other levels; ST's tools write this one. */
const LEVEL_ONE = 0xBB;

/** A field's value for people. */
export function formatOption(
  table: OptionBytes,
  field: OptionField,
  parts: readonly number[],
): OptionText {
  switch (field.kind) {
    case "level":
      return formatLevel(table, parts[0]!);
    case "number":
      return formatNumber(field, parts[0]!);
    case "sectors":
      return { text: formatList(protectedUnits(field, parts)) };
    case "pages":
      return { text: formatPages(parts) };
  }
}

/**
 * Reads a value as `formatOption()` writes it. Where nothing changes, what is stored stays as it is.
 *
 * @returns one number per part, or what was expected instead.
 */
export function parseOption(
  table: OptionBytes,
  { field, before }: { readonly field: OptionField; readonly before: readonly number[] },
  text: string,
): readonly number[] | string {
  // A part may store the same setting in more than one way: level 1, or ranges that are empty.
  if (formatOption(table, field, before).text === text) return before;
  switch (field.kind) {
    case "level":
      return parseLevel(table, text);
    case "number":
      return parseNumber(field, text);
    case "sectors":
      return parseSectors(field, text);
    case "pages":
      return parsePages(field, text);
  }
}

/** The units that `sectors` protects, by number. */
export function protectedUnits(field: OptionField, parts: readonly number[]): number[] {
  const bits = field.parts.flatMap(({ width }, part) =>
    Array.from({ length: width }, (_, bit) => Math.floor(parts[part]! / 2 ** bit) % 2)
  );
  return bits.flatMap((bit, unit) => bit === 0 ? [unit] : []);
}

function formatLevel(table: OptionBytes, byte: number): OptionText {
  if (byte === table.levelZero) return { text: "0", effect: "off: memory can be read" };
  if (table.hasLevelTwo && byte === LEVEL_TWO) {
    return { text: "2", effect: "on for ever: no boot loader, no debugger, no way back" };
  }
  return { text: "1", effect: "on: memory can be read and written by the program only" };
}

function parseLevel(table: OptionBytes, text: string): readonly number[] | string {
  if (text === "0") return [table.levelZero];
  if (text === "1") return [LEVEL_ONE];
  if (text === "2" && table.hasLevelTwo) return [LEVEL_TWO];
  return table.hasLevelTwo ? "0, 1 or 2" : "0 or 1";
}

function formatNumber({ parts, values }: OptionField, value: number): OptionText {
  const { width } = parts[0]!;
  const text = width <= 3
    ? `${value}`
    : `0x${value.toString(16).toUpperCase().padStart(Math.ceil(width / 4), "0")}`;
  const effect = values?.[value];
  return { text, ...(effect === undefined ? {} : { effect }) };
}

function parseNumber({ parts, values }: OptionField, text: string): readonly number[] | string {
  const end = 2 ** parts[0]!.width;
  const value = /^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text) ? Number(text) : NaN;
  const isKnown = values === undefined || !["reserved", "not defined"].includes(values[value]!);
  if (value < end && isKnown) return [value];
  const last = values === undefined
    ? end - 1
    : values.findLastIndex((text) => text !== "not defined");
  return end === 2 ? "0 or 1" : `a number from 0 to ${last}`;
}

/** `0-3,7`, or `none`. */
function formatList(units: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const unit of units) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === unit) run.last = unit;
    else runs.push({ first: unit, last: unit });
  }
  if (runs.length === 0) return "none";
  return runs.map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

function parseSectors(field: OptionField, text: string): readonly number[] | string {
  const count = field.parts.reduce((sum, { width }) => sum + width, 0);
  const wanted = `none, all, or numbers from 0 to ${count - 1} such as 0-3,${
    Math.min(5, count - 1)
  }`;
  const units = text === "none"
    ? []
    : text === "all"
    ? [[0, count - 1]]
    : text.split(",").map(readRun);
  const isListed = (unit: number) =>
    units.some((run) => run !== undefined && run[0]! <= unit && unit <= run[1]!);
  if (units.some((run) => run === undefined || run[0]! > run[1]! || run[1]! >= count)) {
    return wanted;
  }
  let unit = 0;
  return field.parts.map(({ width }) => {
    let value = 0;
    for (let bit = 0; bit < width; bit++, unit++) value += isListed(unit) ? 0 : 2 ** bit;
    return value;
  });
}

/** `7` or `4-9`, as first and last. */
function readRun(text: string): readonly number[] | undefined {
  const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

function formatPages([first, last]: readonly number[]): string {
  return first! > last! ? "none" : first === last ? `${first}` : `${first}-${last}`;
}

/** An empty range has all bits of its first page set, and none of its last, as on a new part. */
function parsePages(field: OptionField, text: string): readonly number[] | string {
  const end = 2 ** field.parts[0]!.width;
  if (text === "none") return [end - 1, 0];
  const run = readRun(text);
  const isRange = run !== undefined && run[0]! <= run[1]! && run[1]! < end;
  return isRange ? run : `none, or a range of pages up to ${end - 1} such as 0-15`;
}
