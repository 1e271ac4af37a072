import { appendAndSync, lockOrClose, openFile, readAt } from "./append_log.ts";

/**
 * A file that says that a process lives: `PREFIX-ID`, locked as long as it does, however it ends. Lines in it tell the
 * others what it had begun. All of this is done only by who holds the lock of the file that `PREFIX` belongs to.
 */
export class OwnerFile {
  readonly id: string;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(prefix: string) {
    this.id = crypto.randomUUID();
    this.#path = `${prefix}-${this.id}`;
    this.#file = openFile(this.#path, { read: true, append: true, createNew: true });
    this.#file.lockSync(true);
  }

  static create(prefix: string): OwnerFile {
    return new OwnerFile(prefix);
  }

  /** Adds a line and syncs. */
  append(line: string): void {
    appendAndSync(this.#file, {
      path: this.#path,
      bytes: new TextEncoder().encode(line + "\n"),
    });
  }

  /** Ends it. What was left undone is told to the next process by the file; it is removed where nothing was. */
  close(options: { readonly isDone: boolean }): void {
    // Removed after the lock is gone: Windows removes no file that is open. What others find meanwhile is finished work.
    this.#file.close();
    if (options.isDone) removeQuietly(this.#path);
  }
}

/** What a process left behind that ended without a word. */
export interface DeadOwner {
  readonly id: string;
  /** Its whole lines. */
  readonly lines: readonly string[];
  /** To be called when all is done that it left undone. */
  remove(): void;
}

/** A free lock is had at once; this much patience with a busy computer, then its owner counts as alive. */
const PROBE_TIMEOUT_MS = 250;

/** Finds the owner files of processes that are no more. */
export async function findDeadOwners(prefix: string): Promise<DeadOwner[]> {
  const dead: DeadOwner[] = [];
  for (const path of ownerPaths(prefix)) {
    const owner = await probe(path);
    if (owner !== undefined) dead.push({ id: path.slice(prefix.length + 1), ...owner });
  }
  return dead;
}

async function probe(path: string): Promise<Omit<DeadOwner, "id"> | undefined> {
  const file = openIfThere(path);
  if (file === undefined) return undefined;
  if (!await lockOrClose(file, PROBE_TIMEOUT_MS)) return undefined;
  const bytes = readAt(file, { offset: 0, size: file.statSync().size });
  file.close();
  const lines = new TextDecoder().decode(bytes).split("\n");
  // What follows the last line feed is torn.
  lines.pop();
  return { lines, remove: () => removeQuietly(path) };
}

function ownerPaths(prefix: string): string[] {
  const cut = Math.max(prefix.lastIndexOf("/"), prefix.lastIndexOf("\\")) + 1;
  const folder = prefix.slice(0, cut) || ".";
  const name = prefix.slice(cut);
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && entry.name.startsWith(`${name}-`))
    .map((entry) => `${prefix.slice(0, cut)}${entry.name}`)
    .sort();
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true, append: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
