import { type Attempt, type AttemptResult, parseAttempt } from "./attempt.ts";

/** What a journal says as a whole. Durations in milliseconds. */
export interface JournalSummary {
  readonly attempts: number;
  readonly results: Readonly<Record<AttemptResult, number>>;
  /** Of `passed`: held the image already. */
  readonly skipped: number;
  /** Passed attempts over all that passed or failed, from 0 to 1; missing without any. */
  readonly yield?: number;
  /** Of the attempts that passed and were not skipped. */
  readonly durations?: {
    readonly minimumMs: number;
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly maximumMs: number;
  };
  /** Begin of the first and of the last attempt, ISO 8601. */
  readonly first?: string;
  readonly last?: string;
  /** Passed units over the time from the first begin to the last end; missing where that is no time. */
  readonly unitsPerHour?: number;
  /** Most frequent first. */
  readonly failures: readonly FailureCause[];
  /** In order of name. */
  readonly ports: readonly PortSummary[];
  /** Lines that are no attempt. */
  readonly unreadableLines: number;
}

/** Failures that have the same cause: their messages differ in numbers only. */
export interface FailureCause {
  /** The class of the error. */
  readonly error: string;
  /** The message of one of them, with `…` for numbers. */
  readonly cause: string;
  readonly count: number;
}

/** The attempts on one port. */
export interface PortSummary {
  readonly port: string;
  readonly passed: number;
  readonly failed: number;
}

/** Sums up the lines of a journal; a torn last one is not counted as a line. */
export function summarizeJournal(text: string): JournalSummary {
  const { attempts, unreadableLines } = parseJournal(text);
  const count = (result: AttemptResult) =>
    attempts.filter((attempt) => attempt.result === result).length;
  const results = {
    passed: count("passed"),
    failed: count("failed"),
    interrupted: count("interrupted"),
    unfinished: count("unfinished"),
  };
  const judged = results.passed + results.failed;
  const skipped = attempts.filter((attempt) => attempt.skipped === true).length;
  return {
    attempts: attempts.length,
    results,
    skipped,
    ...(judged === 0 ? {} : { yield: results.passed / judged }),
    ...durationsOf(attempts),
    ...spanOf(attempts),
    failures: failuresOf(attempts),
    ports: portsOf(attempts),
    unreadableLines,
  };
}

/** The attempts of a journal, in order. */
export function parseJournal(
  text: string,
): { readonly attempts: readonly Attempt[]; readonly unreadableLines: number } {
  const lines = text.split("\n");
  // What follows the last line feed is torn, or nothing.
  const last = lines.pop() ?? "";
  const whole = parseAttempt(last) === undefined ? lines : [...lines, last];
  const parsed = whole.filter((line) => line.trim() !== "").map(parseAttempt);
  const attempts = parsed.filter((attempt) => attempt !== undefined);
  return { attempts, unreadableLines: parsed.length - attempts.length };
}

function durationsOf(attempts: readonly Attempt[]): Pick<JournalSummary, "durations"> {
  const times = attempts
    .filter(({ result, skipped }) => result === "passed" && skipped !== true)
    .flatMap(({ durations }) => durations === undefined ? [] : [durations.total])
    .sort((a, b) => a - b);
  if (times.length === 0) return {};
  const at = (share: number) => times[Math.ceil(share * times.length) - 1] ?? times[0]!;
  return {
    durations: {
      minimumMs: times[0]!,
      medianMs: at(0.5),
      p95Ms: at(0.95),
      maximumMs: times.at(-1)!,
    },
  };
}

const HOUR_MS = 3_600_000;

function spanOf(
  attempts: readonly Attempt[],
): Pick<JournalSummary, "first" | "last" | "unitsPerHour"> {
  const begins = attempts.map(({ time }) => time).sort();
  const first = begins[0];
  const last = begins.at(-1);
  if (first === undefined || last === undefined) return {};
  const ends = attempts.map(({ time, durations }) => Date.parse(time) + (durations?.total ?? 0));
  const spanMs = ends.reduce((most, end) => Math.max(most, end), 0) - Date.parse(first);
  const passed = attempts.filter(({ result }) => result === "passed").length;
  const rate = spanMs > 0 ? { unitsPerHour: passed * HOUR_MS / spanMs } : {};
  return { first, last, ...rate };
}

function failuresOf(attempts: readonly Attempt[]): FailureCause[] {
  const causes = new Map<string, FailureCause>();
  for (const { error, result } of attempts) {
    if (error === undefined || result === "interrupted") continue;
    const cause = error.message.split("\n")[0]!.replaceAll(/0x[0-9a-f]+|\b\d+(\.\d+)?\b/gi, "…");
    const key = `${error.error} ${cause}`;
    const count = (causes.get(key)?.count ?? 0) + 1;
    causes.set(key, { error: error.error, cause, count });
  }
  return [...causes.values()].sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));
}

function portsOf(attempts: readonly Attempt[]): PortSummary[] {
  const groups = Map.groupBy(attempts, ({ port }) => port);
  return [...groups].map(([port, group]) => ({
    port,
    passed: group.filter(({ result }) => result === "passed").length,
    failed: group.filter(({ result }) => result === "failed").length,
  })).sort((a, b) => a.port < b.port ? -1 : 1);
}
