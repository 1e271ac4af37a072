import type { Guest } from "./guest.ts";

/** One thing that must work. All boards are detached before and after it. */
export interface Step {
  readonly name: string;
  /** Throws an `Error` if it does not. */
  run(guest: Guest): Promise<void>;
}

/** How a step went. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly error?: string;
}

/** What a job leaves. */
export interface Result {
  readonly steps: readonly StepResult[];
}

/** Throws an `Error` unless the condition holds. */
export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Expected ${what}`);
}

/** Throws an `Error` unless the text has this. */
export function expectText(text: string, part: string | RegExp): void {
  const found = typeof part === "string" ? text.includes(part) : part.test(text);
  expect(found, `${part} in:\n${text}`);
}

/** Throws an `Error` unless the bytes are the same. */
export function expectBytes(actual: Uint8Array, wanted: Uint8Array): void {
  expect(actual.length === wanted.length, `${wanted.length} bytes, found ${actual.length}`);
  const index = actual.findIndex((byte, index) => byte !== wanted[index]);
  expect(index < 0, `equal bytes: 0x${index.toString(16)} differs`);
}

/** What the last line of `--json` output says. */
export function reportOf(stdout: string): Report {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

interface Report {
  readonly outcome: string;
  readonly finalState: string;
  readonly bytes: { readonly erased: number; readonly written: number; readonly verified: number };
}
