import { UsageError, writeErrorOf } from "../errors.ts";

/**
 * Refuses a path that may not be written, before any time is spent on what shall go there.
 *
 * @throws {UsageError} if it is a folder, exists without `force`, or its folder is missing or forbidden.
 */
export function checkWritable(path: string, options: { readonly force: boolean }): void {
  if (path === "-") throw new UsageError("Cannot write to standard output: expected a file name");
  const found = statOf(path);
  if (found?.isDirectory === true) {
    throw new UsageError(`Cannot write ${path}: it is a directory, expected a file name`);
  }
  if (found !== undefined && !options.force) {
    throw new UsageError(`Cannot write ${path}: it exists`, {
      hint: "Give --force to replace it.",
    });
  }
  checkDraft(path);
}

/** Whether a file may be made in a folder is known for certain by making it only. */
function checkDraft(path: string): void {
  const draft = draftOf(path);
  try {
    Deno.openSync(draft, { write: true, createNew: true }).close();
    Deno.removeSync(draft);
  } catch (error) {
    // Somebody else's, or left behind by a crash: it will be replaced.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw writeErrorOf(path, error);
  }
}

/** Writes a file as a whole: whoever reads it meanwhile sees the old one or the new one, never a part. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const draft = draftOf(path);
  try {
    Deno.writeFileSync(draft, bytes);
    Deno.renameSync(draft, path);
  } catch (error) {
    try {
      Deno.removeSync(draft);
    } catch {
      // It was never made, or cannot be removed: the first error tells more.
    }
    throw writeErrorOf(path, error);
  }
}

/** Where a file is written before it gets its name. */
function draftOf(path: string): string {
  return `${path}.part`;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw writeErrorOf(path, error);
  }
}
