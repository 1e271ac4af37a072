import type { FirmwareSummary } from "../firmware/firmware.ts";
import {
  formatAddress,
  formatCount,
  formatDuration,
  formatRange,
  formatSize,
  formatUsbIds,
} from "../format.ts";
import type { AlternateProfile, DeviceProfile } from "../plan/device_profile.ts";
import type { AlternateExtent, PageReason, PageRun, Plan } from "../plan/operation.ts";
import { renderMemoryStrip } from "./memory_strip.ts";
import { type Output, renderWarning } from "./output.ts";
import { unitDocument, unitLines, type UnitPlan } from "./render_unit.ts";
import { paint, type Style } from "./style.ts";
import { fitsBeside, hang, lineWidth, wrapPhrases } from "./wrap.ts";

/** A plan, and what it was made of. */
export interface PlanReport {
  readonly file: string;
  /** Missing where no file is involved. */
  readonly summary?: Pick<FirmwareSummary, "format" | "fileSize" | "files" | "warnings">;
  readonly profile: DeviceProfile;
  readonly plan: Plan;
  /** With values of a unit. */
  readonly unit?: UnitPlan | undefined;
}

/** Prints a plan as text or as a JSON document. */
export function printPlan(
  output: Output,
  report: PlanReport,
  options: { readonly json: boolean },
): void {
  output.out(
    options.json
      ? JSON.stringify(planDocument(report), null, 2) + "\n"
      : renderPlan(report, output.style),
  );
}

/** A plan as text that a person takes in at a glance. */
export function renderPlan(report: PlanReport, style: Style): string {
  const { file, profile, plan, unit } = report;
  const used = usedAlternates(profile, plan);
  const lines = [
    ...hang(`${file} -> ${profile.name}`, style, { paintText: "bold", indent: 2 }),
    ...used.flatMap((target) => ["", ...alternateLines(target, plan, style)]),
    "",
    ...totalLines(plan, style),
    ...(unit === undefined ? [] : ["", ...unitLines(unit, style)]),
  ];
  const warnings = warningsOf(report).map((message) => renderWarning(message, style));
  return lines.join("\n") + "\n" + warnings.join("");
}

/** All that a person should know of the file, the memory and the plan. */
export function warningsOf({ profile, plan, summary }: PlanReport): string[] {
  const used = usedAlternates(profile, plan);
  return [
    ...(summary?.warnings ?? []).map((warning) => warning.message),
    ...used.flatMap(({ layout }) => layout.notes),
    ...plan.warnings,
  ];
}

function usedAlternates(profile: DeviceProfile, plan: Plan): AlternateProfile[] {
  return profile.alternates.filter(({ alternate }) =>
    plan.pages.some((run) => run.alternate === alternate)
  );
}

function alternateLines(target: AlternateProfile, plan: Plan, style: Style): string[] {
  const { alternate, layout } = target;
  const runs = plan.pages.filter((run) => run.alternate === alternate);
  const rows = runs.slice(0, MAX_RUNS).map(runCells);
  const blanked = plan.blanked.filter((extent) => extent.alternate === alternate);
  const preserved = plan.preserved.filter((extent) => extent.alternate === alternate);
  return [
    ...hang(layout.name, style, { head: `Alternate ${alternate} `, paintText: "bold", indent: 2 }),
    renderMemoryStrip(layout, runs, style),
    ...tableLines(rows, style),
    ...(runs.length > MAX_RUNS ? [`  ... ${runs.length - MAX_RUNS} more, see --json`] : []),
    // What an erase was asked for is in the rows already.
    ...(runs.every((run) => run.reason === "requested")
      ? []
      : rangeLines("Lost", blanked, "outside the image, erased (--preserve keeps them)", style)),
    ...rangeLines("Kept", preserved, "outside the image, read first and written back", style),
  ];
}

/** More lines than this are a picture of noise; --json has them all. */
const MAX_RUNS = 40;
const MAX_RANGES = 8;

type RunCells = readonly [address: string, pages: string, what: string];

function runCells(run: PageRun): RunCells {
  return [
    formatAddress(run.address),
    `${run.pageCount} x ${formatSize(run.pageSize)}`,
    runWords(run),
  ];
}

/** What happens to pages, and why: `erase, write 12.1 KiB of 16 KiB`. */
export function runWords(run: PageRun): string {
  return `${ACTION_WORDS[run.action]}${sizeWords(run)}${REASON_WORDS[run.reason]}`;
}

const ACTION_WORDS: Readonly<Record<PageRun["action"], string>> = {
  "erase-write": "erase, write",
  "write": "write",
  "erase": "erase",
  "keep": "leave alone",
};

const REASON_WORDS: Readonly<Record<PageReason, string>> = {
  "image": "",
  "image-blank": ": the image has only 0xFF here",
  "unchanged": ": holds the image already",
  "already-blank": ": is blank, no erase",
  "looks-blank": ": looks blank, no erase",
  "not-erasable": ": takes writes without an erase",
  "erase-none": ": --erase none",
  "erase-all": ": --erase all",
  "requested": "",
};

function sizeWords(run: PageRun): string {
  if (run.action === "keep" || run.action === "erase") return "";
  const part = run.writeSize < run.pageSize * run.pageCount
    ? ` of ${formatSize(run.pageSize * run.pageCount)}`
    : "";
  return ` ${formatSize(run.writeSize)}${part}`;
}

function tableLines(rows: readonly RunCells[], style: Style): string[] {
  const [addressWidth, pagesWidth] = [0, 1].map((column) =>
    Math.max(...rows.map((cells) => cells[column]!.length))
  );
  const heads = rows.map(([address, pages]) =>
    `  ${address.padEnd(addressWidth!)}  ${pages.padStart(pagesWidth!)}  `
  );
  const below = !fitsBeside(heads[0] ?? "", rows.map(([, , what]) => what), style);
  return rows.flatMap(([, , what], index) => hang(what, style, { head: heads[index]!, below }));
}

function rangeLines(
  word: string,
  extents: readonly AlternateExtent[],
  meaning: string,
  style: Style,
): string[] {
  if (extents.length === 0) return [];
  const size = extents.reduce((sum, extent) => sum + extent.size, 0);
  return [
    ...hang(`${word}: ${formatSize(size)} ${meaning}`, style, {
      head: "  ",
      paintText: "yellow",
      indent: 4,
    }),
    ...extents.slice(0, MAX_RANGES).map((extent) =>
      `    ${formatRange(extent)}  ${formatSize(extent.size)}`
    ),
    ...(extents.length > MAX_RANGES ? [`    ... ${extents.length - MAX_RANGES} more`] : []),
  ];
}

/** The sums of a plan, and its time, as lines. */
export function totalLines(plan: Plan, style: Style): string[] {
  const { totals, estimate } = plan;
  const leave = plan.operations.find((operation) => operation.kind === "leave");
  const parts = [
    totals.keptPages > 0 ? `leave ${formatCount(totals.keptPages, "page")} alone` : "",
    totals.erasedPages > 0
      ? `erase ${formatCount(totals.erasedPages, "page")} (${formatSize(totals.erasedSize)})`
      : "",
    totals.writtenSize > 0
      ? `write ${formatSize(totals.writtenSize)} in ${formatCount(totals.writtenBlocks, "block")}`
      : "",
    totals.verifiedSize > 0
      ? `verify ${formatSize(totals.verifiedSize)}`
      : totals.writtenSize > 0
      ? "do not verify"
      : "",
    leave === undefined ? "stay in the boot loader" : `start at ${formatAddress(leave.address)}`,
  ].filter((part) => part !== "");
  const [first = "", ...rest] = wrapPhrases(parts, { width: lineWidth(style), indent: "  " });
  return [
    paint(style, "bold", first.charAt(0).toUpperCase() + first.slice(1)),
    ...rest,
    ...(estimate === undefined || estimate.totalMs === 0 ? [] : estimateLines(estimate, style)),
  ];
}

function estimateLines(estimate: NonNullable<Plan["estimate"]>, style: Style): string[] {
  const parts = ([
    ["read", estimate.readMs],
    ["erase", estimate.eraseMs],
    ["write", estimate.writeMs],
    ["verify", estimate.verifyMs],
  ] as const).filter(([, ms]) => ms > 0).map(([word, ms]) => `${word} ${formatDuration(ms)}`);
  const total = `About ${formatDuration(estimate.totalMs)}`;
  if (parts.length < 2) return [total];
  const layout = { width: lineWidth(style), start: `${total}: `, indent: "  " };
  return wrapPhrases(parts, layout);
}

/** A plan as a JSON document: schema `dfuse.plan/1`, see docs/json.md. */
export function planDocument(report: PlanReport): Record<string, unknown> {
  const { file, summary, profile, plan, unit } = report;
  const { vendorId, productId } = profile;
  return {
    schema: "dfuse.plan/1",
    ...(summary === undefined ? {} : { file: fileDocument(file, summary) }),
    device: {
      name: profile.name,
      ...(profile.chip === undefined ? {} : { chip: profile.chip }),
      ...(vendorId === undefined || productId === undefined
        ? {}
        : { usb: formatUsbIds({ vendorId, productId }) }),
      transferSize: profile.transferSize,
      writeAlignment: profile.writeAlignment,
      alternates: profile.alternates,
    },
    ...plan,
    ...(unit === undefined ? {} : { unit: unitDocument(unit) }),
    fileWarnings: summary?.warnings ?? [],
  };
}

/** Several files that make one firmware are told one by one. */
function fileDocument(path: string, summary: NonNullable<PlanReport["summary"]>) {
  const { format, fileSize, files } = summary;
  if (files === undefined) return { path, format, size: fileSize };
  const parts = files.map(({ name, format, fileSize }) => ({ path: name, format, size: fileSize }));
  return { path, size: fileSize, files: parts };
}
