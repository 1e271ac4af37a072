import { arrangeElements, labelsOf } from "./arrange.ts";
import { ByteSource } from "./byte_source.ts";
import { type CollectedElement, collectElements } from "./collect_elements.ts";
import type { Firmware, FirmwareWarning, Image } from "./firmware.ts";
import { buildImage } from "./image.ts";
import { type InputFile, type Loaded, openInputFile } from "./input_file.ts";
import type { ReadOptions } from "./read_firmware.ts";

/**
 * Reads a firmware file with its bytes into memory. `path` may be `-` for standard input.
 * @throws FirmwareError for a file that cannot be read or has more than 256 MiB; PlanError where elements of one
 * image overlap with different bytes; UsageError where `address` is missing or contradicts the file.
 */
export async function collectFile(
  path: string,
  options: ReadOptions & Loaded = {},
): Promise<Firmware> {
  const input = openInputFile(path, options);
  try {
    return await collectInput(input, options);
  } finally {
    input.close();
  }
}

/** As `collectFile()`, for an input that the caller opens and closes. */
export async function collectInput(input: InputFile, options: ReadOptions = {}): Promise<Firmware> {
  const source = new ByteSource(input.chunks(), { name: input.name });
  const { images, warnings, facts } = await collectElements(source, options);
  const collected = images.map(({ identity, elements }, index) => {
    return { ...identity, image: assemble(elements, { index, warnings }) };
  });
  return { ...facts, images: collected, warnings };
}

function assemble(
  collected: readonly CollectedElement[],
  options: { readonly index: number; readonly warnings: FirmwareWarning[] },
): Image {
  const data = collected.map((element) => element.bytes.view());
  const elements = collected.map(({ address, offset }, index) => {
    return { address, offset, size: data[index]!.length };
  });
  const bytesOf = (
    part: { readonly element: number; readonly start: number; readonly size: number },
  ) => data[part.element]!.subarray(part.start, part.start + part.size);
  const { parts, warnings } = arrangeElements(elements, {
    ...labelsOf(options.index),
    copy: (part, into) => into.set(bytesOf(part)),
  });
  options.warnings.push(...warnings);
  return buildImage(parts.map((part) => ({ address: part.address, data: bytesOf(part) })));
}
