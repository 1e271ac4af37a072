import { FirmwareError, UsageError } from "../errors.ts";
import { formatSize } from "../format.ts";
import { arrangeElements } from "./arrange.ts";
import { ByteSource } from "./byte_source.ts";
import type { FileFacts, Firmware, FirmwareEvent, FirmwareWarning, Image } from "./firmware.ts";
import { GrowingBytes } from "./growing_bytes.ts";
import { buildImage } from "./image.ts";
import { type InputFile, openInputFile } from "./input_file.ts";
import { readFirmware, type ReadOptions } from "./read_firmware.ts";

/**
 * Reads a firmware file with its bytes into memory. `path` may be `-` for standard input.
 * @throws FirmwareError for a file that cannot be read or has more than 256 MiB; PlanError where elements of one
 * image overlap with different bytes; UsageError where `address` is missing or contradicts the file.
 */
export async function collectFile(path: string, options: ReadOptions = {}): Promise<Firmware> {
  const input = openInputFile(path);
  try {
    return await collectInput(input, options);
  } finally {
    input.close();
  }
}

/** As `collectFile()`, for an input that the caller opens and closes. */
export async function collectInput(input: InputFile, options: ReadOptions = {}): Promise<Firmware> {
  const source = new ByteSource(input.chunks(), { name: input.name });
  const draft: Draft = { images: [], warnings: [], name: input.name, size: 0 };
  try {
    for await (const event of readFirmware(source, options)) addEvent(draft, event);
  } finally {
    await source.close();
  }
  const { images, warnings, facts } = draft;
  const collected = images.map(({ identity, elements }, index) => {
    return { ...identity, image: assemble(elements, { image: `target ${index}`, warnings }) };
  });
  return { ...facts!, images: collected, warnings };
}

interface Draft {
  readonly images: {
    readonly identity: { readonly alternate?: number; readonly name?: string };
    readonly elements: DraftElement[];
  }[];
  readonly warnings: FirmwareWarning[];
  readonly name: string;
  size: number;
  facts?: FileFacts;
}

interface DraftElement {
  readonly address: number;
  readonly offset: number;
  readonly bytes: GrowingBytes;
}

/** The window for external flash, the largest memory behind a DFU device. `summarizeFile()` has no such limit. */
const MAX_COLLECTED_SIZE = 256 * 1024 * 1024;

function addEvent(draft: Draft, event: FirmwareEvent): void {
  switch (event.kind) {
    case "image": {
      const { kind: _, ...identity } = event;
      draft.images.push({ identity, elements: [] });
      return;
    }
    case "element": {
      const { address, offset } = event;
      if (address === undefined) throw missingAddress(draft.name);
      draft.images.at(-1)!.elements.push({ address, offset, bytes: new GrowingBytes() });
      return;
    }
    case "data":
      draft.size += event.bytes.length;
      if (draft.size > MAX_COLLECTED_SIZE) throw tooLarge(draft.name);
      draft.images.at(-1)!.elements.at(-1)!.bytes.add(event.bytes);
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

function missingAddress(name: string): UsageError {
  return new UsageError(`Cannot place ${name}: the file has no addresses, expected one for it`, {
    hint: "Say where it belongs: --address 0x08000000, for example.",
  });
}

function tooLarge(name: string): FirmwareError {
  return new FirmwareError(
    `Cannot load ${name}: it has more firmware than ${formatSize(MAX_COLLECTED_SIZE)}, ` +
      "expected what fits into a device",
    { hint: "Check that this is the right file.", facts: { offset: MAX_COLLECTED_SIZE } },
  );
}

function assemble(
  drafts: readonly DraftElement[],
  options: { readonly image: string; readonly warnings: FirmwareWarning[] },
): Image {
  const data = drafts.map((draft) => draft.bytes.view());
  const elements = drafts.map(({ address, offset }, index) => {
    return { address, offset, size: data[index]!.length };
  });
  const bytesOf = (
    part: { readonly element: number; readonly start: number; readonly size: number },
  ) => data[part.element]!.subarray(part.start, part.start + part.size);
  const { parts, warnings } = arrangeElements(elements, {
    image: options.image,
    copy: (part, into) => into.set(bytesOf(part)),
  });
  options.warnings.push(...warnings);
  return buildImage(parts.map((part) => ({ address: part.address, data: bytesOf(part) })));
}
