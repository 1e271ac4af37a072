/** Builds Intel HEX, S-record, UF2 and ELF files for tests, good and bad, with no code of the readers or writers. */
import { ascii, concat, type ElementParts } from "./firmware_files.ts";

/** One Intel HEX record with its mark and checksum, and no line end. */
export function hexRecord(type: number, address: number, data: Iterable<number> = []): string {
  const bytes = [...data];
  const body = [bytes.length, address >> 8 & 0xFF, address & 0xFF, type, ...bytes];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return ":" + digits([...body, -sum & 0xFF]);
}

/** An Intel HEX file with records 04, of 16 bytes each. */
export function buildHex(elements: readonly ElementParts[], lineEnd = "\r\n"): Uint8Array {
  const lines: string[] = [];
  for (const { address, data } of elements) {
    for (let start = 0; start < data.length;) {
      const at = address + start;
      const upper = Math.floor(at / 0x10000);
      const count = Math.min(16, data.length - start, 0x10000 - at % 0x10000);
      lines.push(hexRecord(4, 0, [upper >>> 8, upper & 0xFF]));
      lines.push(hexRecord(0, at % 0x10000, data.subarray(start, start + count)));
      start += count;
    }
  }
  return ascii([...lines, hexRecord(1, 0), ""].join(lineEnd));
}

/** One S-record with its checksum, and no line end. */
export function sRecord(type: number, address: number, data: Iterable<number> = []): string {
  const size = [2, 2, 3, 4, 2, 2, 3, 4, 3, 2][type]!;
  const places = Array.from({ length: size }, (_, index) => 256 ** (size - 1 - index));
  const bytes = [...places.map((place) => Math.floor(address / place) % 256), ...data];
  const body = [bytes.length + 1, ...bytes];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return `S${type}` + digits([...body, ~sum & 0xFF]);
}

/** An S37 file with a header and a count. */
export function buildSRecord(elements: readonly ElementParts[], lineEnd = "\n"): Uint8Array {
  const data = elements.flatMap(({ address, data }) =>
    Array.from(
      { length: Math.ceil(data.length / 16) },
      (_, index) => sRecord(3, address + index * 16, data.subarray(index * 16, index * 16 + 16)),
    )
  );
  return ascii(
    [sRecord(0, 0, ascii("HDR")), ...data, sRecord(5, data.length), sRecord(7, 0), ""]
      .join(lineEnd),
  );
}

export interface Uf2Parts {
  readonly address: number;
  readonly data: Uint8Array;
  readonly number: number;
  readonly count: number;
  readonly family?: number;
  readonly flags?: number;
  readonly size?: number;
}

/** One block of 512 bytes. */
export function uf2Block(parts: Uf2Parts): Uint8Array {
  const { address, data, number, count, family, size = data.length } = parts;
  const flags = (parts.flags ?? 0) + (family === undefined ? 0 : 0x2000);
  const payload = new Uint8Array(476);
  payload.set(data.subarray(0, 476));
  const words = [0x0A324655, 0x9E5D5157, flags, address, size, number, count, family ?? 0];
  return concat(...words.map(u32), payload, u32(0x0AB16F30));
}

/** A UF2 file of blocks of at most 256 bytes, in order. */
export function buildUf2(
  elements: readonly ElementParts[],
  options: { readonly family?: number } = {},
): Uint8Array {
  const blocks = elements.flatMap(({ address, data }) =>
    Array.from({ length: Math.ceil(data.length / 256) }, (_, index) => ({
      address: address + index * 256,
      data: data.subarray(index * 256, index * 256 + 256),
    }))
  );
  const count = blocks.length;
  return concat(
    ...blocks.map((block, number) => uf2Block({ ...block, ...options, number, count })),
  );
}

export interface ElfParts {
  readonly segments: readonly ElfSegmentParts[];
  readonly entry?: number;
  readonly machine?: number;
  readonly type?: number;
  /** Program headers behind the segments, as some linkers write them. */
  readonly headersLast?: boolean;
  /** Leave the section headers out. */
  readonly stripped?: boolean;
  /** Bytes between the headers and the first segment. */
  readonly gap?: number;
}

export interface ElfSegmentParts extends ElementParts {
  /** Where it runs, if not where it is stored. */
  readonly virtual?: number;
  /** 1, LOAD, unless told otherwise. */
  readonly kind?: number;
  /** More bytes in memory than in the file. */
  readonly zeros?: number;
  /** The segment reaches back over the headers to the start of the file. */
  readonly withHeaders?: boolean;
}

/** A linked program: header, program headers, segments, section headers: one section for each segment. */
export function buildElf(parts: ElfParts): Uint8Array {
  const { segments, headersLast = false, stripped = false, gap = 0 } = parts;
  const tableSize = segments.length * 32;
  let offset = 52 + (headersLast ? 0 : tableSize) + gap;
  const placed = segments.map((segment) => {
    const at = offset;
    offset += segment.data.length;
    return { ...segment, at };
  });
  const dataEnd = offset;
  const programs = concat(...placed.map(programHeader));
  const names = ascii("\0.text\0.shstrtab\0");
  const namesAt = dataEnd + (headersLast ? tableSize : 0);
  const sections = stripped ? new Uint8Array(0) : concat(
    new Uint8Array(40),
    ...placed.map(sectionHeader),
    concat(...[7, 3, 0, 0, namesAt, names.length, 0, 0, 1, 0].map(u32)),
  );
  const header = concat(
    ascii("\x7FELF"),
    [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [parts.type ?? 2, 0, (parts.machine ?? 40) & 0xFF, (parts.machine ?? 40) >> 8],
    ...[1, parts.entry ?? 0, headersLast ? dataEnd : 52].map(u32),
    u32(stripped ? 0 : namesAt + names.length),
    u32(0x05000200),
    [52, 0, 32, 0, segments.length, 0, 40, 0],
    stripped ? [0, 0, 0, 0] : [segments.length + 2, 0, segments.length + 1, 0],
  );
  return concat(
    header,
    headersLast ? [] : programs,
    new Uint8Array(gap),
    ...segments.map((segment) => segment.data),
    headersLast ? programs : [],
    names,
    sections,
  );
}

function programHeader(segment: ElfSegmentParts & { readonly at: number }): Uint8Array {
  const { kind = 1, address, virtual = address, data, zeros = 0, withHeaders = false } = segment;
  const back = withHeaders ? segment.at : 0;
  const size = data.length + back;
  return concat(
    ...[kind, segment.at - back, virtual - back, address - back, size, size + zeros, 5, 1].map(u32),
  );
}

function sectionHeader(segment: ElfSegmentParts & { readonly at: number }): Uint8Array {
  const { address, virtual = address, data, kind = 1 } = segment;
  const flags = kind === 1 ? 6 : 0;
  const type = data.length === 0 ? 8 : 1;
  return concat(...[1, type, flags, virtual, segment.at, data.length, 0, 0, 1, 0].map(u32));
}

export function u32(value: number): number[] {
  return [value & 0xFF, value >>> 8 & 0xFF, value >>> 16 & 0xFF, value >>> 24];
}

function digits(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join("");
}
