import { UsageError } from "../errors.ts";
import {
  ENCODE_FORMATS,
  encodeFirmware,
  type EncodeFormat,
  encodeFormatOf,
  ENDINGS,
} from "../firmware/encode.ts";
import type { DfuIds, Firmware, FirmwareImage } from "../firmware/firmware.ts";
import { imageSize } from "../firmware/image.ts";
import { collectFiles } from "../firmware/merge_files.ts";
import { findUf2Family } from "../firmware/uf2_families.ts";
import { formatCount, formatSize } from "../format.ts";
import { createCommand } from "./create_command.ts";
import { readFileArguments } from "./file_arguments.ts";
import { type Output, renderWarning } from "./output.ts";
import { parseAddress } from "./value_types.ts";
import { renderSentence } from "./wrap.ts";
import { checkWritable, writeWhole } from "./write_file.ts";

interface ConvertFlags {
  readonly to?: string;
  readonly address?: number;
  readonly ignoreCrc?: boolean | undefined;
  readonly vid?: string;
  readonly pid?: string;
  readonly deviceVersion?: string;
  readonly alternate?: number;
  readonly targetName?: string;
  readonly family?: string;
  readonly fill?: number;
  readonly force?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** `dfuse convert`: from any format to any other; builds .dfu files, and takes them apart. */
export function convertCommand(output: Output) {
  return createCommand()
    .description("Convert firmware files; the last one named is written, from all others.")
    .arguments("<files...:string>")
    .option("-t, --to <format:string>", `${ENCODE_FORMATS.join(", ")}. Default: by its ending.`)
    .option("-s, --address <address:address>", "Where a file without addresses belongs.")
    .option("--ignore-crc", "Use a .dfu file although its CRC is wrong.")
    .option(
      "--vid <id:string>",
      "dfu: USB vendor id that the file is for, in hexadecimal. Default: any.",
    )
    .option("--pid <id:string>", "dfu: USB product id. Default: any.")
    .option(
      "--device-version <version:string>",
      "dfu: version of the device (bcdDevice). Default: any.",
    )
    .option(
      "-a, --alternate <number:integer>",
      "Images for this alternate setting only; those without one get it.",
    )
    .option("--target-name <name:string>", "dfu: name of the target.")
    .option("--family <name:string>", "uf2: family of parts, such as STM32F4, or its number.")
    .option("--fill <byte:address>", "bin, uf2: what to put into gaps.")
    .option("-f, --force", "Replace the file if it exists.")
    .option("-q, --quiet", "Print nothing but errors.")
    .example(
      "Build a .dfu file",
      "dfuse convert firmware.hex firmware.dfu --vid 0x0483 --pid 0xDF11",
    )
    .example("Put files together", "dfuse convert boot.hex app.bin@0x08008000 all.dfu")
    .example("Take one apart", "dfuse convert firmware.dfu app.hex --alternate 0")
    .action((flags: ConvertFlags, ...words: string[]) => convert(output, words, flags));
}

async function convert(
  output: Output,
  words: readonly string[],
  flags: ConvertFlags,
): Promise<void> {
  const out = words.at(-1)!;
  const [first, ...more] = words.slice(0, -1);
  if (first === undefined) {
    throw new UsageError(`Cannot convert ${out}: no other file was named, expected IN and OUT`, {
      hint: "See: dfuse convert --help",
    });
  }
  const format = formatFor(out, flags.to);
  const options = encodeOptionsOf(flags, format);
  checkWritable(out, { force: flags.force ?? false });
  const { files } = readFileArguments([first, ...more], flags);
  const firmware = await collectFiles(files, { ignoreCrc: flags.ignoreCrc });
  for (const { message } of firmware.warnings) {
    output.err(renderWarning(message, output.errorStyle));
  }
  const images = chooseImages(firmware, flags);
  const { entry, family } = firmware;
  const ids = idsOf(firmware, flags);
  const bytes = await encodeFirmware(format, images, { entry, family, ...options, ids });
  writeWhole(out, bytes);
  if (flags.quiet === true) return;
  const size = images.reduce((sum, { image }) => sum + imageSize(image), 0);
  const segments = images.reduce((sum, { image }) => sum + image.segments.length, 0);
  const count = formatCount(segments, "segment");
  output.out(renderSentence(
    `${out}: ${formatSize(size)} of firmware in ${count}, ${formatSize(bytes.length)}`,
    output.style,
  ));
}

function formatFor(out: string, to: string | undefined): EncodeFormat {
  const named = ENCODE_FORMATS.find((format) => format === to);
  if (to !== undefined && named === undefined) {
    throw new UsageError(`Cannot write format "${to}", expected ${ENCODE_FORMATS.join(", ")}`);
  }
  const format = named ?? encodeFormatOf(out);
  if (format !== undefined) return format;
  const endings = Object.keys(ENDINGS).map((ending) => `.${ending}`).join(", ");
  throw new UsageError(`Cannot write ${out}: its ending tells no format, expected ${endings}`, {
    hint: "Or name the format with --to.",
  });
}

/** What the flags tell the encoder; refuses those that mean nothing to the format. */
function encodeOptionsOf(flags: ConvertFlags, format: EncodeFormat) {
  const { vid, pid, deviceVersion, targetName, family, fill } = flags;
  const meanings: readonly (readonly [flag: string, value: unknown, format: EncodeFormat])[] = [
    ["--vid", vid, "dfu"],
    ["--pid", pid, "dfu"],
    ["--device-version", deviceVersion, "dfu"],
    ["--target-name", targetName, "dfu"],
    ["--family", family, "uf2"],
  ];
  const useless = meanings.find(([, value, only]) => value !== undefined && only !== format);
  if (useless !== undefined) {
    throw new UsageError(
      `Cannot use ${useless[0]} for a ${format} file, expected a ${useless[2]} file`,
    );
  }
  if (fill !== undefined && fill > 0xFF) {
    throw new UsageError(`Cannot fill with ${fill}, expected a byte: 0 to 0xFF`);
  }
  return {
    ...(fill === undefined ? {} : { fill }),
    ...(family === undefined ? {} : { family: familyOf(family) }),
  };
}

function familyOf(text: string): number {
  const id = findUf2Family(text)?.id ?? parseAddress(text);
  if (id !== undefined) return id;
  throw new UsageError(`Cannot use family "${text}", expected a name such as STM32F4, or a number`);
}

function idsOf({ suffix }: Firmware, flags: ConvertFlags): DfuIds {
  const { vid, pid, deviceVersion } = flags;
  return {
    vendorId: parseId("--vid", vid) ?? suffix?.vendorId ?? 0xFFFF,
    productId: parseId("--pid", pid) ?? suffix?.productId ?? 0xFFFF,
    deviceVersion: parseId("--device-version", deviceVersion) ?? suffix?.deviceVersion ?? 0xFFFF,
  };
}

/** Always hexadecimal, as everyone writes USB ids: `0483` is not 483. */
function parseId(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0x)?[0-9a-f]{1,4}$/i.test(text)) return parseInt(text, 16);
  throw new UsageError(`Cannot use ${flag} ${text}, expected a number such as 0x0483`);
}

function chooseImages({ images }: Firmware, flags: ConvertFlags): readonly FirmwareImage[] {
  const { alternate, targetName } = flags;
  if (alternate !== undefined && (alternate < 0 || alternate > 255)) {
    throw new UsageError(`Cannot use alternate setting ${alternate}, expected 0 to 255`);
  }
  const chosen = images.filter((image) =>
    alternate === undefined || (image.alternate ?? alternate) === alternate
  );
  if (chosen.length === 0) {
    const known = images.map((image) => image.alternate).join(", ");
    throw new UsageError(
      `Cannot take alternate ${alternate}: the file has images for ${known} only`,
    );
  }
  return chosen.map((image) => ({
    ...image,
    ...(alternate === undefined ? {} : { alternate }),
    ...(targetName === undefined ? {} : { name: targetName }),
  }));
}
