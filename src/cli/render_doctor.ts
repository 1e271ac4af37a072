import type { Finding } from "./diagnose.ts";
import type { Style } from "./style.ts";
import { hang } from "./wrap.ts";

/** What was found as text: each finding, and below it what to do. */
export function renderDiagnosis(findings: readonly Finding[], style: Style): string {
  return findings.map((finding) => findingLines(finding, style).join("\n") + "\n").join("");
}

const COLORS = { ok: "green", problem: "red", note: "dim" } as const;

function findingLines({ kind, text, remedy = [] }: Finding, style: Style): string[] {
  return [
    ...hang(text, style, { head: kind.padEnd(LABEL_WIDTH), paintHead: COLORS[kind] }),
    ...remedy.flatMap((step) => stepLines(step, style)),
  ];
}

const LABEL_WIDTH = "problem ".length;
const INDENT = " ".repeat(LABEL_WIDTH);

/** Commands and udev rules stay whole, so that they can be copied; sentences are wrapped. */
function stepLines(step: string, style: Style): string[] {
  return isToCopy(step) ? [`${INDENT}  ${step}`] : hang(step, style, { head: INDENT });
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
