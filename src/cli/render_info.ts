import type { FileFacts, FirmwareSummary, ImageSummary } from "../firmware/firmware.ts";
import { formatUf2Family } from "../firmware/uf2_families.ts";
import { checkVectorTableOf, formatVectorTable } from "../firmware/vector_table.ts";
import {
  formatAddress,
  formatCount,
  formatHex16,
  formatRange,
  formatSize,
  formatUsbIds,
} from "../format.ts";
import { memoryAround, renderContentsStrip } from "./contents_strip.ts";
import { renderWarning } from "./output.ts";
import { type Style } from "./style.ts";
import { fitsBeside, hang } from "./wrap.ts";

const FORMAT_NAMES: Readonly<Record<FirmwareSummary["format"], string>> = {
  dfuse: "DfuSe",
  dfu: "DFU 1.x, a payload without addresses",
  binary: "raw binary",
  hex: "Intel HEX",
  srec: "Motorola S-record",
  elf: "ELF",
  uf2: "UF2",
};

/** A file's facts as text; with `map`, also a strip of the memory that it is for. */
export function renderInfo(
  file: string,
  summary: FirmwareSummary,
  options: { readonly style: Style; readonly map?: boolean },
): string {
  const { style, map = false } = options;
  const lines = [
    ...hang(file, style, { paintText: "bold", indent: 2 }),
    ...fileFacts(summary).flatMap(([label, value]) => row(label, value, style)),
    ...summary.images.flatMap((image, index) => ["", ...imageLines(image, index, { style, map })]),
  ];
  const warnings = summary.warnings.map((warning) => renderWarning(warning.message, style));
  return lines.join("\n") + "\n" + (warnings.length > 0 ? "\n" : "") + warnings.join("");
}

/** What is known of a file as a whole: labels and values, for people. */
export function fileFacts(
  summary: FileFacts & Pick<FirmwareSummary, "files" | "sha256">,
): (readonly [label: string, value: string])[] {
  const { fileSize, unpackedSize, sha256, family, entry } = summary;
  const facts = [
    ["Format", formatNames(summary)],
    ["Size", exactSize(fileSize)],
    ["Unpacked", unpackedSize === undefined ? undefined : exactSize(unpackedSize)],
    ["SHA-256", sha256],
    ...suffixFacts(summary),
    ["For parts", family === undefined ? undefined : formatUf2Family(family)],
    ["Entry", entry === undefined ? undefined : formatAddress(entry)],
  ] as const;
  return facts.flatMap(([label, value]) => value === undefined ? [] : [[label, value] as const]);
}

function formatNames({ format, files }: Pick<FirmwareSummary, "format" | "files">): string {
  const formats = new Set(files?.map((file) => file.format) ?? [format]);
  return [...formats].map((name) => FORMAT_NAMES[name]).join("; ");
}

function row(label: string, value: string | undefined, style: Style): string[] {
  return value === undefined ? [] : hang(value, style, { head: `  ${label.padEnd(10)} ` });
}

function exactSize(size: number): string {
  return size < 1024 ? formatSize(size) : `${formatSize(size)} (${size} B)`;
}

function suffixFacts({ suffix }: FileFacts): (readonly [label: string, value: string])[] {
  if (suffix === undefined) return [];
  const correct = suffix.storedCrc === suffix.computedCrc;
  const crc = correct
    ? `${formatAddress(suffix.storedCrc)}, correct`
    : `${formatAddress(suffix.storedCrc)}, WRONG: computed ${formatAddress(suffix.computedCrc)}`;
  const any = suffix.vendorId === 0xFFFF && suffix.productId === 0xFFFF;
  const version = suffix.deviceVersion === 0xFFFF ? "any" : formatHex16(suffix.deviceVersion);
  return [
    ["CRC-32", crc],
    ["For USB", any ? "any device" : `${formatUsbIds(suffix)}, version ${version}`],
    ["Suffix", `DFU ${formatHex16(suffix.dfuVersion)}, ${formatSize(suffix.length)}`],
  ];
}

function imageLines(
  image: ImageSummary,
  index: number,
  { style, map }: { readonly style: Style; readonly map: boolean },
): string[] {
  const alternate = image.alternate === undefined ? "" : `, alternate ${image.alternate}`;
  const name = image.name === undefined || image.name === "" ? "" : `, "${image.name}"`;
  const count = formatCount(image.elements.length, "element");
  return [
    ...hang(`${alternate}${name}`, style, {
      head: `Image ${index + 1}`,
      paintHead: "bold",
      indent: 2,
    }),
    ...row("Size", `${exactSize(image.size)} in ${count}`, style),
    ...row("SHA-256", image.sha256, style),
    ...row("Vectors", vectorText(image), style),
    ...(map ? mapLines(image, style) : []),
    ...elementLines(image.elements.slice(0, MAX_ELEMENTS), style),
    ...(image.elements.length > MAX_ELEMENTS
      ? [`  … ${image.elements.length - MAX_ELEMENTS} more, see --json`]
      : []),
  ];
}

/** Where the image has bytes; nothing for one without addresses. */
function mapLines({ elements, outline }: ImageSummary, style: Style): string[] {
  const hasAddresses = elements.every(({ address }) => address !== undefined);
  if (!hasAddresses || outline.segments.length === 0) return [];
  return [renderContentsStrip(memoryAround(outline.segments), outline, style)];
}

/** What a Cortex-M would start with, and why it would not. */
function vectorText({ outline }: ImageSummary): string | undefined {
  if (outline.vectorTable === undefined) return undefined;
  const problems = checkVectorTableOf(outline);
  if (problems.length === 0) return formatVectorTable(outline.vectorTable);
  return `none: ${problems.join(", ")}`;
}

/** More than any person reads; files made by linkers have a handful. */
const MAX_ELEMENTS = 40;

function elementLines(elements: ImageSummary["elements"], style: Style): string[] {
  const rows = elements.map(({ address, size, offset }) => {
    const where = address === undefined ? "no address" : formatRange({ address, size });
    return {
      head: `  ${where.padEnd(22)}  `,
      text: `${exactSize(size)}, at offset ${offset} of the file`,
    };
  });
  const below = !fitsBeside(rows[0]?.head ?? "", rows.map(({ text }) => text), style);
  return rows.flatMap(({ head, text }) => hang(text, style, { head, below }));
}

/** A file's facts as a JSON document: schema `dfuse.info/1`, see docs/json.md. */
export function infoDocument(file: string, summary: FirmwareSummary): Record<string, unknown> {
  const { format, fileSize, unpackedSize, sha256, suffix, entry, family, images, warnings } =
    summary;
  return {
    schema: "dfuse.info/1",
    file: {
      path: file,
      format,
      size: fileSize,
      ...(unpackedSize === undefined ? {} : { unpackedSize }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(entry === undefined ? {} : { entry }),
      ...(family === undefined ? {} : { family }),
    },
    ...(suffix === undefined ? {} : {
      suffix: { ...suffix, crcCorrect: suffix.storedCrc === suffix.computedCrc },
    }),
    images: images.map(({ outline, ...image }) => ({
      ...image,
      ...(outline.vectorTable === undefined ? {} : {
        vectorTable: { ...outline.vectorTable, problems: checkVectorTableOf(outline) },
      }),
    })),
    warnings,
  };
}
