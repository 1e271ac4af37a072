import { element } from "./markup.ts";
import type { Treatment } from "./treatment.ts";

/** How a treatment looks: a colour for each theme, a hatch that tells it without colour, and words. */
export interface Look {
  readonly light: string;
  readonly dark: string;
  /** Lines of a pattern tile of 6 by 6: the data of an SVG path; missing for a plain area. */
  readonly hatch?: string;
  /** For a list of sizes: `written 12.1 KiB`. */
  readonly word: string;
  /** For a legend, where it takes more words. */
  readonly words?: string;
}

/**
 * In the order of a legend. The colours are those of Okabe and Ito (2008), which the usual kinds of colour blindness
 * leave apart; no two hatches are alike, so that a print in grey tells the same.
 */
export const LOOKS: Readonly<Record<Treatment, Look>> = {
  "written": { light: "#0072B2", dark: "#3D9BDC", word: "written" },
  "padded": {
    light: "#56B4E9",
    dark: "#9AD4F7",
    hatch: "M1.5 0V6M4.5 0V6",
    word: "padding",
    words: "padding, written as 0xFF",
  },
  "erased": {
    light: "#E69F00",
    dark: "#E69F00",
    hatch: "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    word: "erased",
    words: "erased, left blank",
  },
  "blanked": {
    light: "#D55E00",
    dark: "#E8702A",
    hatch: "M0 0L6 6M0 6L6 0",
    word: "lost",
    words: "lost: erased, outside the image",
  },
  "kept": {
    light: "#CC79A7",
    dark: "#D58DB5",
    hatch: "M0 0L6 6M-1 5L1 7M5 -1L7 1",
    word: "kept",
    words: "kept: read first, written back",
  },
  "unchanged": {
    light: "#009E73",
    dark: "#1DB088",
    hatch: "M0 1.5H6M0 4.5H6",
    word: "unchanged",
    words: "unchanged: holds the image already",
  },
  "blank": {
    light: "#F0E442",
    dark: "#F0E442",
    hatch: "M1 1.5H2.2M4 4.5H5.2",
    word: "blank",
    words: "blank already, no erase",
  },
  "read-only": {
    light: "#9AA0A6",
    dark: "#6E7681",
    hatch: "M0 3H6M3 0V6",
    word: "read-only",
  },
  "untouched": { light: "#E4E7EB", dark: "#30363D", word: "not touched" },
};

/** All treatments, in the order of a legend. */
export const TREATMENTS = Object.keys(LOOKS) as readonly Treatment[];

interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly faint: string;
  readonly frame: string;
  readonly hatch: string;
  readonly color: (look: Look) => string;
}

const LIGHT: Theme = {
  paper: "#FFFFFF",
  ink: "#1F2328",
  faint: "#59636E",
  frame: "#8C959F",
  hatch: "#1F2328",
  color: ({ light }) => light,
};

const DARK: Theme = {
  paper: "#0D1117",
  ink: "#E6EDF3",
  faint: "#9DA7B1",
  frame: "#6E7681",
  hatch: "#0D1117",
  color: ({ dark }) => dark,
};

/** The style sheet of a picture: light, and dark where the reader's system is. No variables: few viewers know them. */
export function pictureStyle(): string {
  return [
    '.map text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;' +
    "font-size:12px}",
    ".map .title{font-size:15px;font-weight:bold}",
    ".map .strong{font-weight:bold}",
    ".map .small{font-size:11px}",
    ".map .on{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}",
    ".map .hatch{fill:none;stroke-width:.9}",
    ".map .frame,.map .pages,.map .element{fill:none}",
    ".map .element{stroke-width:1.5}",
    ...themeRules(LIGHT),
    `@media (prefers-color-scheme:dark){${themeRules(DARK).join("")}}`,
  ].join("\n");
}

function themeRules(theme: Theme): string[] {
  return [
    `.map .paper{fill:${theme.paper}}`,
    `.map text{fill:${theme.ink}}`,
    `.map .faint{fill:${theme.faint}}`,
    `.map .on{stroke:${theme.paper}}`,
    `.map .frame{stroke:${theme.frame}}`,
    `.map .pages{stroke:${theme.paper}}`,
    `.map .element{stroke:${theme.ink}}`,
    `.map .hatch{stroke:${theme.hatch}}`,
    ...TREATMENTS.map((name) => `.map .${name}{fill:${theme.color(LOOKS[name])}}`),
  ];
}

/** The pattern of every treatment, to be filled with by `fillOf()`. */
export function patternDefinitions(): string {
  const patterns = TREATMENTS.map((name) => {
    const { hatch } = LOOKS[name];
    const ground = element("rect", { class: name, width: 6, height: 6 });
    const lines = hatch === undefined ? "" : element("path", { class: "hatch", d: hatch });
    const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse" };
    return element("pattern", { id: `fill-${name}`, ...size }, ground + lines);
  });
  return element("defs", {}, "\n" + patterns.join("\n") + "\n");
}

export function fillOf(treatment: Treatment): string {
  return `url(#fill-${treatment})`;
}
