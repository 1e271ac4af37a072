import type { Operation, Plan } from "../plan/operation.ts";
import type { DoneBefore } from "./compare.ts";
import type { Stage } from "./report.ts";

/** Nothing in any stage yet. */
export function noStages(): Record<Stage, number> {
  return { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0 };
}

/** The stage that an operation belongs to; none for those that take no time. */
export function stageOf(operation: Operation): Stage | undefined {
  switch (operation.kind) {
    case "select":
    case "voltage":
      return undefined;
    case "erase-all":
      return "erase";
    case "read":
    case "erase":
    case "write":
    case "verify":
    case "leave":
      return operation.kind;
  }
}

/** How many bytes each stage of a plan is about. */
export function stageTotals(plan: Plan): Record<Stage, number> {
  const { totals } = plan;
  return {
    ...noStages(),
    read: totals.preservedSize,
    erase: totals.erasedSize,
    write: totals.writtenSize,
    verify: totals.verifiedSize,
  };
}

/** What a plan does to memory before it compares it. */
export function doneBefore({ operations, pages }: Plan): DoneBefore {
  const has = (kind: Operation["kind"]) => operations.some((operation) => operation.kind === kind);
  if (has("write")) {
    return pages.some(({ reason }) => reason === "erase-none") ? "write-over" : "write";
  }
  return has("erase") || has("erase-all") ? "erase" : "nothing";
}
