import { arrangeElements, labelsOf, type Part } from "./arrange.ts";
import { ByteSource } from "./byte_source.ts";
import { type CollectedImage, collectElements } from "./collect_elements.ts";
import type {
  ElementSummary,
  FileFacts,
  FirmwareEvent,
  FirmwareSummary,
  FirmwareWarning,
  ImageSummary,
} from "./firmware.ts";
import { type InputFile, type Loaded, openInputFile } from "./input_file.ts";
import { Outliner } from "./outline.ts";
import { readFirmware, type ReadOptions } from "./read_firmware.ts";

export interface SummarizeOptions extends ReadOptions {
  /** Also compute the SHA-256 of the file and of each image. */
  readonly sha256?: boolean | undefined;
}

/**
 * What is in a firmware file, in constant memory whatever its size, unless it is encoded (as text, or packed) and
 * out of order: then it is decoded a second time into memory. `path` may be `-` for standard input.
 * @throws FirmwareError for a file that cannot be read; PlanError where elements of one image overlap with
 * different bytes; UsageError where `address` contradicts the file.
 */
export async function summarizeFile(
  path: string,
  options: SummarizeOptions & Loaded = {},
): Promise<FirmwareSummary> {
  const input = openInputFile(path, options);
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
  const isUnordered = (image: DraftImage) => image.outliner === undefined;
  const again = images.some((image) => isUnordered(image) && image.encoded)
    ? await collectAgain(input, { images, options })
    : undefined;
  const summaries = images.map((image, index) => {
    if (!isUnordered(image)) return finishImage(image);
    const copy = image.encoded ? copyFrom(again![index]!) : readFrom(input, image);
    return finishUnordered(image, { copy, index, newHash, warnings });
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
  readonly encoded: boolean;
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
      const { kind: _, encoded = false, ...identity } = event;
      const hash = newHash?.();
      const outliner = new Outliner();
      draft.images.push({ identity, encoded, elements: [], end: 0, outliner, hash });
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

/** Copies a part of an image's elements. */
type Copy = (part: Omit<Part, "address" | "size">, into: Uint8Array) => void;

/** From the file, where the bytes stand in it as they are. */
function readFrom(input: InputFile, { elements }: DraftImage): Copy {
  return ({ element, start }, into) => input.readAgain(elements[element]!.offset + start, into);
}

function copyFrom({ elements }: CollectedImage): Copy {
  const data = elements.map(({ bytes }) => bytes.view());
  return ({ element, start }, into) =>
    into.set(data[element]!.subarray(start, start + into.length));
}

/**
 * Decodes a file a second time and keeps its bytes: the one case in which a summary needs as much memory as the
 * image, at most 256 MiB. To decode it once for each element would take too long.
 */
async function collectAgain(
  input: InputFile,
  before: { readonly images: readonly DraftImage[]; readonly options: ReadOptions },
): Promise<readonly CollectedImage[]> {
  const source = new ByteSource(input.chunksAgain(), { name: input.name });
  const { images } = await collectElements(source, before.options);
  const tell = (image: { readonly elements: readonly { readonly offset: number }[] }) =>
    image.elements.map(({ offset }) => offset).join();
  if (images.map(tell).join(";") === before.images.map(tell).join(";")) return images;
  throw source.error("it has changed while it was read, expected no change", {
    offset: 0,
    hint: "Try again when nothing writes to the file.",
  });
}

/** Goes through the elements of an image a second time, now in order of address. */
function finishUnordered(
  image: DraftImage,
  options: {
    readonly copy: Copy;
    readonly index: number;
    readonly newHash: NewHash;
    readonly warnings: FirmwareWarning[];
  },
): ImageSummary {
  const { copy, index, newHash, warnings } = options;
  const elements = image.elements.map((element) => ({ ...element, address: element.address! }));
  const arrangement = arrangeElements(elements, { ...labelsOf(index), copy });
  warnings.push(...arrangement.warnings);
  const outliner = new Outliner();
  const hash = newHash?.();
  const buffer = new Uint8Array(READ_SIZE);
  for (const { element, start, address, size } of arrangement.parts) {
    for (let done = 0; done < size; done += READ_SIZE) {
      const bytes = buffer.subarray(0, Math.min(READ_SIZE, size - done));
      copy({ element, start: start + done }, bytes);
      outliner.add(address + done, bytes);
      hash?.update(bytes);
    }
  }
  return finishImage({ ...image, outliner, hash });
}
