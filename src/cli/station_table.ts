import { formatDuration } from "../format.ts";
import { hintLines } from "./output.ts";
import { deviceSerial, unitPhrases } from "./render_unit.ts";
import type { PortRow, StationState } from "./station_state.ts";
import { type Paint, paint, type Style } from "./style.ts";
import { hang, lineWidth } from "./wrap.ts";

/**
 * A station as text: every port with its state, large letters for its result where the window has room for them, and why
 * ports failed. `rows` is the height of the window: there are fewer lines, and each is narrower than the window.
 */
export function renderStation(
  state: StationState,
  style: Style,
  { rows }: { readonly rows: number },
): string {
  const failures = state.ports.map((row) => failureLines(row, style));
  const room = rows - HEAD_ROWS - failures.flat().length;
  const isBig = state.ports.length * (LETTER_ROWS + 1) <= room;
  const ports = state.ports.length === 0
    ? ["Waiting for a device."]
    : isBig
    ? state.ports.flatMap((row) => bigLines(row, style))
    : smallLines(state.ports, style);
  const head = [...headLines(state, style), "", ...ports];
  const left = rows - 1 - head.length - failures.flat().length;
  const lines = [...head, ...withHints(failures, state.ports, { style, left })];
  // What is higher than the window cannot be drawn anew in its place.
  return lines.slice(0, Math.max(1, rows - 1)).join("\n") + "\n";
}

const HEAD_ROWS = 4;
const LETTER_ROWS = 5;

const PASS = [
  "####   ###   ####  ####",
  "#   # #   # #     #    ",
  "####  #####  ###   ### ",
  "#     #   #     #     #",
  "#     #   # ####  #### ",
];

const FAIL = [
  "XXXXX  XXX  XXXXX X    ",
  "X     X   X   X   X    ",
  "XXXX  XXXXX   X   X    ",
  "X     X   X   X   X    ",
  "X     X   X XXXXX XXXXX",
];

const LETTER_WIDTH = 23;

function headLines(state: StationState, style: Style): string[] {
  const { title, passed, failed, stopping } = state;
  const counts = `passed ${passed}   failed ${failed}`;
  const end = stopping ? ["Stopping when these are done; Ctrl-C ends them now."] : [];
  const width = lineWidth(style);
  const gap = width - title.length - counts.length;
  const head = gap >= 2
    ? [paint(style, "bold", title) + " ".repeat(gap) + counts]
    : [paint(style, "bold", cut(title, width)), counts];
  return [...head, ...end.map((line) => cut(line, width))];
}

/** Five lines and an empty one: letters or a bar on the left, words on the right. */
function bigLines(row: PortRow, style: Style): string[] {
  const shown = resultOf(row);
  const width = lineWidth(style) - LETTER_WIDTH - 2;
  const words = [nameOf(row), stateWords(row), ...detailWords(row)];
  const left = shown === undefined ? barLines(row, style) : lettersOf(shown, style);
  const lines = Array.from({ length: LETTER_ROWS }, (_, index) => {
    const text = cut(words[index] ?? "", width);
    const right = index === 0 ? paint(style, "bold", text) : text;
    return `${left[index]}  ${right}`.trimEnd();
  });
  return [...lines, ""];
}

function lettersOf(result: "PASS" | "FAIL", style: Style): string[] {
  const [letters, color] = result === "PASS" ? [PASS, "green"] as const : [FAIL, "red"] as const;
  return letters.map((line) => {
    const drawn = style.blocks && result === "PASS" ? line.replaceAll("#", "█") : line;
    return paint(style, color, drawn);
  });
}

function barLines(row: PortRow, style: Style): string[] {
  const empty = " ".repeat(LETTER_WIDTH);
  if (row.state !== "flashing") return Array.from({ length: LETTER_ROWS }, () => empty);
  return [empty, bar(row, LETTER_WIDTH, style), empty, empty, empty];
}

function bar({ share = 0 }: PortRow, width: number, style: Style): string {
  const filled = Math.round(share * (width - 2));
  const [full, rest] = style.blocks ? ["█", "░"] : ["#", "."];
  return `[${paint(style, "cyan", full.repeat(filled))}${rest.repeat(width - 2 - filled)}]`;
}

function smallLines(ports: readonly PortRow[], style: Style): string[] {
  const longest = Math.max(...ports.map(({ name }) => name.length + 2));
  const most = Math.max(LEAST_NAME_WIDTH, Math.floor(style.columns / 3));
  const nameWidth = Math.min(most, Math.max(LEAST_NAME_WIDTH, longest));
  return ports.map((row) => smallLine(row, { style, nameWidth }));
}

const LEAST_NAME_WIDTH = 10;

/** `A         ** PASS **  12.3 s, device serial 3573`. */
function smallLine(
  row: PortRow,
  { style, nameWidth }: { readonly style: Style; readonly nameWidth: number },
): string {
  const [mark, color] = MARKS[resultOf(row) ?? "none"];
  const width = lineWidth(style) - nameWidth - mark.length - 2;
  const words = [stateWords(row), ...detailWords(row)].filter((word) => word !== "");
  const text = words.join(", ").replace(/^(PASS|FAIL), /, "");
  const painted = color === undefined ? mark : paint(style, color, mark);
  const name = cut(row.name, nameWidth - 1).padEnd(nameWidth);
  return `${paint(style, "bold", name)}${painted}  ${cut(text, width)}`.trimEnd();
}

const MARKS: Readonly<Record<"PASS" | "FAIL" | "none", readonly [string, Paint | undefined]>> = {
  PASS: ["** PASS **", "green"],
  FAIL: ["XX FAIL XX", "red"],
  none: ["          ", undefined],
};

function resultOf({ state }: PortRow): "PASS" | "FAIL" | undefined {
  return state === "passed" ? "PASS" : state === "failed" ? "FAIL" : undefined;
}

function nameOf({ name, path }: PortRow): string {
  return name === path ? path : `${name} (${path})`;
}

function stateWords(row: PortRow): string {
  switch (row.state) {
    case "waiting":
      return "waiting";
    case "queued":
      return "its turn comes";
    case "flashing":
      return row.stage === undefined
        ? "begins"
        : `${row.stage} ${Math.floor((row.share ?? 0) * 100)} %`;
    case "passed":
      return "PASS";
    case "failed":
      return "FAIL";
    case "returned":
      return "came back: take it out";
  }
}

function detailWords(row: PortRow): string[] {
  const { state, last, elapsedMs, serial } = row;
  const isDone = state === "passed" || state === "failed";
  const ms = isDone ? last?.durations?.total : state === "flashing" ? elapsedMs : undefined;
  const words = [
    ms === undefined ? "" : formatDuration(ms),
    isDone && last?.skipped === true ? "was programmed" : "",
    isDone ? unitPhrases(last?.unit).join(", ") : "",
    serial === undefined ? "" : deviceSerial(serial),
  ];
  return words.filter((word) => word !== "");
}

function failureLines(row: PortRow, style: Style): string[] {
  const error = row.state === "failed" ? row.last?.error : undefined;
  if (error === undefined) return [];
  const message = error.message.split("\n")[0]!;
  return hang(`${row.name}: ${message}`, style, { indent: 2 });
}

/** Each failure with what to do about it, where that fits into the lines that are left. */
function withHints(
  failures: readonly (readonly string[])[],
  ports: readonly PortRow[],
  { style, left }: { readonly style: Style; readonly left: number },
): string[] {
  let room = left;
  return failures.flatMap((lines, index) => {
    const hint = lines.length === 0 ? undefined : ports[index]!.last?.error?.hint;
    const more = hint === undefined ? [] : hintLines(hint, style, { indent: 2 });
    if (more.length > room) return lines;
    room -= more.length;
    return [...lines, ...more];
  });
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : text.slice(0, Math.max(0, width - 3)) + "...";
}
