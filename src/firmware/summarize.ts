import { arrangeElements } from "./arrange.ts";
import { ByteSource } from "./byte_source.ts";
import type {
  ElementSummary,
  FileFacts,
  FirmwareEvent,
  FirmwareSummary,
  FirmwareWarning,
  ImageSummary,
} from "./firmware.ts";
import { type InputFile, openInputFile } from "./input_file.ts";
import { Outliner } from "./outline.ts";
import { readFirmware, type ReadOptions } from "./read_firmware.ts";

export interface SummarizeOptions extends ReadOptions {
  /** Also compute the SHA-256 of the file and of each image. */
  readonly sha256?: boolean | undefined;
}

/**
 * What is in a firmware file, in constant memory whatever its size. `path` may be `-` for standard input.
 * @throws FirmwareError for a file that cannot be read; PlanError where elements of one image overlap with
 * different bytes; UsageError where `address` contradicts the file.
 */
export async function summarizeFile(
  path: string,
  options: SummarizeOptions = {},
): Promise<FirmwareSummary> {
  const input = openInputFile(path);
  try {
    return await summarizeInput(input, options);
  } finally {
    input.close();
  }
}

/** As `summarizeFile()`, for an input that the caller opens and closes. */
export async function summarizeInput(
  input: InputFile,
  options: SummarizeOptions = {},
): Promise<FirmwareSummary> {
  const newHash = options.sha256 ? await loadSha256() : undefined;
  const hash = newHash?.();
  const { name } = input;
  const source = new ByteSource(input.chunks(), { name, ...(hash === undefined ? {} : { hash }) });
  const draft: Draft = { images: [], warnings: [] };
  try {
    for await (const event of readFirmware(source, options)) addEvent(draft, event, newHash);
  } finally {
    await source.close();
  }
  const { images, warnings, facts } = draft;
  const summaries = images.map((image, index) => {
    if (image.outliner !== undefined) return finishImage(image);
    return finishUnordered(image, { input, index, newHash, warnings });
  });
  return {
    ...facts!,
    ...(hash === undefined ? {} : { sha256: hash.digest("hex") }),
    images: summaries,
    warnings,
  };
}

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

type NewHash = (() => Hash) | undefined;

interface Draft {
  readonly images: DraftImage[];
  readonly warnings: FirmwareWarning[];
  facts?: FileFacts;
}

interface DraftImage {
  readonly identity: { readonly alternate?: number; readonly name?: string };
  readonly elements: { address?: number; size: number; offset: number }[];
  /** End of the bytes so far. */
  end: number;
  /** Missing once the elements turned out not to be in order of address. */
  outliner: Outliner | undefined;
  readonly hash: Hash | undefined;
}

/** Only on demand: with it the program takes twice as long to start. */
async function loadSha256(): Promise<() => Hash> {
  const { createHash } = await import("node:crypto");
  return () => createHash("sha256");
}

function addEvent(draft: Draft, event: FirmwareEvent, newHash: NewHash): void {
  switch (event.kind) {
    case "image": {
      const { kind: _, ...identity } = event;
      const hash = newHash?.();
      draft.images.push({ identity, elements: [], end: 0, outliner: new Outliner(), hash });
      return;
    }
    case "element": {
      const { kind: _, ...element } = event;
      draft.images.at(-1)!.elements.push({ ...element, size: 0 });
      return;
    }
    case "data":
      addData(draft.images.at(-1)!, event.bytes);
      return;
    case "warning": {
      const { kind: _, ...warning } = event;
      draft.warnings.push(warning);
      return;
    }
    case "end": {
      const { kind: _, ...facts } = event;
      draft.facts = facts;
      return;
    }
  }
}

function addData(image: DraftImage, bytes: Uint8Array): void {
  const element = image.elements.at(-1)!;
  if (element.address !== undefined) {
    const address = element.address + element.size;
    if (address < image.end) image.outliner = undefined;
    image.outliner?.add(address, bytes);
    image.end = address + bytes.length;
  }
  image.hash?.update(bytes);
  element.size += bytes.length;
}

function finishImage(image: DraftImage): ImageSummary {
  return {
    ...image.identity,
    size: sizeOf(image.elements),
    elements: image.elements,
    ...(image.hash === undefined ? {} : { sha256: image.hash.digest("hex") }),
    outline: (image.outliner ?? new Outliner()).finish(),
  };
}

function sizeOf(elements: readonly ElementSummary[]): number {
  return elements.reduce((size, element) => size + element.size, 0);
}

/** Read again at a time. */
const READ_SIZE = 256 * 1024;

/** Reads the elements of an image a second time, now in order of address. */
function finishUnordered(
  image: DraftImage,
  options: {
    readonly input: InputFile;
    readonly index: number;
    readonly newHash: NewHash;
    readonly warnings: FirmwareWarning[];
  },
): ImageSummary {
  const { input, index, newHash, warnings } = options;
  const elements = image.elements.map((element) => ({ ...element, address: element.address! }));
  const offsetOf = (part: { readonly element: number; readonly start: number }) =>
    elements[part.element]!.offset + part.start;
  const arrangement = arrangeElements(elements, {
    image: `target ${index}`,
    copy: (part, into) => input.readAgain(offsetOf(part), into),
  });
  warnings.push(...arrangement.warnings);
  const outliner = new Outliner();
  const hash = newHash?.();
  const buffer = new Uint8Array(READ_SIZE);
  for (const part of arrangement.parts) {
    for (let done = 0; done < part.size; done += READ_SIZE) {
      const bytes = buffer.subarray(0, Math.min(READ_SIZE, part.size - done));
      input.readAgain(offsetOf(part) + done, bytes);
      outliner.add(part.address + done, bytes);
      hash?.update(bytes);
    }
  }
  return finishImage({ ...image, outliner, hash });
}
