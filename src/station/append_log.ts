import { UsageError, writeErrorOf } from "../errors.ts";

/**
 * A file of JSON lines that only grows, shared by processes: each line is written whole and synced, or not at all. A
 * last line that a crash has torn is kept aside in `FILE.torn` by whoever uses the file next. `FILE.lock` is held for
 * each use; it stays empty.
 */
export class AppendLog {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #turn: Promise<void> = Promise.resolve();
  /** Up to here the lines have been read. */
  #offset = 0;

  private constructor(path: string) {
    this.path = path;
    this.#file = openFile(path, { read: true, append: true, create: true });
  }

  /** @throws {UsageError} if the file cannot be written, or is another one. */
  static open(path: string): AppendLog {
    const log = new AppendLog(path);
    const [first] = log.#readAt(0, 1);
    if (first === undefined || first === OPENING_BRACE) return log;
    log.close();
    // A firmware file that is named by mistake would lose its end to `FILE.torn`.
    throw new UsageError(`Cannot use ${path}: it does not begin with a line of JSON`, {
      hint: "Give the name of a new file, or of one that dfuse has begun.",
    });
  }

  /**
   * Does work while nobody else, in this process or another, uses the file.
   *
   * @throws {UsageError} if another process holds the file for ten seconds.
   */
  async exclusively<T>(work: (log: LockedLog) => T | Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      using _lock = await this.#acquire();
      this.#repair();
      return await work({
        readNew: () => this.#readNew(),
        append: (lines) => this.#append(lines),
      });
    } finally {
      resolve();
    }
  }

  close(): void {
    this.#file.close();
  }

  async #acquire(): Promise<Deno.FsFile> {
    const lock = openFile(`${this.path}.lock`, { read: true, append: true, create: true });
    try {
      if (await lockOrClose(lock, LOCK_TIMEOUT_MS)) return lock;
    } catch (cause) {
      lock.close();
      throw writeErrorOf(this.path, cause);
    }
    throw new UsageError(
      `Cannot use ${this.path}: another process has held it for ${LOCK_TIMEOUT_MS / 1000} s`,
      { hint: "Another dfuse hangs or is stopped: end it, and try again." },
    );
  }

  #readNew(): string[] {
    const { size } = this.#file.statSync();
    if (size < this.#offset) {
      throw new UsageError(`Cannot use ${this.path}: it has become shorter while it was in use`, {
        hint: "Nothing else may change the file. Check it before the next run.",
      });
    }
    const text = new TextDecoder().decode(this.#readAt(this.#offset, size - this.#offset));
    this.#offset = size;
    return text.split("\n").filter((line) => line !== "");
  }

  #append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const bytes = new TextEncoder().encode(lines.map((line) => line + "\n").join(""));
    appendAndSync(this.#file, { path: this.path, bytes });
  }

  /** Ends a last line that lacks nothing but its end, and keeps aside one that is torn. */
  #repair(): void {
    const { size } = this.#file.statSync();
    if (size === 0 || this.#readAt(size - 1, 1)[0] === LINE_FEED) return;
    const start = this.#lastLineStart(size);
    const fragment = this.#readAt(start, size - start);
    if (isJson(new TextDecoder().decode(fragment))) {
      return appendAndSync(this.#file, { path: this.path, bytes: Uint8Array.of(LINE_FEED) });
    }
    keepAside(`${this.path}.torn`, fragment);
    // A second crash before this is done keeps the fragment aside twice, which harms nobody.
    using file = openFile(this.path, { write: true });
    file.truncateSync(start);
    file.syncSync();
  }

  #lastLineStart(size: number): number {
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - CHUNK_SIZE);
      const found = this.#readAt(start, end - start).lastIndexOf(LINE_FEED);
      if (found >= 0) return start + found + 1;
      end = start;
    }
    return 0;
  }

  #readAt(offset: number, size: number): Uint8Array {
    return readAt(this.#file, { offset, size });
  }
}

/** What can be done with a file while it is held. */
export interface LockedLog {
  /** The lines that were added since the last call, by whomever. */
  readNew(): string[];
  /** Adds lines and syncs: when it returns they outlive a crash of the computer. */
  append(lines: readonly string[]): void;
}

/** Waits for a lock of a file, so long at most; whether it was had. A file that was not had is closed in the end. */
export async function lockOrClose(file: Deno.FsFile, timeoutMs: number): Promise<boolean> {
  const { promise: patience, resolve: giveUp } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => giveUp(false), timeoutMs);
  const locked = file.lock(true).then(() => true);
  try {
    const isLocked = await Promise.race([locked, patience]);
    // A lock cannot be called off: it comes when its holder ends, or never.
    if (!isLocked) locked.then(() => file.close(), () => file.close());
    return isLocked;
  } finally {
    clearTimeout(timer);
  }
}

/** Fills a buffer from an offset on; shorter where the file ends. */
export function readAt(file: Deno.FsFile, range: { offset: number; size: number }): Uint8Array {
  const bytes = new Uint8Array(range.size);
  file.seekSync(range.offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/**
 * Writes all of some bytes at the end of a file that was opened to append, and syncs.
 *
 * @throws {UsageError} if the operating system does not.
 */
export function appendAndSync(
  file: Deno.FsFile,
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
): void {
  try {
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    file.syncSync();
  } catch (cause) {
    throw writeErrorOf(path, cause);
  }
}

const LINE_FEED = 10;
const OPENING_BRACE = 0x7B;
const CHUNK_SIZE = 64 * 1024;
/** A use of the file takes milliseconds. */
const LOCK_TIMEOUT_MS = 10_000;

/** Whether text is a whole JSON object, as every line is. */
function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function keepAside(path: string, fragment: Uint8Array): void {
  using file = openFile(path, { append: true, create: true });
  appendAndSync(file, { path, bytes: fragment });
  appendAndSync(file, { path, bytes: Uint8Array.of(LINE_FEED) });
}

/** Opens a file. @throws {UsageError} if the operating system does not. */
export function openFile(path: string, options: Deno.OpenOptions): Deno.FsFile {
  try {
    return Deno.openSync(path, options);
  } catch (cause) {
    throw writeErrorOf(path, cause);
  }
}
