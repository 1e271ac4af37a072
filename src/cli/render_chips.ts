import type { Chip, FlashTiming } from "../chips/chip.ts";
import { QUIRKS } from "../chips/quirks.ts";
import { formatAddress, formatSize, formatUsbIds } from "../format.ts";
import type { Style } from "./style.ts";
import { fitsBeside, hang } from "./wrap.ts";

/** The table of parts as text: a line each, or everything of each with `details`. */
export function renderChips(
  chips: readonly Chip[],
  options: { readonly style: Style; readonly details: boolean },
): string {
  const { style, details } = options;
  if (details) return chips.map((chip) => chipLines(chip, style).join("\n") + "\n").join("\n");
  const width = Math.max(...chips.map((chip) => chip.id.length));
  return chips.flatMap((chip) => titleLines(chip, { style, width }))
    .map((line) => `${line}\n`).join("");
}

function titleLines(
  { id, title }: Chip,
  { style, width = 0 }: { readonly style: Style; readonly width?: number },
): string[] {
  return hang(title, style, { head: `${id.padEnd(width)}  `, paintHead: "bold" });
}

function chipLines(chip: Chip, style: Style): string[] {
  const row = (label: string, ...texts: readonly string[]) => rowLines(label, texts, style);
  const { aliases, alternates, timing, quirks, romVersionAddress } = chip;
  return [
    ...titleLines(chip, { style }),
    ...(aliases.length > 0 ? row("Also", aliases.join(", ")) : []),
    ...row("USB", formatUsbIds(chip)),
    ...row("Memory", ...alternates),
    ...row(
      "Transfers",
      `${formatSize(chip.transferSize)}, writes aligned to ${chip.writeAlignment} B`,
    ),
    ...row("Erase", eraseWords(timing)),
    ...row("Program", programWords(timing)),
    ...row("Timing from", timing.source),
    ...row("Quirks", ...quirks.map((quirk) => `${quirk}: ${QUIRKS[quirk].meaning}`)),
    ...(romVersionAddress === undefined
      ? []
      : row("ROM version", `at ${formatAddress(romVersionAddress)}`)),
    ...row("Sources", ...chip.sources),
  ];
}

/** Texts beside their label, or below it where one of them, such as the name of a quirk, is too long for that. */
function rowLines(label: string, texts: readonly string[], style: Style): string[] {
  const head = `  ${label.padEnd(11)} `;
  if (!fitsBeside(head, texts, style)) {
    const below = texts.flatMap((text) => hang(text, style, { head: "    ", indent: 6 }));
    return [head.trimEnd(), ...below];
  }
  return texts.flatMap((text, index) =>
    hang(text, style, { head: index === 0 ? head : " ".repeat(head.length) })
  );
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
