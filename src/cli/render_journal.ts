import { formatCount, formatDuration } from "../format.ts";
import type { Attempt } from "../station/attempt.ts";
import type { JournalSummary } from "../station/journal_summary.ts";
import { renderWarning } from "./output.ts";
import type { Style } from "./style.ts";
import { hang } from "./wrap.ts";

/** A summary as text. */
export function renderJournal(file: string, summary: JournalSummary, style: Style): string {
  const { attempts, results, skipped, first, last, ports, unreadableLines } = summary;
  const others = [
    results.interrupted > 0 ? `${results.interrupted} stopped` : "",
    results.unfinished > 0 ? `${results.unfinished} unfinished` : "",
    skipped > 0 ? `${skipped} held the image already` : "",
  ].filter((part) => part !== "");
  const lines = [
    ...hang(file, style, { paintText: "bold", indent: 2 }),
    ...row("Attempts", [String(attempts), ...others].join(", "), style),
    ...(attempts === 0 ? [] : [
      ...row("Passed", `${results.passed}${yieldWords(summary)}`, style),
      ...row("Failed", String(results.failed), style),
    ]),
    ...timeLines(summary, style),
    ...(first === undefined || last === undefined
      ? []
      : [...row("From", first, style), ...row("To", last, style)]),
    ...(ports.length < 2 ? [] : ["", "Ports", ...portLines(ports, style)]),
    ...failureLines(summary, style),
  ];
  const warning = unreadableLines === 0
    ? ""
    : renderWarning(`${formatCount(unreadableLines, "line")} cannot be read`, style);
  return lines.join("\n") + "\n" + warning;
}

function row(name: string, value: string, style: Style): string[] {
  return hang(value, style, { head: `  ${name.padEnd(10)} ` });
}

function yieldWords(summary: JournalSummary): string {
  return summary.yield === undefined ? "" : `, yield ${(summary.yield * 100).toFixed(1)} %`;
}

function timeLines({ durations, unitsPerHour }: JournalSummary, style: Style): string[] {
  const { minimumMs = 0, medianMs = 0, p95Ms = 0, maximumMs = 0 } = durations ?? {};
  const times = `${formatDuration(medianMs)} median, ${formatDuration(minimumMs)} to ` +
    `${formatDuration(maximumMs)}, 95 % within ${formatDuration(p95Ms)}`;
  return [
    ...(durations === undefined ? [] : row("Time", times, style)),
    ...(unitsPerHour === undefined
      ? []
      : row("Per hour", `${Math.round(unitsPerHour)} units`, style)),
  ];
}

function portLines(ports: JournalSummary["ports"], style: Style): string[] {
  const width = Math.max(...ports.map(({ port }) => port.length));
  return ports.flatMap(({ port, passed, failed }) =>
    row(port.padEnd(width), `${passed} passed, ${failed} failed`, style)
  );
}

function failureLines({ failures }: JournalSummary, style: Style): string[] {
  if (failures.length === 0) return [];
  const lines = failures.flatMap(({ count, cause }) =>
    hang(cause, style, { head: `  ${String(count).padStart(4)}  ` })
  );
  return ["", "Failures", ...lines];
}

/** A summary as a JSON document: schema `dfuse.journal/1`. */
export function journalDocument(file: string, summary: JournalSummary): Record<string, unknown> {
  return { schema: "dfuse.journal/1", file, ...summary };
}

const COLUMNS = [
  "time",
  "port",
  "path",
  "serial",
  "result",
  "skipped",
  "total_ms",
  "device",
  "chip",
  "firmware",
  "sha256",
  "error",
  "message",
  "dfuse",
  "id",
] as const;

/** Attempts as CSV (RFC 4180): a line each, the values of units in columns `unit.NAME` at the end. */
export function journalCsv(attempts: readonly Attempt[]): string {
  const names = [...new Set(attempts.flatMap(({ unit = {} }) => Object.keys(unit)))].sort();
  const head = [...COLUMNS, ...names.map((name) => `unit.${name}`)];
  const rows = attempts.map((attempt) => [
    ...cellsOf(attempt),
    ...names.map((name) => attempt.unit?.[name] ?? ""),
  ]);
  return [head, ...rows].map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
}

function cellsOf(attempt: Attempt): string[] {
  const { time, port, path, serial, result, skipped, durations, device, files, error } = attempt;
  return [
    time,
    port,
    path,
    serial ?? "",
    result,
    skipped === true ? "yes" : "",
    durations === undefined ? "" : durations.total.toFixed(0),
    device?.name ?? "",
    device?.chip ?? "",
    files.map((file) => file.path).join(" "),
    files.map((file) => file.sha256).join(" "),
    error?.error ?? "",
    error?.message ?? "",
    attempt.dfuse,
    attempt.id,
  ];
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
