import type { ProgressEvent, Report, Stage } from "../dfu/report.ts";
import { VerifyError } from "../errors.ts";
import { formatDuration, formatSize } from "../format.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import type { Plan } from "../plan/operation.ts";
import { LiveStrip } from "./live_strip.ts";
import type { Output } from "./output.ts";
import { renderLegend } from "./strip_cells.ts";
import { type Paint, paint, type Style } from "./style.ts";
import { hang } from "./wrap.ts";

/** Where a stage stands: all that its line shows. Sizes in bytes, times in milliseconds of the device's clock. */
export interface StageProgress {
  readonly stage: Stage;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

const BAR_WIDTH = 24;
const LABEL_WIDTH = 7;

/**
 * One stage as one line: `write   [#########...............]  12 KiB of 32 KiB, 48 KiB/s, 0.4 s left`. A strip of the memory
 * takes the place of the bar where there is one.
 */
export function renderStage(progress: StageProgress, style: Style, memory?: LiveStrip): string {
  const { stage, done, total, elapsedMs } = progress;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const percent = `${Math.floor(share * 100)} %`;
  const rate = elapsedMs > 0 ? done / elapsedMs * 1000 : 0;
  const left = rate > 0 && done < total
    ? `, ${formatSize(Math.round(rate))}/s, ${formatDuration((total - done) / rate * 1000)} left`
    : "";
  const label = stage.padEnd(LABEL_WIDTH);
  const bar = memory?.render(style) ?? `[${renderBar(share, style)}]`;
  const barLength = memory?.length ?? BAR_WIDTH + 2;
  const fits = (text: string) => label.length + 1 + barLength + 1 + text.length < style.columns;
  const text = [
    `${formatSize(done).padStart(8)} of ${formatSize(total)}${left}`,
    `${formatSize(done).padStart(8)} of ${formatSize(total)}`,
    percent,
  ].find(fits);
  return text === undefined ? `${label} ${percent}` : `${label} ${bar} ${text}`;
}

function renderBar(share: number, style: Style): string {
  const filled = Math.round(share * BAR_WIDTH);
  const [full, empty] = style.blocks ? ["█", "░"] : ["#", "."];
  return paint(style, "cyan", full.repeat(filled)) + empty.repeat(BAR_WIDTH - filled);
}

/** How many cells of memory the line of a stage has room for, beside its sizes and times. */
export function memoryCellCount({ columns }: Style): number {
  return Math.max(12, Math.min(48, columns - 56));
}

/** What a strip of memory ends as: the strip, and what its marks mean. */
export function renderMemoryEnd(memory: LiveStrip, style: Style): string {
  const label = "memory".padEnd(LABEL_WIDTH);
  return `${label} ${memory.render(style)}\n${renderLegend(memory.marks(), style)}\n`;
}

/** The line that a finished stage leaves behind. */
export function renderStageEnd({ stage, done, elapsedMs }: StageProgress): string {
  return `${stage.padEnd(LABEL_WIDTH)} ${formatSize(done)} in ${formatDuration(elapsedMs)}`;
}

/** Shows progress on standard error: a bar on a terminal, one line for each finished stage elsewhere. */
export class ProgressLines {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #live: boolean;
  #current: { stage: Stage; total: number; done: number; startMs: number } | undefined;
  #lastDrawMs = -Infinity;
  #memory: LiveStrip | undefined;

  constructor(
    output: Output,
    options: { readonly now: () => number; readonly terminal: boolean },
  ) {
    this.#output = output;
    this.#now = options.now;
    this.#live = options.terminal;
  }

  /** From now on the memory that a plan works on takes the place of the bar, on a terminal. */
  showMemory(profile: DeviceProfile, plan: Plan): void {
    if (!this.#live || plan.pages.length === 0) return;
    const cellCount = memoryCellCount(this.#output.errorStyle);
    this.#memory = new LiveStrip(profile, plan, { cellCount });
  }

  /** The last word, after the last stage: what became of the memory. */
  finish(): void {
    this.end();
    if (this.#memory === undefined) return;
    this.#output.err(renderMemoryEnd(this.#memory, this.#output.errorStyle));
    this.#memory = undefined;
  }

  readonly onEvent = (event: ProgressEvent): void => {
    this.#memory?.onEvent(event);
    switch (event.kind) {
      case "stage":
        this.end();
        this.#current = { stage: event.stage, total: event.total, done: 0, startMs: this.#now() };
        this.#draw(true);
        return;
      case "progress":
        if (this.#current === undefined) return;
        this.#current.done = event.done;
        this.#draw(false);
        return;
    }
  };

  /** Ends the current stage's line. */
  end(): void {
    const progress = this.#progress();
    this.#current = undefined;
    if (progress === undefined || progress.stage === "leave") return;
    // What failed at once has nothing to tell of but its error.
    const line = progress.done === 0 ? "" : `${renderStageEnd(progress)}\n`;
    this.#output.err(this.#live ? `\r\x1b[K${line}` : line);
  }

  /** Redrawing more often than this costs more than a person sees. */
  static readonly #INTERVAL_MS = 50;

  #draw(force: boolean): void {
    if (!this.#live) return;
    const progress = this.#progress();
    if (progress === undefined || progress.stage === "leave") return;
    const realMs = performance.now();
    if (!force && realMs - this.#lastDrawMs < ProgressLines.#INTERVAL_MS) return;
    this.#lastDrawMs = realMs;
    this.#output.err(`\r\x1b[K${renderStage(progress, this.#output.errorStyle, this.#memory)}`);
  }

  #progress(): StageProgress | undefined {
    if (this.#current === undefined) return undefined;
    const { stage, done, total, startMs } = this.#current;
    return { stage, done, total, elapsedMs: this.#now() - startMs };
  }
}

/** What was done, in a sentence or two; the error of a failed run is told by whoever gets it. */
export function renderReport(report: Report, style: Style): string {
  const { word, color, rest } = summaryOf(report);
  const text = `${rest} ${FINAL[report.finalState]}`;
  return hang(text, style, { head: word, paintHead: color, indent: 2 }).join("\n") + "\n";
}

function summaryOf(report: Report): { word: string; color: Paint; rest: string } {
  const { bytes, durations, operationsDone, operationCount, error } = report;
  const compared = error instanceof VerifyError ? "compared" : "verified";
  const parts = [
    bytes.erased > 0 ? `${formatSize(bytes.erased)} erased` : "",
    bytes.written > 0 ? `${formatSize(bytes.written)} written` : "",
    bytes.verified > 0 ? `${formatSize(bytes.verified)} ${compared}` : "",
  ].filter((part) => part !== "");
  const what = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
  const time = formatDuration(durations.total);
  const steps = operationCount === 0
    ? " before anything was changed."
    : ` after ${operationsDone} of ${operationCount} steps${what}.`;
  switch (report.outcome) {
    case "done":
      return { word: "Done", color: "green", rest: `${what} in ${time}.` };
    case "nothing-to-do": {
      const rest = `: the device holds the image already (${time}).`;
      return { word: "Nothing to do", color: "green", rest };
    }
    case "failed":
      return { word: "Failed", color: "red", rest: steps };
    case "interrupted":
      return { word: "Stopped", color: "red", rest: steps };
  }
}

const FINAL: Readonly<Record<Report["finalState"], string>> = {
  "boot-loader": "The device is in its boot loader.",
  "left": "The program was started.",
  "reset": "The device has reset itself, as its option bytes demand.",
  "lost":
    "The device is gone or no longer answers as it should: unplug it, plug it in again, and run the same command.",
};

/** A report as the last line of a stream of events: see docs/json.md. */
export function reportDocument(report: Report): Record<string, unknown> {
  const { error, ...rest } = report;
  return {
    event: "report",
    ...rest,
    exitCode: error?.exitCode ?? 0,
    ...(error === undefined ? {} : {
      error: error.name,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      facts: error.facts,
    }),
  };
}
