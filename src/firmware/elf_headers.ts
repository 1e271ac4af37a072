import type { FirmwareError } from "../errors.ts";
import { formatAddress, formatCount } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareWarning } from "./firmware.ts";
import { uint16At, uint32At } from "./little_endian.ts";

/** What is needed of an ELF header. */
export interface ElfHeader {
  readonly entry: number;
  readonly programs: ElfTable;
  readonly sections: ElfTable;
  readonly warnings: readonly FirmwareWarning[];
}

/** A table in an ELF file. */
export interface ElfTable {
  readonly offset: number;
  /** Of an entry, in bytes. */
  readonly entrySize: number;
  readonly count: number;
}

/** Bytes of the file that belong at an address. */
export interface ElfSegment {
  /** Physical: where the bytes are stored, not where they run. */
  readonly address: number;
  readonly offset: number;
  /** In the file. */
  readonly size: number;
}

export const ELF_HEADER_SIZE = 52;

/**
 * Decodes the header of a 32-bit little-endian program for ARM or RISC-V (System V ABI, gABI 4.1, chapter 4).
 *
 *     0 "\x7FELF"  4 u8 class  5 u8 data  6 u8 version  16 u16 type  18 u16 machine
 *     24 u32 entry  28 u32 phoff  32 u32 shoff  42 u16 phentsize  44 u16 phnum  46 u16 shentsize  48 u16 shnum
 *
 * @throws FirmwareError for any other ELF file, and a damaged one.
 */
export function decodeElfHeader(source: ByteSource, bytes: Uint8Array): ElfHeader {
  checkIdent(source, bytes);
  const programs = tableAt(bytes, { offset: 28, sizes: 42 });
  const sections = tableAt(bytes, { offset: 32, sizes: 46 });
  if (programs.count === 0xFFFF) {
    throw source.error("it has too many program headers to count, expected at most 65534", {
      offset: 44,
    });
  }
  if (programs.count === 0) throw notLinked(source, "it has no program headers");
  if (programs.entrySize < PROGRAM_HEADER_SIZE) {
    throw source.error(
      `its program headers have ${programs.entrySize} bytes, expected ${PROGRAM_HEADER_SIZE}`,
      { offset: 42 },
    );
  }
  if (sections.count > 0 && sections.entrySize < SECTION_HEADER_SIZE) {
    throw source.error(
      `its section headers have ${sections.entrySize} bytes, expected ${SECTION_HEADER_SIZE}`,
      { offset: 46 },
    );
  }
  return { entry: uint32At(bytes, 24), programs, sections, warnings: warningsOf(bytes) };
}

/**
 * The segments to be loaded that have bytes in the file, in order of offset. Program header:
 *
 *     0 u32 type, 1 is LOAD  4 u32 offset  8 u32 virtual address  12 u32 physical address
 *     16 u32 size in the file  20 u32 size in memory
 *
 * @throws FirmwareError for segments that cannot be.
 */
export function decodeSegments(
  source: ByteSource,
  table: { readonly bytes: Uint8Array; readonly programs: ElfTable },
): readonly ElfSegment[] {
  const { bytes, programs } = table;
  const loads = Array.from({ length: programs.count }, (_, index) => index * programs.entrySize)
    .filter((at) => uint32At(bytes, at) === LOAD && uint32At(bytes, at + 16) > 0);
  // Some linkers leave all physical addresses 0 and mean the virtual ones, as GNU's library takes it too.
  const field = loads.every((at) => uint32At(bytes, at + 12) === 0) ? 8 : 12;
  const segments = loads.map((at): ElfSegment => {
    const [address, size] = [uint32At(bytes, at + field), uint32At(bytes, at + 16)];
    const offset = programs.offset + at;
    const memorySize = uint32At(bytes, at + 20);
    if (size > memorySize) {
      throw source.error(
        `a segment has ${size} bytes in the file, expected at most ${memorySize} as in memory`,
        { offset: offset + 16 },
      );
    }
    if (address + size > 2 ** 32) {
      throw source.error(
        `a segment has ${size} bytes at ${formatAddress(address)}, expected an end of at most 2^32`,
        { offset: offset + field },
      );
    }
    return { address, offset: uint32At(bytes, at + 4), size };
  });
  if (segments.length === 0) throw notLinked(source, "none of its segments has bytes to load");
  return segments.sort((a, b) => a.offset - b.offset);
}

/**
 * The parts of a segment that sections with contents cover, in order of offset. Section header:
 *
 *     4 u32 type, 8 has no bytes in the file  8 u32 flags, 2 is in memory  16 u32 offset  20 u32 size
 */
export function sectionsWithin(
  segment: ElfSegment,
  table: { readonly bytes: Uint8Array; readonly sections: ElfTable },
): readonly ElfSegment[] {
  const { bytes, sections } = table;
  const end = segment.offset + segment.size;
  const parts: ElfSegment[] = [];
  for (let index = 0; index < sections.count; index++) {
    const at = index * sections.entrySize;
    const inMemory = Math.floor(uint32At(bytes, at + 8) / 2) % 2 === 1;
    const [type, offset, size] = [4, 16, 20].map((field) => uint32At(bytes, at + field));
    if (!inMemory || type === 0 || type === NO_BITS || size === 0) continue;
    if (offset! < segment.offset || offset! + size! > end) continue;
    parts.push({
      address: segment.address + offset! - segment.offset,
      offset: offset!,
      size: size!,
    });
  }
  return parts.sort((a, b) => a.offset - b.offset);
}

/** Bytes of a table. */
export function tableSize({ entrySize, count }: ElfTable): number {
  return entrySize * count;
}

const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;
const LOAD = 1;
const NO_BITS = 8;
const ARM = 40;
const RISC_V = 243;

const OTHER_PROGRAM = "Build the program for the part, with arm-none-eabi-gcc for example.";

function checkIdent(source: ByteSource, bytes: Uint8Array): void {
  const fail = (found: string, offset: number) =>
    source.error(found, { offset, hint: OTHER_PROGRAM });
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== "\x7FELF") {
    throw source.error(`it begins with ${JSON.stringify(magic)}, expected "\\u007fELF"`, {
      offset: 0,
    });
  }
  const [wordClass, order, version] = bytes.subarray(4, 7);
  if (wordClass === 2) throw fail("it is a 64-bit ELF file, expected a 32-bit one", 4);
  if (order === 2) throw fail("it is a big-endian ELF file, expected a little-endian one", 5);
  if (wordClass !== 1 || order !== 1 || version !== 1) {
    throw source.error(
      `its ELF class, byte order and version are ${wordClass}, ${order} and ${version}, expected 1`,
      { offset: wordClass !== 1 ? 4 : order !== 1 ? 5 : 6 },
    );
  }
  const machine = uint16At(bytes, 18);
  if (machine !== ARM && machine !== RISC_V && machine !== 0) {
    throw fail(
      `it is a program for another machine (e_machine ${machine}), expected ARM (40) or RISC-V (243)`,
      18,
    );
  }
  const type = uint16At(bytes, 16);
  if (type === 1) throw notLinked(source, "it is an object file");
  if (type !== 2 && type !== 3) {
    throw source.error(`its ELF type is ${type}, expected 2, a program`, { offset: 16 });
  }
}

function tableAt(
  bytes: Uint8Array,
  at: { readonly offset: number; readonly sizes: number },
): ElfTable {
  const count = uint16At(bytes, at.sizes + 2);
  const offset = uint32At(bytes, at.offset);
  return { offset, entrySize: uint16At(bytes, at.sizes), count: offset === 0 ? 0 : count };
}

function warningsOf(bytes: Uint8Array): readonly FirmwareWarning[] {
  const warnings: FirmwareWarning[] = [];
  if (uint16At(bytes, 18) === 0) {
    warnings.push({ message: "The ELF file does not say for what machine it is", offset: 18 });
  }
  if (uint16At(bytes, 16) === 3) {
    const message = "The ELF file is position-independent: its addresses may not be those to flash";
    warnings.push({ message, offset: 16 });
  }
  return warnings;
}

function notLinked(source: ByteSource, found: string): FirmwareError {
  return source.error(`${found}, expected a linked program`, {
    offset: 16,
    hint: "Give the file that the linker makes.",
  });
}

/** The error of a file that ends before one of its tables does. */
export function tableMissing(
  source: ByteSource,
  table: { readonly title: string; readonly table: ElfTable },
): FirmwareError {
  const { title, table: { count, offset } } = table;
  return source.error(
    `the file ends at offset ${source.offset}, expected ${formatCount(count, title)} ` +
      `from offset ${offset} on`,
    {
      offset: source.offset,
      hint: "The file is probably truncated: download or build it again.",
    },
  );
}
