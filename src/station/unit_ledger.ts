import { PlanError } from "../errors.ts";
import { type Attempt, parseObject } from "./attempt.ts";
import { encodeValue, type Place } from "./place.ts";
import type { UnitRow, UnitRows } from "./unit_rows.ts";

/** A line of `FILE.used`: what became of a row. */
export interface UnitRecord {
  readonly schema: "dfuse.unit/1";
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly state: "reserved" | "used" | "released";
  /** Id of the attempt that did it. */
  readonly attempt: string;
  /** Id of the process that did it. */
  readonly owner: string;
  /** The row's values, by place. */
  readonly unit: Readonly<Record<string, string>>;
  /** Of a row that is used: the attempt that used it, as the journal tells it. */
  readonly entry?: Attempt;
}

/** Reads a line of `FILE.used`; undefined if it is none. */
export function parseUnitRecord(line: string): UnitRecord | undefined {
  const value = parseObject(line);
  const isRecord = value?.["schema"] === "dfuse.unit/1" && typeof value["attempt"] === "string" &&
    typeof value["unit"] === "object" && value["unit"] !== null;
  return isRecord ? value as unknown as UnitRecord : undefined;
}

/** Which rows are taken, as the lines of `FILE.used` tell it in their order. Touches no file. */
export class UnitLedger {
  readonly #places: readonly Place[];
  readonly #rows: UnitRows;
  /** By the row's key: the last word on it, unless it was released. */
  readonly #taken = new Map<string, UnitRecord>();
  /** By place and bytes, where every unit has its own: the key of the row that has them. */
  readonly #owners = new Map<string, string>();
  /** No row before it is free. */
  #firstFree = 0;

  constructor(places: readonly Place[], rows: UnitRows) {
    this.#places = places;
    this.#rows = rows;
  }

  apply(record: UnitRecord): void {
    const key = keyOf(record.unit);
    if (record.state === "released") {
      this.#taken.delete(key);
      this.#firstFree = 0;
    } else {
      this.#taken.set(key, record);
    }
    for (const value of this.#valuesOf(record.unit)) {
      if (record.state !== "released") this.#owners.set(value, key);
      else if (this.#owners.get(value) === key) this.#owners.delete(value);
    }
  }

  /**
   * The first row that nobody has.
   *
   * @throws {PlanError} if one of its values was given to a unit together with others.
   */
  next(): UnitRow | undefined {
    for (;; this.#firstFree++) {
      const row = this.#rows.row(this.#firstFree);
      if (row === undefined) return undefined;
      if (this.#taken.has(row.key)) continue;
      this.#check(row);
      return row;
    }
  }

  /** How many rows nobody has; throws as `next()` for each of them, where their number is finite. */
  countFree(): number {
    if (this.#rows.count > MAX_COUNTED) return this.#rows.count - this.#taken.size;
    let count = 0;
    for (let index = 0; index < this.#rows.count; index++) {
      const row = this.#rows.row(index)!;
      if (this.#taken.has(row.key)) continue;
      this.#check(row);
      count++;
    }
    return count;
  }

  /** What is known of a row; undefined if it is free. */
  stateOf({ key }: UnitRow): UnitRecord | undefined {
    return this.#taken.get(key);
  }

  /** The rows that processes have reserved and neither used nor given back. */
  reserved(): UnitRecord[] {
    return [...this.#taken.values()].filter(({ state }) => state === "reserved");
  }

  /** The used row whose bytes are those that `read` gives for each place. */
  findUsed(read: (place: Place) => Uint8Array): UnitRecord | undefined {
    const found = this.#places.filter(({ shared }) => !shared)
      .map((place) => this.#owners.get(valueKey(place, read(place))));
    const [key] = found;
    const record = key === undefined ? undefined : this.#taken.get(key);
    const isOne = found.every((other) => other === key) && record?.state === "used";
    return isOne ? record : undefined;
  }

  /** A file that was changed after units got its values could give one of them out again. */
  #check(row: UnitRow): void {
    for (const place of this.#places) {
      const bytes = row.bytes.get(place);
      if (place.shared || bytes === undefined) continue;
      const owner = this.#owners.get(valueKey(place, bytes));
      if (owner === undefined || owner === row.key) continue;
      throw new PlanError(
        `Cannot use ${place.name} "${row.values[place.name]}": a unit has it already, ` +
          `with other values: ${owner}`,
        { hint: "The file was changed after units got its values: give each new unit new ones." },
      );
    }
  }

  #valuesOf(unit: UnitRecord["unit"]): string[] {
    return this.#places.filter(({ shared }) => !shared).flatMap((place) => {
      const bytes = encodeValue(place, unit[place.name] ?? "");
      return typeof bytes === "string" ? [] : [valueKey(place, bytes)];
    });
  }
}

/** More rows than this are not looked at one by one before the start; each is when its turn comes. */
const MAX_COUNTED = 1_000_000;

function valueKey(place: Place, bytes: Uint8Array): string {
  return `${place.name}=${bytes.join()}`;
}

/** As `UnitRow.key`. */
function keyOf(unit: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(unit).sort(([a], [b]) => a < b ? -1 : 1)),
  );
}
