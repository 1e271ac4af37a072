import { assertEquals } from "@std/assert";
import type { Attempt } from "../../src/station/attempt.ts";
import { parseJournal, summarizeJournal } from "../../src/station/journal_summary.ts";

export function attempt(minute: number, more: Partial<Attempt> = {}): Attempt {
  const total = more.durations?.total ?? 10_000;
  return {
    schema: "dfuse.attempt/1",
    id: String(minute),
    time: `2030-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`,
    port: "A",
    path: "1-1",
    files: [],
    dfuse: "0.0.0",
    result: "passed",
    ...more,
    durations: { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total },
  };
}

export function failed(minute: number, message: string): Attempt {
  const error = { error: "DeviceError", exitCode: 5, message, facts: {} };
  return attempt(minute, { result: "failed", port: "B", error });
}

function textOf(attempts: readonly Attempt[]): string {
  return attempts.map((attempt) => JSON.stringify(attempt) + "\n").join("");
}

function lasting(minute: number, total: number): Attempt {
  const durations = { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total };
  return attempt(minute, { durations });
}

Deno.test("summarizeJournal() counts results, yield and rate", () => {
  const summary = summarizeJournal(textOf([
    attempt(0),
    attempt(1, { skipped: true }),
    failed(10, "no"),
    attempt(20, { result: "interrupted" }),
    attempt(29, { result: "unfinished", durations: lasting(0, 60_000).durations! }),
  ]));
  assertEquals(summary.results, { passed: 2, failed: 1, interrupted: 1, unfinished: 1 });
  assertEquals([summary.attempts, summary.skipped], [5, 1]);
  assertEquals(summary.yield, 2 / 3);
  // Two units in half an hour: from 00:00 to 00:29 and the minute that the last one took.
  assertEquals(summary.unitsPerHour, 4);
  assertEquals(summary.ports, [
    { port: "A", passed: 2, failed: 0 },
    { port: "B", passed: 0, failed: 1 },
  ]);
});

Deno.test("summarizeJournal() tells the times of what passed", () => {
  const times = [5, 1, 4, 2, 3, 100].map((seconds, index) => lasting(index, seconds * 1000));
  assertEquals(summarizeJournal(textOf(times)).durations, {
    minimumMs: 1000,
    medianMs: 3000,
    p95Ms: 100_000,
    maximumMs: 100_000,
  });
});

Deno.test("summarizeJournal() puts failures together that differ in numbers only", () => {
  const summary = summarizeJournal(textOf([
    failed(1, "Cannot write 0x08001000: busy"),
    failed(2, "Cannot open"),
    failed(3, "Cannot write 0x0800F000: busy"),
  ]));
  assertEquals(summary.failures, [
    { error: "DeviceError", cause: "Cannot write …: busy", count: 2 },
    { error: "DeviceError", cause: "Cannot open", count: 1 },
  ]);
});

Deno.test("summarizeJournal() says little of an empty journal", () => {
  const summary = summarizeJournal("");
  assertEquals(summary.attempts, 0);
  assertEquals("yield" in summary || "durations" in summary || "first" in summary, false);
});

Deno.test("parseJournal() counts lines that are none, and leaves out a torn last one", () => {
  const line = JSON.stringify(attempt(1));
  const read = (text: string) => {
    const { attempts, unreadableLines } = parseJournal(text);
    return [attempts.length, unreadableLines];
  };
  assertEquals(read(`${line}\nnonsense\n{"schema":"other"}\n${line}\n`), [2, 2]);
  assertEquals(read(`${line}\n${line.slice(0, 50)}`), [1, 0]);
  assertEquals(read(`${line}\n${line}`), [2, 0]);
});
