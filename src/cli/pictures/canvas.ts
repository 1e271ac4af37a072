import { type Attributes, element, escapeText } from "./markup.ts";

/** Sizes of a picture in pixels of its own. A bar is 64 pages of 12 pixels wide where there are many. */
export const WIDTH = 900;
export const MARGIN = 24;
export const BAR_X = 108;
export const BAR_WIDTH = 768;
export const BAR_END = BAR_X + BAR_WIDTH;

/** A monospaced character is this much of its font size wide, at most: DejaVu Sans Mono 0.602, others less. */
const CHARACTER_WIDTH = 0.61;
const FONT_SIZES = { normal: 12, small: 11, title: 15 } as const;

export type TextSize = keyof typeof FONT_SIZES;

/** How wide a text is at most, in pixels. */
export function textWidth(text: string, size: TextSize = "normal"): number {
  return [...text].length * FONT_SIZES[size] * CHARACTER_WIDTH;
}

/** How many characters fit into a width. */
export function charactersIn(width: number, size: TextSize = "normal"): number {
  return Math.floor(width / (FONT_SIZES[size] * CHARACTER_WIDTH));
}

/** Text that is cut in its middle, where files and paths differ least. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  const tail = length - 1 - head;
  return characters.slice(0, head).join("") + "…" +
    characters.slice(characters.length - tail).join("");
}

/** A line of text; `at.y` is its base line. */
export function drawText(
  text: string,
  at: {
    readonly x: number;
    readonly y: number;
    readonly look?: string;
    readonly anchor?: "start" | "middle" | "end";
  },
): string {
  const { x, y, look, anchor } = at;
  const attributes: Attributes = {
    ...(look === undefined ? {} : { class: look }),
    x,
    y,
    "text-anchor": anchor === "start" ? undefined : anchor,
  };
  return element("text", attributes, escapeText(text));
}

/** A part of a picture: its markup, and the y coordinate where the next part may begin. */
export interface Drawn {
  readonly markup: readonly string[];
  readonly end: number;
}

/** Parts below each other; each is told where it begins. */
export function stack(start: number, parts: readonly ((y: number) => Drawn)[]): Drawn {
  const markup: string[] = [];
  let end = start;
  for (const part of parts) {
    const drawn = part(end);
    markup.push(...drawn.markup);
    end = drawn.end;
  }
  return { markup, end };
}
