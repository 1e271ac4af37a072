import { messageOf, UsageError } from "../errors.ts";
import { parseJournal, summarizeJournal } from "../station/journal_summary.ts";
import { createCommand } from "./create_command.ts";
import type { Output } from "./output.ts";
import { journalCsv, journalDocument, renderJournal } from "./render_journal.ts";

interface JournalFlags {
  readonly json?: boolean | undefined;
  readonly csv?: boolean | undefined;
}

/** `dfuse journal`: what a journal says as a whole. */
export function journalCommand(output: Output) {
  return createCommand()
    .description("Sum up a journal: yield, times, failures by cause, units per hour.")
    .arguments("<file:string>")
    .option("--json", "Print one JSON document (see docs/production-line.md).")
    .option("--csv", "Print the attempts as CSV.", { conflicts: ["json"] })
    .example("Yield and times of the day", "dfuse journal line.jsonl")
    .action((flags: JournalFlags, file: string) => showJournal(output, file, flags));
}

function showJournal(output: Output, file: string, { json, csv }: JournalFlags): void {
  const text = readText(file);
  const { attempts, unreadableLines } = parseJournal(text);
  if (attempts.length === 0 && unreadableLines > 0) {
    throw new UsageError(`Cannot read ${file}: it has no line of a journal`, { hint: HINT });
  }
  if (csv === true) return output.out(journalCsv(attempts));
  const summary = summarizeJournal(text);
  output.out(
    json === true
      ? JSON.stringify(journalDocument(file, summary), null, 2) + "\n"
      : renderJournal(file, summary, output.style),
  );
}

const HINT = "Give the file that was given to --journal.";

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : messageOf(cause);
    throw new UsageError(`Cannot read ${path}: ${reason}`, {
      hint: HINT,
      cause,
    });
  }
}
