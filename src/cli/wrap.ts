import { type Paint, paint, type Style } from "./style.ts";

/** How a text hangs: what stands before it, and where its further lines begin. */
export interface Hanging {
  /** What the first line begins with, blanks included. */
  readonly head?: string;
  readonly paintHead?: Paint;
  readonly paintText?: Paint;
  /** Blanks before every further line. Default: as far as the head goes. */
  readonly indent?: number;
  /** Whether the text stands below its head. Default: where it needs more lines than one, and has little room beside it. */
  readonly below?: boolean;
}

/** Text behind a head, in as many lines as the style's width makes of it. */
export function hang(text: string, style: Style, hanging: Hanging = {}): string[] {
  const { head = "", paintHead, paintText, indent } = hanging;
  const { below = indent === undefined && !fitsBeside(head, [text], style) } = hanging;
  const width = lineWidth(style);
  const further = " ".repeat(indent ?? (below ? head.search(/\S|$/) + 2 : head.length));
  const lines = below
    ? [head.trimEnd(), ...fill(wordsOf(text), { width, start: further, indent: further })]
    : fill(wordsOf(text), { width, start: head, indent: further });
  return lines.map((line, index) => {
    const start = index === 0 ? line.slice(0, head.length) : "";
    return withPaint(style, paintHead, start) +
      withPaint(style, paintText, line.slice(start.length));
  });
}

/** A sentence of its own, with the line's end. */
export function renderSentence(text: string, style: Style): string {
  return hang(text, style, { indent: 2 }).join("\n") + "\n";
}

/** Whether texts have enough room beside a head; for a table, whose rows should all look the same. */
export function fitsBeside(head: string, texts: readonly string[], style: Style): boolean {
  const room = lineWidth(style) - head.length;
  const longest = (parts: readonly string[]) => Math.max(0, ...parts.map((part) => part.length));
  if (room < ENOUGH_ROOM) return longest(texts) <= room;
  const words = texts.flatMap(wordsOf).flatMap((word) => piecesOf(word, room));
  return longest(words.map(({ text }) => text)) <= room;
}

/** Characters in a line: some terminals begin a new one after the last column. */
export function lineWidth(style: Style): number {
  return style.columns - 1;
}

/** In less room than this a sentence becomes a tower of words. */
const ENOUGH_ROOM = 24;

function withPaint(style: Style, how: Paint | undefined, text: string): string {
  return how === undefined ? text : paint(style, how, text);
}

/** Breaks text into lines of at most `width` characters, at blanks, but never between a number and its unit. */
export function wrapText(text: string, width: number, indent = ""): string[] {
  return fill(wordsOf(text), { width, start: "", indent });
}

/** Puts phrases into lines of at most `width` characters, separated; one is broken only if it is longer than a line. */
export function wrapPhrases(
  phrases: readonly string[],
  layout: { readonly width: number; readonly start?: string; readonly indent: string },
): string[] {
  const { width, start = "", indent } = layout;
  const words = phrases.flatMap((phrase, index): Word[] => {
    const text = index === phrases.length - 1 ? phrase : `${phrase},`;
    const separator = index === 0 ? "" : " ";
    if (indent.length + text.length <= width) return [{ text, separator }];
    const [first, ...rest] = wordsOf(text);
    return [{ ...first!, separator }, ...rest];
  });
  return fill(words, { width, start, indent });
}

/** What is not broken, unless it is longer than a line, and what stands before it: a blank, nothing, or a line's end. */
interface Word {
  readonly text: string;
  readonly separator: string;
}

/** A blank, but not one between a number and its unit, nor in `16 x 2 KiB`, `2 min 5 s` and `errVENDOR (11)`. */
const BREAK =
  / (?!(?<=[\d…] )(?:[KMGT]iB|B|bytes?|min|ms|us|s|V|%|x)(?!\w)|(?<=\d (?:x|min) )\d|\(\d+\))/;

function wordsOf(text: string): Word[] {
  return text.split("\n").flatMap((line, lineIndex) =>
    line.split(BREAK).map((text, index) => ({
      text,
      separator: index > 0 ? " " : lineIndex > 0 ? "\n" : "",
    }))
  );
}

function fill(
  words: readonly Word[],
  layout: { readonly width: number; readonly start: string; readonly indent: string },
): string[] {
  const { width, start, indent } = layout;
  const lines: string[] = [];
  let line = start;
  let isBegun = false;
  const breakLine = () => {
    lines.push(line.trimEnd());
    line = indent;
    isBegun = false;
  };
  const pieces = words.flatMap((word) => piecesOf(word, width - indent.length));
  for (const { text, separator } of pieces) {
    if (separator === "\n") breakLine();
    const gap = isBegun && separator !== "\n" ? separator : "";
    if (line.trim() !== "" && line.length + gap.length + text.length > width) {
      breakLine();
      line += text;
    } else {
      line += gap + text;
    }
    isBegun = true;
  }
  return [...lines, line.trimEnd()];
}

/**
 * A checksum that is longer than a line is broken into equal pieces, a memory layout after its commas. What else has no
 * blanks is a path or a rule to copy, and stays whole.
 */
function piecesOf(word: Word, room: number): Word[] {
  const { text, separator } = word;
  if (text.length <= room || text.includes("=")) return [word];
  const pieces = CHECKSUM.test(text)
    ? text.match(new RegExp(`.{${largestPowerOfTwo(room)}}`, "g"))!
    : text.split(/(?<=,)/);
  return pieces.map((piece, index) => ({ text: piece, separator: index === 0 ? separator : "" }));
}

const CHECKSUM = /^(?:[0-9a-f]{16})+$/i;

function largestPowerOfTwo(limit: number): number {
  return 2 ** Math.min(5, Math.max(3, Math.floor(Math.log2(Math.max(1, limit)))));
}
