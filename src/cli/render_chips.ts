import type { Chip, FlashTiming } from "../chips/chip.ts";
import { QUIRKS } from "../chips/quirks.ts";
import { formatSize, formatUsbIds } from "../format.ts";
import { paint, type Style, wrapText } from "./style.ts";

/** The table of parts as text: a line each, or everything of each with `details`. */
export function renderChips(
  chips: readonly Chip[],
  options: { readonly style: Style; readonly details: boolean },
): string {
  const { style, details } = options;
  if (details) return chips.map((chip) => chipLines(chip, style).join("\n") + "\n").join("\n");
  const width = Math.max(...chips.map((chip) => chip.id.length));
  return chips.map((chip) => `${paint(style, "bold", chip.id.padEnd(width))}  ${chip.title}\n`)
    .join("");
}

function chipLines(chip: Chip, style: Style): string[] {
  const more = (label: string, texts: readonly string[]) =>
    texts.flatMap((text, index) => {
      const lines = wrapText(text, Math.max(30, style.columns - 15));
      return lines.map((line, part) => row(index + part === 0 ? label : "", line));
    });
  return [
    `${paint(style, "bold", chip.id)}  ${chip.title}`,
    ...(chip.aliases.length > 0 ? more("Also", [chip.aliases.join(", ")]) : []),
    row("USB", formatUsbIds(chip)),
    ...chip.alternates.map((text, alternate) => row(alternate === 0 ? "Memory" : "", text)),
    row(
      "Transfers",
      `${formatSize(chip.transferSize)}, writes aligned to ${chip.writeAlignment} B`,
    ),
    ...more("Erase", [eraseWords(chip.timing)]),
    row("Program", programWords(chip.timing)),
    ...more("Timing from", [chip.timing.source]),
    ...more("Quirks", chip.quirks.map((quirk) => `${quirk}: ${QUIRKS[quirk].meaning}`)),
    ...(chip.romVersionAddress === undefined
      ? []
      : [row("ROM version", `at 0x${chip.romVersionAddress.toString(16).toUpperCase()}`)]),
    ...more("Sources", chip.sources),
  ];
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(11)} ${value}`.trimEnd();
}

function eraseWords({ erase, massErase }: FlashTiming): string {
  const pages = erase.map((page) =>
    `${formatSize(page.pageSize)} ${page.typicalMs}/${page.maximumMs} ms`
  );
  const all = massErase === undefined
    ? []
    : [`all ${massErase.typicalMs}/${massErase.maximumMs} ms`];
  return [...pages, ...all].join(", ") + " (typical/maximum)";
}

function programWords({ program }: FlashTiming): string {
  return `${program.unit} B in ${program.typicalUs}/${program.maximumUs} us`;
}

/** The table of parts as a JSON document: schema `dfuse.chips/1`, see docs/json.md. */
export function chipsDocument(chips: readonly Chip[]): Record<string, unknown> {
  return {
    schema: "dfuse.chips/1",
    chips: chips.map((chip) => ({
      ...chip,
      usb: formatUsbIds(chip),
    })),
  };
}
