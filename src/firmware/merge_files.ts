import { PlanError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";
import { arrangeElements } from "./arrange.ts";
import { collectFile } from "./collect.ts";
import type {
  DfuSuffix,
  FileFacts,
  Firmware,
  FirmwareFile,
  FirmwareImage,
  FirmwareSummary,
  FirmwareWarning,
  ImageSummary,
  Segment,
} from "./firmware.ts";
import { buildImage, imageSize } from "./image.ts";
import { outlineImage } from "./outline.ts";
import type { Loaded } from "./input_file.ts";
import type { ReadOptions } from "./read_firmware.ts";
import { summarizeFile, type SummarizeOptions } from "./summarize.ts";

/** A file to be read, and where it belongs if it has no addresses. */
export interface FileToRead extends Loaded {
  /** `-` for standard input. */
  readonly path: string;
  readonly address?: number;
}

/**
 * Reads files with their bytes into memory, as one firmware.
 * @throws what `collectFile()` throws, and PlanError where files overlap with different bytes, or are for different
 * devices; its fact `parts` names the files.
 */
export async function collectFiles(
  files: readonly FileToRead[],
  options: ReadOptions = {},
): Promise<Firmware> {
  const read: Named<Firmware>[] = [];
  for (const { path, address = options.address, bytes } of files) {
    read.push({ name: path, file: await collectFile(path, { ...options, address, bytes }) });
  }
  if (read.length === 1) return read[0]!.file;
  const warnings = namedWarnings(read);
  const images = withAlternates(read).map(([alternate, parts]): FirmwareImage => ({
    ...(alternate === undefined ? {} : { alternate }),
    image: buildImage(joinSegments(parts, warnings)),
  }));
  return { ...mergeFacts(read), images, warnings };
}

/**
 * As `collectFiles()`, without the bytes: in constant memory, unless a file needs more by itself or files overlap.
 * @throws what `collectFiles()` throws.
 */
export async function summarizeFiles(
  files: readonly FileToRead[],
  options: SummarizeOptions = {},
): Promise<FirmwareSummary> {
  // Standard input can be read once only: should it overlap with another file, it would be needed again.
  if (files.length > 1 && files.some(({ path }) => path === "-")) {
    return withoutBytes(await collectFiles(files, options));
  }
  const read: Named<FirmwareSummary>[] = [];
  for (const { path, address = options.address, bytes } of files) {
    read.push({ name: path, file: await summarizeFile(path, { ...options, address, bytes }) });
  }
  if (read.length === 1) return read[0]!.file;
  const groups = withAlternates(read);
  if (groups.some(([, parts]) => doOverlap(parts))) {
    return withoutBytes(await collectFiles(files, options));
  }
  const images = groups.flatMap(([alternate, parts]) =>
    parts.map(({ image: { alternate: _, ...image } }): ImageSummary => ({
      ...(alternate === undefined ? {} : { alternate }),
      ...image,
    }))
  );
  return { ...mergeFacts(read), images, warnings: namedWarnings(read) };
}

interface Named<File> {
  readonly name: string;
  readonly file: File;
}

/** An image, and the file that it is from. */
interface NamedImage<Image> {
  readonly name: string;
  readonly image: Image;
}

function namedWarnings(
  read: readonly Named<{ readonly warnings: readonly FirmwareWarning[] }>[],
): FirmwareWarning[] {
  return read.flatMap(({ name, file }) =>
    file.warnings.map((warning) => ({ ...warning, message: `${name}: ${warning.message}` }))
  );
}

/**
 * Groups images by alternate setting. Those of files that do not name one go with the others where only one is named:
 * a boot loader in a .dfu file and a program in a .hex file are for the same memory.
 */
function withAlternates<Image extends { readonly alternate?: number }>(
  read: readonly Named<{ readonly images: readonly Image[] }>[],
): [alternate: number | undefined, parts: NamedImage<Image>[]][] {
  const parts = read.flatMap(({ name, file }) => file.images.map((image) => ({ name, image })));
  const named = new Set(parts.map(({ image }) => image.alternate));
  named.delete(undefined);
  const [only] = named.size === 1 ? named : [];
  return [...Map.groupBy(parts, ({ image }) => image.alternate ?? only)];
}

/** The segments of all images, each byte once. */
function joinSegments(
  images: readonly NamedImage<FirmwareImage>[],
  warnings: FirmwareWarning[],
): readonly Omit<Segment, "size">[] {
  const segments = images.flatMap(({ name, image }) =>
    image.image.segments.map((segment) => ({ ...segment, name, offset: 0 }))
  );
  const bytesOf = (
    part: { readonly element: number; readonly start: number; readonly size: number },
  ) => segments[part.element]!.data.subarray(part.start, part.start + part.size);
  const arrangement = arrangeElements(segments, {
    title: "the files",
    label: (element) => segments[element]!.name,
    copy: (part, into) => into.set(bytesOf(part)),
  });
  warnings.push(...arrangement.warnings.map(({ message }) => ({ message })));
  return arrangement.parts.map((part) => ({ address: part.address, data: bytesOf(part) }));
}

function doOverlap(images: readonly NamedImage<ImageSummary>[]): boolean {
  const extents = images.flatMap(({ image }) => image.outline.segments)
    .toSorted((a, b) => a.address - b.address);
  return extents.some(({ address }, index) => {
    const before = extents[index - 1];
    return before !== undefined && before.address + before.size > address;
  });
}

function withoutBytes(firmware: Firmware): FirmwareSummary {
  const images = firmware.images.map(({ image, ...identity }): ImageSummary => {
    const elements = image.segments.map(({ address, size }) => ({ address, size, offset: 0 }));
    return { ...identity, size: imageSize(image), elements, outline: outlineImage(image) };
  });
  return { ...firmware, images };
}

/** The facts of the first file, the size of all, and the suffix that is right for all. */
function mergeFacts(read: readonly Named<FileFacts>[]): FileFacts & {
  readonly files: readonly FirmwareFile[];
} {
  const files = read.map(({ name, file }): FirmwareFile => {
    const { format, fileSize, unpackedSize, suffix, entry, family } = file;
    return {
      name,
      format,
      fileSize,
      ...(unpackedSize === undefined ? {} : { unpackedSize }),
      ...(suffix === undefined ? {} : { suffix }),
      ...(entry === undefined ? {} : { entry }),
      ...(family === undefined ? {} : { family }),
    };
  });
  const suffix = mergeSuffixes(files);
  const family = mergeFamilies(files);
  const entry = files.find((file) => file.entry !== undefined)?.entry;
  return {
    format: files[0]!.format,
    fileSize: files.reduce((sum, file) => sum + file.fileSize, 0),
    ...(suffix === undefined ? {} : { suffix }),
    ...(entry === undefined ? {} : { entry }),
    ...(family === undefined ? {} : { family }),
    files,
  };
}

const ANY_ID = 0xFFFF;

function mergeSuffixes(files: readonly FirmwareFile[]): DfuSuffix | undefined {
  let merged: { readonly name: string; readonly suffix: DfuSuffix } | undefined;
  for (const { name, suffix } of files) {
    if (suffix === undefined) continue;
    if (merged === undefined) {
      merged = { name, suffix };
      continue;
    }
    const ids = { ...merged.suffix };
    for (const id of ["vendorId", "productId", "deviceVersion"] as const) {
      if (ids[id] === ANY_ID) ids[id] = suffix[id];
      else if (suffix[id] !== ANY_ID && suffix[id] !== ids[id]) {
        throw differentDevices(
          [merged.name, name],
          [formatUsbIds(merged.suffix), formatUsbIds(suffix)],
        );
      }
    }
    merged = { name, suffix: ids };
  }
  return merged?.suffix;
}

function mergeFamilies(files: readonly FirmwareFile[]): number | undefined {
  const withFamily = files.filter((file) => file.family !== undefined);
  const [first] = withFamily;
  const other = withFamily.find((file) => file.family !== first?.family);
  if (first !== undefined && other !== undefined) {
    throw differentDevices(
      [first.name, other.name],
      [first, other].map(({ family }) => `UF2 family ${family!.toString(16)}`),
    );
  }
  return first?.family;
}

function differentDevices(names: readonly string[], devices: readonly string[]): PlanError {
  return new PlanError(
    `Cannot put ${names.join(" and ")} together: one is for ${devices.join(", the other for ")}`,
    { hint: "Check that these are files for the same part.", facts: { parts: names } },
  );
}
