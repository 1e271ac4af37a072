import type { Finding } from "./diagnose.ts";
import { paint, type Style, wrapText } from "./style.ts";

/** What was found as text: each finding, and below it what to do. */
export function renderDiagnosis(findings: readonly Finding[], style: Style): string {
  return findings.map((finding) => findingLines(finding, style).join("\n") + "\n").join("");
}

const COLORS = { ok: "green", problem: "red", note: "dim" } as const;

function findingLines({ kind, text, remedy = [] }: Finding, style: Style): string[] {
  const width = Math.max(30, style.columns - 1);
  const label = kind.padEnd(LABEL_WIDTH);
  const [first = "", ...rest] = wrapText(label + text, width, " ".repeat(LABEL_WIDTH));
  return [
    paint(style, COLORS[kind], label) + first.slice(LABEL_WIDTH),
    ...rest,
    ...remedy.flatMap((step) => stepLines(step, width)),
  ];
}

const LABEL_WIDTH = "problem ".length;
const INDENT = " ".repeat(LABEL_WIDTH);

/** Commands and udev rules stay whole, so that they can be copied; sentences are wrapped. */
function stepLines(step: string, width: number): string[] {
  if (isToCopy(step)) return [`${INDENT}  ${step}`];
  return wrapText(step, width - LABEL_WIDTH).map((line) => INDENT + line);
}

/** Sentences begin with a capital, and contain more words than one; rules are one word. */
function isToCopy(step: string): boolean {
  return /^(sudo|dfuse|ioreg) /.test(step) || !step.includes(" ");
}

/** What was found as a JSON document: schema `dfuse.doctor/1`, see docs/json.md. */
export function diagnosisDocument(findings: readonly Finding[]): Record<string, unknown> {
  return {
    schema: "dfuse.doctor/1",
    ok: !findings.some(({ kind }) => kind === "problem"),
    findings: findings.map(({ kind, text, remedy = [] }) => ({ kind, text, remedy })),
  };
}
