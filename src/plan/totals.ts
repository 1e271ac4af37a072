import type { PlanTotals } from "./operation.ts";

/** The sums of a plan that does nothing. */
export const EMPTY_TOTALS: PlanTotals = {
  imageSize: 0,
  keptPages: 0,
  erasedPages: 0,
  erasedSize: 0,
  writtenSize: 0,
  writtenBlocks: 0,
  verifiedSize: 0,
  blankedSize: 0,
  preservedSize: 0,
};
