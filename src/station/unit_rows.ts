import { FirmwareError, messageOf, UsageError } from "../errors.ts";
import { encodeValue, type Place } from "./place.ts";

/** The values of one unit, and their bytes. */
export interface UnitRow {
  /** As they were given, by the place's name. */
  readonly values: Readonly<Record<string, string>>;
  readonly bytes: ReadonlyMap<Place, Uint8Array>;
  /** Tells it from every other row: its values, in order of the places' names. */
  readonly key: string;
}

/** The rows in the order in which units get them. */
export interface UnitRows {
  /** The n-th row from 0 on; undefined behind the last. */
  row(index: number): UnitRow | undefined;
  /** Where there are counters only: until one passes 2^32. */
  readonly count: number;
}

/**
 * The rows of a CSV file whose first line names the columns; counters count its rows. Without `text` there are counters
 * only, which go on until one passes 2^32.
 *
 * @throws {FirmwareError} if a column is missing, a value does not fit its place, or two rows have the same one; facts:
 * `line`.
 * @throws {UsageError} if there are no places, or no text where one needs it.
 */
export async function readUnitRows(
  places: readonly Place[],
  file: { readonly path: string; readonly text?: string },
): Promise<UnitRows> {
  if (places.length === 0) {
    throw new UsageError("Cannot use --unit-data: nothing says where the values go", {
      hint: "Add --place serial=0x0800F000:ascii:16, for example.",
    });
  }
  const columns = places.filter((place) => place.type !== "counter");
  if (columns.length === 0) return countedRows(places);
  const records = await parseCsv(file);
  checkColumns(columns, records, file.path);
  const rows = records.map((record, index) => {
    const values = { ...record.values, ...countedValues(places, index) };
    return { line: record.line, row: rowOf(places, values, { ...record, path: file.path }) };
  });
  checkUnique(places, rows, file.path);
  return { row: (index) => rows[index]?.row, count: rows.length };
}

interface CsvRecord {
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** More would take longer to read than a unit to flash. */
const MAX_ROW_COUNT = 1_000_000;

async function parseCsv(
  { path, text = "" }: { readonly path: string; readonly text?: string },
): Promise<CsvRecord[]> {
  // Loaded on demand: few runs need it.
  const { parse } = await import("csv-parse/sync");
  const fail = (message: string, line?: number) =>
    new FirmwareError(`Cannot read ${path}: ${message}`, {
      hint: "The first line names the columns, each line after it is a unit.",
      facts: line === undefined ? { path } : { path, line },
    });
  let parsed: readonly { record: Record<string, string>; info: { lines: number } }[];
  try {
    parsed = parse(text, {
      columns: true,
      info: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    throw fail(messageOf(cause));
  }
  if (parsed.length === 0) throw fail("it has no rows");
  if (parsed.length > MAX_ROW_COUNT) throw fail(`it has more than ${MAX_ROW_COUNT} rows`);
  return parsed.map(({ record, info }) => ({ line: info.lines, values: record }));
}

function checkColumns(
  columns: readonly Place[],
  records: readonly CsvRecord[],
  path: string,
): void {
  const found = Object.keys(records[0]?.values ?? {});
  const missing = columns.find(({ name }) => !found.includes(name));
  if (missing === undefined) return;
  throw new FirmwareError(
    `Cannot read ${path}: it has no column "${missing.name}", expected one of that name beside ` +
      found.map((name) => `"${name}"`).join(", "),
    { hint: "The name before the equals sign of --place is that of a column.", facts: { path } },
  );
}

function rowOf(
  places: readonly Place[],
  values: Readonly<Record<string, string>>,
  at: { readonly path: string; readonly line: number },
): UnitRow {
  const bytes = new Map<Place, Uint8Array>();
  for (const place of places) {
    const encoded = encodeValue(place, values[place.name] ?? "");
    if (typeof encoded === "string") {
      throw new FirmwareError(
        `Cannot use ${at.path}: in line ${at.line} ${place.name} ${encoded}`,
        { facts: { path: at.path, line: at.line, place: place.name } },
      );
    }
    bytes.set(place, encoded);
  }
  return makeRow(places, values, bytes);
}

function makeRow(
  places: readonly Place[],
  values: Readonly<Record<string, string>>,
  bytes: ReadonlyMap<Place, Uint8Array>,
): UnitRow {
  const placed = Object.fromEntries(
    places.map(({ name }) => [name, values[name] ?? ""] as const).sort(([a], [b]) =>
      a < b ? -1 : 1
    ),
  );
  return { values: placed, bytes, key: JSON.stringify(placed) };
}

function checkUnique(
  places: readonly Place[],
  rows: readonly { readonly line: number; readonly row: UnitRow }[],
  path: string,
): void {
  const unique = places.filter(({ shared }) => !shared);
  if (unique.length === 0) {
    throw new UsageError(`Cannot use ${path}: all places are shared, expected one that is not`);
  }
  for (const place of unique) {
    const seen = new Map<string, number>();
    for (const { line, row } of rows) {
      const value = String(row.bytes.get(place));
      const before = seen.get(value);
      if (before !== undefined) throw duplicate(path, { before, line, place, row });
      seen.set(value, line);
    }
  }
}

function duplicate(
  path: string,
  found: {
    readonly before: number;
    readonly line: number;
    readonly place: Place;
    readonly row: UnitRow;
  },
): FirmwareError {
  const { before, line, place, row } = found;
  return new FirmwareError(
    `Cannot use ${path}: lines ${before} and ${line} have the same ${place.name}, ` +
      `"${row.values[place.name]}", expected each once`,
    {
      hint: `If units may share it, add :shared to its --place.`,
      facts: { path, line, place: place.name },
    },
  );
}

function countedRows(places: readonly Place[]): UnitRows {
  const lengths = places.map(({ start, step }) => Math.floor((2 ** 32 - 1 - start) / step) + 1);
  const count = Math.min(...lengths);
  const row = (index: number): UnitRow | undefined => {
    if (index >= count) return undefined;
    const values = countedValues(places, index);
    const bytes = places.map((place) => [place, encodeValue(place, values[place.name]!)] as const);
    return makeRow(places, values, new Map(bytes as [Place, Uint8Array][]));
  };
  return { row, count };
}

function countedValues(places: readonly Place[], index: number): Record<string, string> {
  return Object.fromEntries(
    places.filter(({ type }) => type === "counter")
      .map(({ name, start, step }) => [name, String(start + index * step)]),
  );
}
