import { messageOf, UsageError } from "../errors.ts";
import { type Job, parseJobFile } from "./job_file.ts";

/** Whether the words of `dfuse flash` are a job file. */
export function isJob(words: readonly string[]): boolean {
  return words.length === 1 && words[0]!.toLowerCase().endsWith(".json");
}

/**
 * Reads a job file; flags of the command line go before its own.
 *
 * @throws {UsageError} if it cannot be read, or something in it is wrong.
 */
export async function readJob<Flags extends object>(
  path: string,
  flags: Flags,
): Promise<{ readonly words: Job["words"]; readonly flags: Flags }> {
  const job = await parseJobFile(readText(path), { path });
  return { words: job.words, flags: { ...job.flags, ...flags } };
}

/** A job is a page of settings. */
const MAX_SIZE = 1024 * 1024;

function readText(path: string): string {
  try {
    if (Deno.statSync(path).size > MAX_SIZE) throw new Error("it is larger than any job");
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new UsageError(`Cannot read ${path}: ${reason}`, {
      hint: "Check the path of the job file.",
      cause,
    });
  }
}
