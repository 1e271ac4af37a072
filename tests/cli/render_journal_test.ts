import { assertEquals } from "@std/assert";
import { journalCsv, renderJournal } from "../../src/cli/render_journal.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import type { Attempt } from "../../src/station/attempt.ts";
import { summarizeJournal } from "../../src/station/journal_summary.ts";

function attempt(minute: number, more: Partial<Attempt> = {}): Attempt {
  return {
    schema: "dfuse.attempt/1",
    id: `id-${minute}`,
    time: `2030-01-01T00:${minute}:00.000Z`,
    port: "A",
    path: "1-1",
    files: [{ path: "fw.dfu", sha256: "ab" }],
    dfuse: "1.0.0",
    result: "passed",
    durations: { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total: 60_000 },
    ...more,
  };
}

const ATTEMPTS = [
  attempt(10, { unit: { serial: "A1" }, serial: "3573" }),
  attempt(11, {
    port: "bench",
    result: "failed",
    error: {
      error: "TransportError",
      exitCode: 6,
      message: 'Cannot write 0x08001000: "the device" was disconnected',
      facts: {},
    },
  }),
  attempt(12, { result: "interrupted" }),
  attempt(39, { skipped: true }),
];

const TEXT = ATTEMPTS.map((attempt) => JSON.stringify(attempt) + "\n").join("") + "nonsense\n";

Deno.test("renderJournal() sums a day up, at 80 columns", () => {
  assertEquals(
    renderJournal("line.jsonl", summarizeJournal(TEXT), PLAIN_STYLE),
    `line.jsonl
  Attempts   4, 1 stopped, 1 held the image already
  Passed     2, yield 66.7 %
  Failed     1
  Time       1 min 0 s median, 1 min 0 s to 1 min 0 s, 95 % within 1 min 0 s
  Per hour   4 units
  From       2030-01-01T00:10:00.000Z
  To         2030-01-01T00:39:00.000Z

Ports
  A          2 passed, 0 failed
  bench      0 passed, 1 failed

Failures
     1  Cannot write …: "the device" was disconnected
warning: 1 line cannot be read
`,
  );
});

Deno.test("renderJournal() wraps a cause at 40 columns", () => {
  const text = renderJournal("j", summarizeJournal(TEXT), { ...PLAIN_STYLE, columns: 40 });
  assertEquals(
    text.slice(text.indexOf("Failures")),
    `Failures
     1  Cannot write …: "the device"
        was disconnected
warning: 1 line cannot be read
`,
  );
});

Deno.test("renderJournal() says little of an empty journal", () => {
  assertEquals(
    renderJournal("j", summarizeJournal(""), PLAIN_STYLE),
    "j\n  Attempts   0\n",
  );
});

Deno.test("journalCsv() writes a line for each attempt, quoted where it must be", () => {
  const lines = journalCsv(ATTEMPTS.slice(0, 2)).split("\r\n");
  assertEquals(lines, [
    "time,port,path,serial,result,skipped,total_ms,device,chip,firmware,sha256,error,message,dfuse,id,unit.serial",
    "2030-01-01T00:10:00.000Z,A,1-1,3573,passed,,60000,,,fw.dfu,ab,,,1.0.0,id-10,A1",
    '2030-01-01T00:11:00.000Z,bench,1-1,,failed,,60000,,,fw.dfu,ab,TransportError,"Cannot write 0x08001000: ""the device"" was disconnected",1.0.0,id-11,',
    "",
  ]);
});
