import type { Extent } from "../../firmware/firmware.ts";
import { endOf } from "../../plan/extents.ts";
import { clipSpans, type Span, type Treatment } from "./treatment.ts";

/** Columns of a row that look the same. */
export interface ColumnRun {
  readonly treatment: Treatment;
  readonly column: number;
  readonly columnCount: number;
}

/**
 * How much a treatment matters where a column has room for one only: a change is never hidden by what stays, and what
 * the plan looked at never by what it does not touch.
 */
const WEIGHT: Readonly<Record<Treatment, 0 | 1 | 2>> = {
  "untouched": 0,
  "read-only": 0,
  "unchanged": 1,
  "blank": 1,
  "kept": 1,
  "erased": 2,
  "written": 2,
  "padded": 2,
  "blanked": 2,
};

/** Whether memory stays as it is without a look at it. */
export function isIdle(treatment: Treatment): boolean {
  return WEIGHT[treatment] === 0;
}

/**
 * A stretch of memory in so many columns of equal width. A column shows what matters most in it, and of what matters
 * equally the larger part, so that a single page of a large part still shows.
 */
export function columnsOf(
  spans: readonly Span[],
  stretch: Extent,
  columnCount: number,
): ColumnRun[] {
  const runs: ColumnRun[] = [];
  const parts = clipSpans(spans, stretch);
  let index = 0;
  for (let column = 0; column < columnCount; column++) {
    const start = stretch.address + stretch.size * column / columnCount;
    const end = stretch.address + stretch.size * (column + 1) / columnCount;
    const shares = new Map<Treatment, number>();
    while (index < parts.length && endOf(parts[index]!) <= start) index++;
    for (let at = index; at < parts.length && parts[at]!.address < end; at++) {
      const { address, treatment } = parts[at]!;
      const size = Math.min(end, endOf(parts[at]!)) - Math.max(start, address);
      shares.set(treatment, (shares.get(treatment) ?? 0) + size);
    }
    const treatment = weightiest(shares);
    if (treatment !== undefined) append(runs, treatment, column);
  }
  return runs;
}

function weightiest(shares: ReadonlyMap<Treatment, number>): Treatment | undefined {
  let best: Treatment | undefined;
  for (const [treatment, size] of shares) {
    const more = best === undefined ? 1 : WEIGHT[treatment] - WEIGHT[best];
    if (more > 0 || (more === 0 && size > (shares.get(best!) ?? 0))) best = treatment;
  }
  return best;
}

function append(runs: ColumnRun[], treatment: Treatment, column: number): void {
  const last = runs.at(-1);
  const joins = last !== undefined && last.treatment === treatment &&
    last.column + last.columnCount === column;
  if (joins) runs[runs.length - 1] = { ...last, columnCount: last.columnCount + 1 };
  else runs.push({ treatment, column, columnCount: 1 });
}
