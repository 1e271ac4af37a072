import type { FirmwareSummary, ImageSummary } from "../firmware/firmware.ts";
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
import { renderWarning } from "./output.ts";
import { paint, type Style } from "./style.ts";

const FORMAT_NAMES: Readonly<Record<FirmwareSummary["format"], string>> = {
  dfuse: "DfuSe",
  dfu: "DFU 1.x, a payload without addresses",
  binary: "raw binary",
  hex: "Intel HEX",
  srec: "Motorola S-record",
  elf: "ELF",
  uf2: "UF2",
};

/** A file's facts as text. */
export function renderInfo(file: string, summary: FirmwareSummary, style: Style): string {
  const lines = [
    paint(style, "bold", file),
    ...row("Format", formatNames(summary)),
    ...row("Size", exactSize(summary.fileSize)),
    ...row(
      "Unpacked",
      summary.unpackedSize === undefined ? undefined : exactSize(summary.unpackedSize),
    ),
    ...row("SHA-256", summary.sha256),
    ...suffixRows(summary),
    ...row("For parts", summary.family === undefined ? undefined : formatUf2Family(summary.family)),
    ...row("Entry", summary.entry === undefined ? undefined : formatAddress(summary.entry)),
    ...summary.images.flatMap((image, index) => ["", ...imageLines(image, index, style)]),
  ];
  const warnings = summary.warnings.map((warning) => renderWarning(warning.message, style));
  return lines.join("\n") + "\n" + (warnings.length > 0 ? "\n" : "") + warnings.join("");
}

function formatNames({ format, files }: FirmwareSummary): string {
  const formats = new Set(files?.map((file) => file.format) ?? [format]);
  return [...formats].map((name) => FORMAT_NAMES[name]).join("; ");
}

function row(label: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`  ${label.padEnd(10)} ${value}`];
}

function exactSize(size: number): string {
  return size < 1024 ? formatSize(size) : `${formatSize(size)} (${size} B)`;
}

function suffixRows({ suffix }: FirmwareSummary): string[] {
  if (suffix === undefined) return [];
  const correct = suffix.storedCrc === suffix.computedCrc;
  const crc = correct
    ? `${formatAddress(suffix.storedCrc)}, correct`
    : `${formatAddress(suffix.storedCrc)}, WRONG: computed ${formatAddress(suffix.computedCrc)}`;
  const any = suffix.vendorId === 0xFFFF && suffix.productId === 0xFFFF;
  const version = suffix.deviceVersion === 0xFFFF ? "any" : formatHex16(suffix.deviceVersion);
  return [
    ...row("CRC-32", crc),
    ...row("For USB", any ? "any device" : `${formatUsbIds(suffix)}, version ${version}`),
    ...row("Suffix", `DFU ${formatHex16(suffix.dfuVersion)}, ${formatSize(suffix.length)}`),
  ];
}

function imageLines(image: ImageSummary, index: number, style: Style): string[] {
  const alternate = image.alternate === undefined ? "" : `, alternate ${image.alternate}`;
  const name = image.name === undefined || image.name === "" ? "" : `, "${image.name}"`;
  const count = formatCount(image.elements.length, "element");
  return [
    `${paint(style, "bold", `Image ${index + 1}`)}${alternate}${name}`,
    ...row("Size", `${exactSize(image.size)} in ${count}`),
    ...row("SHA-256", image.sha256),
    ...row("Vectors", vectorText(image)),
    ...image.elements.slice(0, MAX_ELEMENTS).map(elementLine),
    ...(image.elements.length > MAX_ELEMENTS
      ? [`  … ${image.elements.length - MAX_ELEMENTS} more, see --json`]
      : []),
  ];
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

function elementLine({ address, size, offset }: ImageSummary["elements"][number]): string {
  const where = address === undefined
    ? "no address".padEnd(22)
    : formatRange({ address, size }).padEnd(22);
  return `  ${where}  ${exactSize(size)}, at offset ${offset} of the file`;
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
