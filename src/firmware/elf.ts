import { formatSize } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import {
  decodeElfHeader,
  decodeSegments,
  ELF_HEADER_SIZE,
  type ElfHeader,
  type ElfSegment,
  sectionsWithin,
  tableMissing,
  tableSize,
} from "./elf_headers.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { GrowingBytes } from "./growing_bytes.ts";

/**
 * Reads a linked program in ELF format: the segments to be loaded, by physical address. The format has no checksum.
 *
 * A file as GNU and LLVM linkers write it is read as a stream. Where the program headers are at the end of the file, or a
 * segment begins with the headers themselves, the file is held in memory, at most 64 MiB of it. Of a segment that
 * begins with the headers only the sections are firmware: the rest is there since linkers align files to pages, and
 * would overwrite what is in front of the program, such as a boot loader.
 *
 * @throws FirmwareError for a damaged file, one for another machine, and one that is not linked.
 */
export async function* readElf(source: ByteSource): AsyncGenerator<FirmwareEvent> {
  const held = new GrowingBytes();
  held.add(await source.take(ELF_HEADER_SIZE, "the ELF header"));
  const header = decodeElfHeader(source, held.view());
  const { programs } = header;
  const tableEnd = programs.offset + tableSize(programs);
  yield { kind: "image" };
  for (const warning of header.warnings) yield { kind: "warning", ...warning };
  if (tableEnd <= MAX_FRONT_SIZE && programs.offset >= ELF_HEADER_SIZE) {
    await holdUntil(source, { held, end: tableEnd });
    const bytes = held.view().subarray(programs.offset);
    if (bytes.length < tableSize(programs)) throw missingPrograms(source, header);
    const segments = decodeSegments(source, { bytes, programs });
    if (areInOrder(segments, tableEnd)) yield* streamSegments(source, segments);
    else yield* holdSegments(source, { held, header });
  } else {
    yield* holdSegments(source, { held, header });
  }
  checkSections(source, header);
  const { entry } = header;
  yield { kind: "end", format: "elf", fileSize: source.offset, ...(entry === 0 ? {} : { entry }) };
}

/** Program headers that end before this offset are read ahead of the segments. */
const MAX_FRONT_SIZE = 64 * 1024;

/** Programs for microcontrollers with all that a debugger wants have less. */
const MAX_HELD_SIZE = 64 * 1024 * 1024;

async function holdUntil(
  source: ByteSource,
  options: { readonly held: GrowingBytes; readonly end: number },
): Promise<void> {
  const { held, end } = options;
  while (source.offset < end) {
    const chunk = await source.chunk({ limit: end - source.offset });
    if (chunk === undefined) return;
    held.add(chunk);
  }
}

/** Whether the segments can be read one after the other, from `start` on. */
function areInOrder(segments: readonly ElfSegment[], start: number): boolean {
  let end = start;
  for (const { offset, size } of segments) {
    if (offset < end) return false;
    end = offset + size;
  }
  return true;
}

async function* streamSegments(
  source: ByteSource,
  segments: readonly ElfSegment[],
): AsyncGenerator<FirmwareEvent> {
  for (const { address, offset, size } of segments) {
    await skipTo(source, offset);
    yield { kind: "element", address, offset };
    for (const end = offset + size; source.offset < end;) {
      const bytes = await source.chunk({ limit: end - source.offset });
      if (bytes === undefined) throw source.endsEarly("a segment", end - source.offset);
      yield { kind: "data", bytes };
    }
  }
  await skipTo(source, Infinity);
}

async function skipTo(source: ByteSource, offset: number): Promise<void> {
  while (source.offset < offset) {
    const chunk = await source.chunk({ limit: offset - source.offset });
    if (chunk !== undefined) continue;
    if (offset === Infinity) return;
    throw source.endsEarly("what is before a segment", offset - source.offset);
  }
}

async function* holdSegments(
  source: ByteSource,
  from: { readonly held: GrowingBytes; readonly header: ElfHeader },
): AsyncGenerator<FirmwareEvent> {
  const { held, header } = from;
  const { programs } = header;
  await holdUntil(source, { held, end: MAX_HELD_SIZE });
  if ((await source.peek(1)).length > 0) {
    throw source.error(
      `it has more than ${
        formatSize(MAX_HELD_SIZE)
      }, and its headers are not in front of its segments`,
      { offset: MAX_HELD_SIZE, hint: "Convert it: arm-none-eabi-objcopy -O ihex IN OUT.hex" },
    );
  }
  const file = held.view();
  const table = file.subarray(programs.offset, programs.offset + tableSize(programs));
  if (table.length < tableSize(programs)) throw missingPrograms(source, header);
  const segments = decodeSegments(source, { bytes: table, programs });
  for (const segment of segments) {
    for (const { address, offset, size } of narrow(source, { segment, header, file })) {
      const bytes = file.subarray(offset, offset + size);
      if (bytes.length < size) throw source.endsEarly("a segment", size - bytes.length);
      yield { kind: "element", address, offset };
      yield { kind: "data", bytes };
    }
  }
}

/** What of a segment is firmware: all, unless it begins with the headers. */
function narrow(
  source: ByteSource,
  from: { readonly segment: ElfSegment; readonly header: ElfHeader; readonly file: Uint8Array },
): readonly ElfSegment[] {
  const { segment, header: { programs, sections }, file } = from;
  const tableEnd = programs.offset + tableSize(programs);
  const isInside = segment.offset < tableEnd && programs.offset < segment.offset + segment.size;
  if (segment.offset >= ELF_HEADER_SIZE && !isInside) return [segment];
  const bytes = file.subarray(sections.offset, sections.offset + tableSize(sections));
  if (bytes.length < tableSize(sections)) throw missingSections(source, from.header);
  const parts = sectionsWithin(segment, { bytes, sections });
  if (parts.length > 0) return parts;
  throw source.error("a segment holds the ELF headers, and no section tells what is firmware", {
    offset: segment.offset,
    hint: "Link the program with -Wl,-n, or convert it with objcopy -O ihex.",
  });
}

function checkSections(source: ByteSource, header: ElfHeader): void {
  const { sections } = header;
  if (sections.offset + tableSize(sections) > source.offset && sections.count > 0) {
    throw missingSections(source, header);
  }
}

function missingPrograms(source: ByteSource, { programs }: ElfHeader) {
  return tableMissing(source, { title: "program header", table: programs });
}

function missingSections(source: ByteSource, { sections }: ElfHeader) {
  return tableMissing(source, { title: "section header", table: sections });
}
