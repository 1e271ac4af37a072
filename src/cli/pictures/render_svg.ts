import { formatSize } from "../../format.ts";
import { PLAIN_STYLE } from "../style.ts";
import { wrapText } from "../wrap.ts";
import { totalLines } from "../render_plan.ts";
import {
  BAR_END,
  charactersIn,
  type Drawn,
  drawText,
  MARGIN,
  shorten,
  stack,
  WIDTH,
} from "./canvas.ts";
import { drawDetails } from "./draw_details.ts";
import { drawMemory, type DrawnMemory } from "./draw_memory.ts";
import { element, escapeText } from "./markup.ts";
import { fillOf, LOOKS, patternDefinitions, pictureStyle, TREATMENTS } from "./palette.ts";
import { memoriesOf, type Picture, type PictureMemory } from "./picture.ts";
import { sizesOf, type Treatment } from "./treatment.ts";

/** More warnings than this belong into a text. */
const MAX_WARNINGS = 4;
const LINE_HEIGHT = 17;

/**
 * A plan as a map of the memory: an SVG document that needs nothing but itself, and has no scripts. With `details`,
 * each page tells about itself under the pointer, which works where the SVG is part of a page.
 */
export function renderSvg(picture: Picture, options: { readonly details?: boolean } = {}): string {
  const memories = memoriesOf(picture);
  const drawnMemories: { memory: PictureMemory; drawn: DrawnMemory }[] = [];
  const { markup, end } = stack(MARGIN, [
    (y) => title(picture, y),
    ...memories.map((memory) => (y: number) => {
      const drawn = drawMemory(memory, y + 14);
      drawnMemories.push({ memory, drawn });
      return drawn;
    }),
    (y) => untouched(picture, memories, y + 4),
    (y) => legend(memories, y + 10),
    (y) => totals(picture, y + 8),
    (y) => warnings(picture, y),
  ]);
  const height = Math.ceil(end + MARGIN / 2);
  const details = options.details === true
    ? drawnMemories.flatMap(({ memory, drawn }) => drawDetails(memory, drawn, height))
    : [];
  const name = `${picture.file} -> ${picture.profile.name}`;
  const lines = [
    element("title", {}, escapeText(`What a flash does: ${name}`)),
    element("desc", {}, escapeText(totalTexts(picture).join(" "))),
    `<style>\n${pictureStyle()}\n</style>`,
    patternDefinitions(),
    element("rect", { class: "paper", width: WIDTH, height, rx: 8 }),
    ...markup,
    ...details,
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    class: "map",
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: "img",
  };
  return element("svg", attributes, "\n" + lines.join("\n") + "\n") + "\n";
}

function title({ file, profile }: Picture, y: number): Drawn {
  const room = charactersIn(BAR_END - MARGIN, "title");
  const device = shorten(profile.name, Math.floor(room / 2));
  const text = `${shorten(file, room - device.length - 3)} → ${device}`;
  return { markup: [drawText(text, { x: MARGIN, y: y + 14, look: "title" })], end: y + 22 };
}

/** The names of the memories that the plan leaves alone. */
function untouched({ profile }: Picture, memories: readonly PictureMemory[], y: number): Drawn {
  const names = profile.alternates
    .filter((target) => memories.every((memory) => memory.target !== target))
    .map(({ alternate, layout }) => `${alternate} ${layout.name}`);
  if (names.length === 0) return { markup: [], end: y };
  return textLines([`Not touched: alternate ${names.join(", ")}`], { y, look: "small faint" });
}

function legend(memories: readonly PictureMemory[], y: number): Drawn {
  const sizes = new Map<Treatment, number>();
  for (const { spans } of memories) {
    for (const [treatment, size] of sizesOf(spans)) {
      sizes.set(treatment, (sizes.get(treatment) ?? 0) + size);
    }
  }
  const items = TREATMENTS.filter((treatment) => sizes.has(treatment)).map((treatment) => ({
    swatch: element("rect", { class: "frame", width: 22, height: 13 }),
    area: element("rect", { width: 22, height: 13, fill: fillOf(treatment) }),
    text: `${LOOKS[treatment].words ?? LOOKS[treatment].word} · ${
      formatSize(sizes.get(treatment)!)
    }`,
  }));
  const hasElements = memories.some(({ elements }) => elements.length > 0);
  const bracket = {
    swatch: element("path", { class: "element", d: "M1 10V5H21V10" }),
    area: "",
    text: "an element of the file",
  };
  const all = hasElements ? [...items, bracket] : items;
  const perColumn = Math.ceil(all.length / 2);
  const markup = all.map(({ swatch, area, text }, index) => {
    const x = index < perColumn ? MARGIN : WIDTH / 2 + 12;
    const top = y + (index % perColumn) * 20;
    const label = drawText(text, { x: 30, y: 11 });
    return element("g", { transform: `translate(${x} ${top})` }, area + swatch + label);
  });
  return { markup, end: y + perColumn * 20 };
}

function totals(picture: Picture, y: number): Drawn {
  const [first = "", ...rest] = totalTexts(picture);
  return stack(y, [
    (y) => textLines([first], { y, look: "strong" }),
    (y) => textLines(rest, { y }),
  ]);
}

function totalTexts({ plan }: Picture): string[] {
  const columns = charactersIn(WIDTH - 2 * MARGIN);
  return totalLines(plan, { ...PLAIN_STYLE, columns });
}

function warnings({ warnings }: Picture, y: number): Drawn {
  const rest = warnings.length - MAX_WARNINGS;
  const texts = warnings.slice(0, MAX_WARNINGS).map((warning) => `warning: ${warning}`);
  const more = rest > 0 ? [`… and ${rest} more`] : [];
  return textLines([...texts, ...more], { y });
}

function textLines(
  texts: readonly string[],
  { y, look }: { readonly y: number; readonly look?: string },
): Drawn {
  const room = charactersIn(WIDTH - 2 * MARGIN);
  const lines = texts.flatMap((text) => wrapText(text, room, "  ")).map((line) =>
    shorten(line, room)
  );
  const markup = lines.map((line, index) =>
    drawText(line, {
      x: MARGIN,
      y: y + 13 + index * LINE_HEIGHT,
      ...(look === undefined ? {} : { look }),
    })
  );
  return { markup, end: y + lines.length * LINE_HEIGHT };
}
