import { FirmwareError, messageOf, PlanError } from "../errors.ts";
import { AppendLog, type LockedLog } from "./append_log.ts";
import type { Attempt } from "./attempt.ts";
import type { PendingAttempt } from "./journal.ts";
import { findDeadOwners, OwnerFile } from "./owner_file.ts";
import { checkPlaces, type Place } from "./place.ts";
import { parseUnitRecord, UnitLedger, type UnitRecord } from "./unit_ledger.ts";
import { readUnitRows, type UnitRow } from "./unit_rows.ts";

/** Where the values come from and where they go. */
export interface UnitDataSource {
  /** A CSV file; with counters only, the name that their state is kept under. */
  readonly path: string;
  readonly places: readonly Place[];
}

/**
 * Values that each unit gets its own of. What became of them is kept in `FILE.used`, shared by all who flash: a row is
 * reserved before a unit gets it, used once that has passed, and free again if it has not, or if dfuse was killed.
 */
export class UnitData {
  readonly places: readonly Place[];
  readonly #log: AppendLog;
  readonly #ledger: UnitLedger;
  #owner: OwnerFile | undefined;

  private constructor(log: AppendLog, ledger: UnitLedger, places: readonly Place[]) {
    this.#log = log;
    this.#ledger = ledger;
    this.places = places;
  }

  /**
   * Reads the file and what became of its rows, and gives back what killed processes had reserved.
   *
   * @throws {FirmwareError} if the file cannot be read, or has a value twice or one that does not fit.
   * @throws {PlanError} if no row is left.
   * @throws {UsageError} if the places contradict each other, or `FILE.used` cannot be written.
   */
  static async open(source: UnitDataSource): Promise<UnitData> {
    const { ledger } = await readLedger(source);
    const data = new UnitData(AppendLog.open(statePath(source.path)), ledger, source.places);
    try {
      await data.#recover();
      if (ledger.countFree() === 0) throw ranOut(source.path);
    } catch (error) {
      data.close();
      throw error;
    }
    return data;
  }

  /** The file that keeps what became of the rows, as an absolute path. */
  get statePath(): string {
    return Deno.realPathSync(this.#log.path);
  }

  /** How many rows are free, as far as this process knows. */
  countFree(): number {
    return this.#ledger.countFree();
  }

  /** Takes the next row, for an attempt. @throws {PlanError} if none is left. */
  async reserve(attempt: string): Promise<UnitRow> {
    return await this.#log.exclusively((log) => {
      this.#catchUp(log);
      const row = this.#ledger.next();
      if (row === undefined) throw ranOut(this.#log.path.slice(0, -SUFFIX.length));
      this.#append(log, [this.#record("reserved", { attempt, unit: row.values })]);
      return row;
    });
  }

  /**
   * Marks a row as used by an attempt that has passed. When this resolves, it is so, whatever happens next.
   *
   * @throws {PlanError} if the row is not reserved by this attempt.
   */
  async commit(row: UnitRow, entry: Attempt): Promise<void> {
    await this.#log.exclusively((log) => {
      this.#catchUp(log);
      const found = this.#ledger.stateOf(row);
      if (found?.state !== "reserved" || found.attempt !== entry.id) {
        throw new PlanError(
          `Cannot mark ${row.key} as used: ${found?.state ?? "free"}, expected it to be reserved`,
          { hint: `Has ${this.#log.path} been changed? The unit must be flashed again.` },
        );
      }
      const record = this.#record("used", { attempt: entry.id, unit: row.values });
      this.#append(log, [{ ...record, entry }]);
    });
  }

  /** Gives a row back that no unit has passed with. */
  async release(row: UnitRow, attempt: string): Promise<void> {
    await this.#log.exclusively((log) => {
      this.#catchUp(log);
      if (this.#ledger.stateOf(row)?.attempt !== attempt) return;
      this.#append(log, [this.#record("released", { attempt, unit: row.values })]);
    });
  }

  /** The values of the unit whose memory this is, where one has passed with them. */
  findUsed(read: (place: Place) => Uint8Array): UnitRecord["unit"] | undefined {
    return this.#ledger.findUsed(read)?.unit;
  }

  /** Ends the use of it. A row that could not be given back is left to the next one that opens the file. */
  close(): void {
    const id = this.#owner?.id;
    const isDone = this.#ledger.reserved().every(({ owner }) => owner !== id);
    this.#owner?.close({ isDone });
    this.#owner = undefined;
    this.#log.close();
  }

  async #recover(): Promise<void> {
    const prefix = `${this.#log.path}.owner`;
    await this.#log.exclusively(async (log) => {
      this.#catchUp(log);
      const dead = await findDeadOwners(prefix);
      const left = this.#ledger.reserved()
        .filter((record) => dead.some(({ id }) => id === record.owner));
      this.#append(log, left.map((record) => this.#record("released", record)));
      for (const owner of dead) owner.remove();
      this.#owner = OwnerFile.create(prefix);
    });
  }

  #catchUp(log: LockedLog): void {
    for (const record of log.readNew().map(parseUnitRecord)) {
      if (record !== undefined) this.#ledger.apply(record);
    }
  }

  #append(log: LockedLog, records: readonly UnitRecord[]): void {
    log.append(records.map((record) => JSON.stringify(record)));
    this.#catchUp(log);
  }

  #record(
    state: UnitRecord["state"],
    { attempt, unit }: Pick<UnitRecord, "attempt" | "unit">,
  ): UnitRecord {
    return {
      schema: "dfuse.unit/1",
      time: new Date().toISOString(),
      state,
      attempt,
      owner: this.#owner?.id ?? "",
      unit,
    };
  }
}

/** The row that the next unit will get, and how many are left. Changes nothing. Throws as `UnitData.open()`. */
export async function peekUnit(
  source: UnitDataSource,
): Promise<{ readonly row: UnitRow; readonly free: number }> {
  const { ledger } = await readLedger(source);
  for (const line of (readIfThere(statePath(source.path)) ?? "").split("\n")) {
    const record = parseUnitRecord(line);
    if (record !== undefined) ledger.apply(record);
  }
  const row = ledger.next();
  if (row === undefined) throw ranOut(source.path);
  return { row, free: ledger.countFree() };
}

/** The end of an attempt that stands in a file of unit data only, since dfuse was killed before it wrote the journal. */
export function findUsedEntry({ start, unitData }: PendingAttempt): Attempt | undefined {
  if (unitData === undefined) return undefined;
  const lines = (readIfThere(unitData) ?? "").split("\n");
  const record = lines.map(parseUnitRecord)
    .findLast((record) => record?.attempt === start.id);
  return record?.state === "used" ? record.entry : undefined;
}

const SUFFIX = ".used";

function statePath(path: string): string {
  return `${path}${SUFFIX}`;
}

async function readLedger({ path, places }: UnitDataSource): Promise<{ ledger: UnitLedger }> {
  checkPlaces(places);
  const text = places.every(({ type }) => type === "counter") ? undefined : readCsv(path);
  const rows = await readUnitRows(places, { path, ...(text === undefined ? {} : { text }) });
  return { ledger: new UnitLedger(places, rows) };
}

function readCsv(path: string): string {
  const text = readIfThere(path);
  if (text !== undefined) return text;
  throw new FirmwareError(`Cannot read ${path}: there is no such file`, {
    hint: "Check the path given with --unit-data.",
    facts: { path },
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const reason = messageOf(cause);
    throw new FirmwareError(`Cannot read ${path}: ${reason}`, { facts: { path }, cause });
  }
}

function ranOut(path: string): PlanError {
  return new PlanError(`Cannot flash another unit: every row of ${path} has been given out`, {
    hint: "Add rows for more units to the file.",
  });
}
