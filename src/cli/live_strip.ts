import type { ProgressEvent } from "../dfu/report.ts";
import type { Extent } from "../firmware/firmware.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import { appendExtent, extentOf, overlaps } from "../plan/extents.ts";
import type { PageRun, Plan } from "../plan/operation.ts";
import { cellsIn, drawCells, type Mark, type Strip } from "./strip_cells.ts";
import type { Style } from "./style.ts";

/** The stages that fill a cell, in the order in which they do. */
const STAGES = ["erase", "write", "verify"] as const;
type CellStage = typeof STAGES[number];

/** One cell: of each stage, how many bytes the plan has there, and how many are done. */
interface Cell {
  readonly planned: Record<CellStage, number>;
  readonly done: Record<CellStage, number>;
  /** Whether the image is there, and need not be written. */
  isKept: boolean;
  /** Whether verify found other bytes than it should. */
  hasFailed: boolean;
}

interface LiveStretch {
  readonly strip: Strip;
  readonly cells: readonly Cell[];
}

/** More stretches than this leave no room for any. */
const MAX_STRETCHES = 4;
const MIN_CELLS = 4;

/** The memory that a plan works on, which fills in as its pages finish. */
export class LiveStrip {
  readonly #stretches: readonly LiveStretch[];
  readonly #eraseTotal: number;

  /** `cellCount` is for all stretches of memory together. */
  constructor(profile: DeviceProfile, plan: Plan, { cellCount }: { readonly cellCount: number }) {
    const stretches = stretchesOf(profile, plan.pages).slice(0, MAX_STRETCHES);
    const count = Math.floor((cellCount - stretches.length + 1) / stretches.length);
    this.#stretches = stretches.map((stretch) => ({
      strip: { ...stretch, cellCount: Math.max(MIN_CELLS, count) },
      cells: Array.from({ length: Math.max(MIN_CELLS, count) }, emptyCell),
    }));
    this.#eraseTotal = plan.totals.erasedSize;
    for (const run of plan.pages) this.#addPages(run);
    for (const operation of plan.operations) {
      if (operation.kind !== "write" && operation.kind !== "verify") continue;
      this.#visit(operation, (cell, size) => cell.planned[operation.kind] += size);
    }
  }

  #addPages(run: PageRun): void {
    this.#visit(extentOf(run), (cell, size) => {
      if (run.action === "keep") cell.isKept = true;
      if (run.action === "erase" || run.action === "erase-write") cell.planned.erase += size;
    });
  }

  readonly onEvent = (event: ProgressEvent): void => {
    if (event.kind !== "progress") return;
    const { stage, address, size } = event;
    if (stage !== "erase" && stage !== "write" && stage !== "verify") return;
    // A mass erase is one step without an address of its own.
    if (stage === "erase" && size === this.#eraseTotal) {
      for (const { cells } of this.#stretches) {
        for (const { planned, done } of cells) done.erase = planned.erase;
      }
      return;
    }
    this.#visit({ address, size }, (cell, part) => cell.done[stage] += part);
    for (const range of event.different ?? []) {
      this.#visit(range, (cell) => cell.hasFailed = true);
    }
  };

  #visit(extent: Extent, act: (cell: Cell, size: number) => void): void {
    for (const { strip, cells } of this.#stretches) {
      for (const { index, size } of cellsIn(strip, extent)) act(cells[index]!, size);
    }
  }

  /** Characters that `render()` shows. */
  get length(): number {
    const cells = this.#stretches.reduce((sum, { strip }) => sum + strip.cellCount, 0);
    return cells + this.#stretches.length + 1;
  }

  /** The strip, between brackets; stretches of memory that do not touch are separated. */
  render(style: Style): string {
    const separator = style.blocks ? "│" : "|";
    const parts = this.#stretches.map(({ cells }) => drawCells(cells.map(markOf), style));
    return `[${parts.join(separator)}]`;
  }

  /** The marks in the strip, in the order of a legend. */
  marks(): readonly Mark[] {
    const found = new Set(this.#stretches.flatMap(({ cells }) => cells.map(stateOf)));
    return STATES.filter((state) => found.has(state)).map((state) => MARKS[state]);
  }
}

/** Stretches of memory without a gap that the plan has pages in; a plan has each address once. */
function stretchesOf({ alternates }: DeviceProfile, pages: readonly PageRun[]): Extent[] {
  return alternates.flatMap(({ alternate, layout }) => {
    const stretches: Extent[] = [];
    for (const region of layout.regions) appendExtent(stretches, extentOf(region));
    const ours = pages.filter((run) => run.alternate === alternate).map(extentOf);
    return stretches.filter((stretch) => ours.some((run) => overlaps(run, stretch)));
  });
}

function emptyCell(): Cell {
  return {
    planned: { erase: 0, write: 0, verify: 0 },
    done: { erase: 0, write: 0, verify: 0 },
    isKept: false,
    hasFailed: false,
  };
}

/** How far a cell is, by the last of its stages that is complete. Only what was read back and found right is done. */
type CellState = "done" | "failed" | "written" | "erased" | "to-do" | "unchanged" | "none";

const MARKS: Readonly<Record<CellState, Mark>> = {
  "done": { block: "█", ascii: "#", color: "green", word: "done" },
  "failed": { block: "!", ascii: "!", color: "red", word: "verify failed" },
  "written": { block: "▅", ascii: "+", color: "cyan", word: "written" },
  "erased": { block: "▃", ascii: "x", color: "yellow", word: "erased" },
  "to-do": { block: "▁", ascii: "-", color: "dim", word: "to do" },
  "unchanged": { block: "░", ascii: "=", color: "green", word: "unchanged" },
  "none": { block: "·", ascii: ".", color: "dim", word: "not touched" },
};
const STATES = Object.keys(MARKS) as readonly CellState[];

function stateOf(cell: Cell): CellState {
  if (cell.hasFailed) return "failed";
  const planned = STAGES.filter((stage) => cell.planned[stage] > 0);
  if (planned.length === 0) return cell.isKept ? "unchanged" : "none";
  const complete = planned.filter((stage) => shareOf(cell, stage) === 1);
  if (complete.includes("verify") && complete.length === planned.length) return "done";
  if (complete.includes("write")) return "written";
  return complete.includes("erase") ? "erased" : "to-do";
}

function shareOf({ planned, done }: Cell, stage: CellStage): number {
  // Cells share bytes at their edges in fractions, which do not add up exactly.
  return done[stage] >= planned[stage] - 1e-3 ? 1 : done[stage] / planned[stage];
}

/** A cell fills up by eighths: each of its stages from where the one before it ends to its own mark. */
function markOf(cell: Cell): Mark {
  const mark = MARKS[stateOf(cell)];
  if (!LEVELS.includes(mark.block)) return mark;
  let level = 0;
  let reached = 0;
  for (const stage of STAGES.filter((stage) => cell.planned[stage] > 0)) {
    level += (LEVEL_AT_END[stage] - reached) * shareOf(cell, stage);
    reached = LEVEL_AT_END[stage];
  }
  return { ...mark, block: LEVELS.charAt(Math.min(Math.floor(level), LEVELS.length - 1)) };
}

/** Below the full block, which is for what is done. */
const LEVELS = "▁▂▃▄▅▆▇";

const LEVEL_AT_END: Readonly<Record<CellStage, number>> = {
  erase: LEVELS.indexOf(MARKS.erased.block),
  write: LEVELS.indexOf(MARKS.written.block),
  verify: LEVELS.length,
};
