import { AppendLog } from "./append_log.ts";
import { type Attempt, type AttemptStart, parseObject, unfinishedAttempt } from "./attempt.ts";
import { findDeadOwners, OwnerFile } from "./owner_file.ts";

export interface JournalOptions {
  /**
   * Finds the end of an attempt that was made sure of elsewhere, before its line could be written: see `unit_data.ts`.
   */
  readonly findEnd?: (attempt: PendingAttempt) => Attempt | undefined;
}

/** An attempt that was begun, as it stands in `FILE.pending-…` until its line is written. */
export interface PendingAttempt {
  readonly start: AttemptStart;
  /** The file of unit data that its values are from. */
  readonly unitData?: string;
}

/**
 * The record of a production line: one JSON line for each attempt, written and synced before anyone is told the result.
 * Attempts that were under way when a dfuse was killed are added, as `unfinished`, by the next one that opens the file.
 */
export class Journal {
  readonly #log: AppendLog;
  readonly #options: JournalOptions;
  /** Ids of attempts that were begun, and whose line is not written. */
  readonly #begun = new Set<string>();
  #owner: OwnerFile | undefined;

  private constructor(log: AppendLog, options: JournalOptions) {
    this.#log = log;
    this.#options = options;
  }

  /** @throws {UsageError} if the file cannot be written, or another process holds it too long. */
  static async open(path: string, options: JournalOptions = {}): Promise<Journal> {
    const journal = new Journal(AppendLog.open(path), options);
    try {
      await journal.#recover();
    } catch (error) {
      journal.#log.close();
      throw error;
    }
    return journal;
  }

  /** Notes that an attempt begins; to be called before its device is touched. */
  begin(attempt: PendingAttempt): void {
    this.#owner?.append(JSON.stringify(attempt));
    this.#begun.add(attempt.start.id);
  }

  /** Adds the line of an attempt. It is safe on the disk when this resolves. */
  async finish(attempt: Attempt): Promise<void> {
    await this.#log.exclusively((log) => log.append([JSON.stringify(attempt)]));
    this.#begun.delete(attempt.id);
  }

  /** Ends the use of it. An attempt whose line could not be written is left to the next one that opens the file. */
  close(): void {
    this.#owner?.close({ isDone: this.#begun.size === 0 });
    this.#owner = undefined;
    this.#log.close();
  }

  /** Adds the lines that killed processes could not write, each once. */
  async #recover(): Promise<void> {
    const prefix = `${this.#log.path}.pending`;
    await this.#log.exclusively(async (log) => {
      const dead = await findDeadOwners(prefix);
      if (dead.length > 0) {
        const known = new Set(log.readNew().map((line) => parseObject(line)?.["id"]));
        const pending = dead.flatMap(({ lines }) => lines.flatMap(parsePending))
          .filter(({ start }) => !known.has(start.id));
        log.append(pending.map((attempt) => JSON.stringify(this.#endOf(attempt))));
        for (const owner of dead) owner.remove();
      }
      this.#owner = OwnerFile.create(prefix);
    });
  }

  #endOf(attempt: PendingAttempt): Attempt {
    return this.#options.findEnd?.(attempt) ?? unfinishedAttempt(attempt.start);
  }
}

function parsePending(line: string): PendingAttempt[] {
  const value = parseObject(line);
  const start = value?.["start"] as AttemptStart | undefined;
  return typeof start?.id === "string" ? [value as unknown as PendingAttempt] : [];
}
