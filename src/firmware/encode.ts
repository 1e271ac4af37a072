import { UsageError } from "../errors.ts";
import { formatRange, formatSize } from "../format.ts";
import type { DfuIds, FirmwareImage, Image, Segment } from "./firmware.ts";
import { buildImage, imageSize, readImage } from "./image.ts";

/** The formats that a writer exists for, as the command line names them; `dfu` is DfuSe. */
export const ENCODE_FORMATS = ["dfu", "bin", "hex", "srec", "uf2"] as const;

export type EncodeFormat = (typeof ENCODE_FORMATS)[number];

export interface EncodeOptions {
  /** dfu: the device that the file is for. Default: any. */
  readonly ids?: DfuIds | undefined;
  /** bin, uf2: the byte for gaps within the file. Without it bin refuses gaps, and uf2 has shorter blocks. */
  readonly fill?: number | undefined;
  /** hex, srec: where the program starts. */
  readonly entry?: number | undefined;
  /** uf2: the family of parts. */
  readonly family?: number | undefined;
}

/**
 * A firmware file, byte for byte the same for the same images. All formats but dfu hold one address space: the images
 * are put together, and their alternates and names are lost. The encoders are loaded on demand.
 * @throws UsageError where the format cannot hold the images.
 */
export async function encodeFirmware(
  format: EncodeFormat,
  images: readonly FirmwareImage[],
  options: EncodeOptions = {},
): Promise<Uint8Array> {
  checkFill(format, options);
  if (images.every(({ image }) => imageSize(image) === 0)) {
    throw new UsageError("Cannot write a firmware file: there are no bytes for it");
  }
  switch (format) {
    case "dfu": {
      const { writeDfuse } = await import("./write_dfuse.ts");
      return writeDfuse(images, { ids: options.ids ?? ANY_DEVICE });
    }
    case "bin":
      return encodeBinary(joinImages(images), options);
    case "hex":
      return (await import("./write_hex.ts")).writeIntelHex(joinImages(images), options);
    case "srec":
      return (await import("./write_srec.ts")).writeSRecord(joinImages(images), options);
    case "uf2":
      return (await import("./write_uf2.ts")).writeUf2(joinImages(images), options);
  }
}

/** The format that the ending of a path stands for. */
export function encodeFormatOf(path: string): EncodeFormat | undefined {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

/** Every ending of which the format is known. */
export const ENDINGS: Readonly<Record<string, EncodeFormat>> = {
  dfu: "dfu",
  bin: "bin",
  hex: "hex",
  ihex: "hex",
  srec: "srec",
  s19: "srec",
  s28: "srec",
  s37: "srec",
  mot: "srec",
  uf2: "uf2",
};

const ANY_DEVICE: DfuIds = { vendorId: 0xFFFF, productId: 0xFFFF, deviceVersion: 0xFFFF };

/** More than any device has; with --fill, two far addresses would claim all memory. */
const MAX_BINARY_SIZE = 256 * 1024 * 1024;

function checkFill(format: EncodeFormat, { fill }: EncodeOptions): void {
  if (fill === undefined || format === "bin" || format === "uf2") return;
  throw new UsageError(`Cannot fill gaps of a ${format} file: the format has addresses`, {
    hint: "Leave out --fill.",
  });
}

function joinImages(images: readonly FirmwareImage[]): Image {
  const segments = images.flatMap(({ image }) => image.segments)
    .toSorted((a, b) => a.address - b.address);
  segments.forEach((segment, index) => {
    const before = segments[index - 1];
    if (before !== undefined && before.address + before.size > segment.address) {
      throw overlapping(before, segment);
    }
  });
  return buildImage(segments);
}

function overlapping(before: Segment, segment: Segment): UsageError {
  return new UsageError(
    `Cannot write the images to one file without alternates: ${formatRange(before)} and ` +
      `${formatRange(segment)} overlap`,
    { hint: "Choose one with --alternate, or write a .dfu file." },
  );
}

function encodeBinary(image: Image, { fill }: EncodeOptions): Uint8Array {
  const { segments } = image;
  const [first, last] = [segments[0]!, segments.at(-1)!];
  if (segments.length === 1) return first.data;
  const size = last.address + last.size - first.address;
  if (fill === undefined) {
    throw new UsageError(
      `Cannot write a binary file: there are gaps (${
        segments.slice(0, 8).map(formatRange).join(", ")
      }${segments.length > 8 ? ", …" : ""})`,
      { hint: "Fill them with --fill 0xFF, or write a file that has addresses, such as .dfu." },
    );
  }
  if (size > MAX_BINARY_SIZE) {
    throw new UsageError(
      `Cannot write a binary file of ${formatSize(size)}, expected at most ` +
        formatSize(MAX_BINARY_SIZE),
      { hint: "Write a file that has addresses, such as .dfu." },
    );
  }
  return readImage(image, { address: first.address, size, fill });
}
