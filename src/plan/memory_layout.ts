import { PlanError } from "../errors.ts";
import { formatAddress, formatRange } from "../format.ts";
import { endOf, extentOf, type Pages, totalSize } from "./extents.ts";

/** Pages of one size and one kind that follow each other. */
export interface MemoryRegion extends Pages {
  readonly readable: boolean;
  readonly erasable: boolean;
  readonly writable: boolean;
}

/** What an alternate setting's interface string says of its memory (UM0424 §10.3.2). */
export interface MemoryLayout {
  /** Without blanks at its ends: `Internal Flash`. */
  readonly name: string;
  /** At least one; sorted by address, disjoint, and within the first 2^32 bytes. */
  readonly regions: readonly MemoryRegion[];
  /** What had to be guessed to read the string, a sentence each. */
  readonly notes: readonly string[];
}

/** USB strings end at 126 characters; a layout typed by a person may join a few, and no one types more. */
const MAXIMUM_LENGTH = 4096;
const ADDRESS_SPACE_SIZE = 2 ** 32;
const HINT = 'A layout looks like "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg".';

const ADDRESS_START = /\/\s*0x/i;
const ADDRESS = /\/\s*0x([0-9a-f]+)\s*\//iy;
const GROUP = /\s*(\d+)\s*\*\s*(\d+)(\s*)([BKMkm]?)\s*([a-g])/y;
const EXTRA_LETTER = /\s*([a-g])(?=\s*(?:,|\/\s*0x|$))/iy;
const NEXT_GROUP = /\s*,/y;
const LAST_COMMA = /\s*,\s*(?=\/\s*0x|$)/iy;
const BLOCK_END = /\s*(?=\/\s*0x|$)/iy;
/** After the first address a layout is plain text; anything else, or a second `@`, is not part of it. */
const FOREIGN = /[^\t\x20-\x7E]|@/;

const UNIT_SIZES: Readonly<Record<string, number>> = { "": 1, B: 1, K: 1024, M: 1024 * 1024 };

/** The text being read, and what came of it so far. */
interface Reading {
  readonly text: string;
  /** `text` up to what is not part of the layout. */
  readonly body: string;
  readonly notes: string[];
  readonly found: { readonly region: MemoryRegion; readonly offset: number }[];
}

/**
 * Reads an interface string such as `@Internal Flash  /0x08000000/04*016Kg,01*064Kg`.
 *
 * Real devices send odd ones. A group of pages is used only when it is complete, from its count to its type
 * letter, and its address is certain: what follows a group that cannot be read is skipped up to the next
 * address, because the size of that group is unknown. So a damaged string may yield less memory, never other
 * memory. Each such step is told in `notes`.
 *
 * @throws {PlanError} if no group can be used, regions overlap, a page has no bytes, or memory would end beyond
 * 2^32; facts: `layout` and `character`, counted from 1.
 */
export function parseMemoryLayout(text: string): MemoryLayout {
  const addressOffset = findFirstAddress(text);
  const notes: string[] = [];
  const name = readName(text.slice(0, addressOffset), notes);
  const tail = text.slice(addressOffset).search(FOREIGN);
  const end = tail < 0 ? text.length : addressOffset + tail;
  if (tail >= 0) notes.push(noteTail(text, end));
  const reading = { text, body: text.slice(0, end), notes, found: [] };
  // Every block starts with at least "/0x", so the length of the text bounds the loop.
  for (let offset = addressOffset; offset < end;) offset = readBlock(reading, offset);
  return { name, regions: sortRegions(reading), notes };
}

function findFirstAddress(text: string): number {
  if (text.length > MAXIMUM_LENGTH) {
    throw layoutError(
      text.slice(0, 60),
      60,
      `it has ${text.length} characters, expected at most ${MAXIMUM_LENGTH}`,
    );
  }
  const offset = text.search(ADDRESS_START);
  if (offset >= 0) return offset;
  const trimmed = text.trim();
  if (trimmed === "") throw layoutError(text, 0, "it is empty");
  if (!trimmed.startsWith("@")) {
    throw layoutError(text, text.indexOf(trimmed), "it starts without @ and has no /0x address");
  }
  throw layoutError(text, text.length, "no address follows the name, expected /0x");
}

function readName(text: string, notes: string[]): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("@")) {
    notes.push("Character 1: the @ before the name is missing");
  }
  const name = trimmed.replace(/^@/, "");
  // A name is shown on terminals, which act on control characters.
  const printable = name.replace(/\p{C}/gu, "").trim();
  if (printable !== name.trim()) notes.push("Unprintable characters in the name are left out");
  return printable;
}

function noteTail(text: string, end: number): string {
  const what = text[end] === "@" ? "a second layout" : "text that is no layout";
  return `Character ${end + 1}: ${what} follows and is ignored: ${quote(text.slice(end))}`;
}

/** Reads one address and its groups; returns the offset of the next address, or the end. */
function readBlock(reading: Reading, offset: number): number {
  const match = matchAt(ADDRESS, reading.body, offset);
  if (match === null) return skipToAddress(reading, offset, "is no address");
  const address = Number.parseInt(match[1]!, 16);
  if (address >= ADDRESS_SPACE_SIZE) {
    throw layoutError(reading.text, offset, `address 0x${match[1]} is beyond 0xFFFFFFFF`);
  }
  return readGroups(reading, { offset: offset + match[0].length, address });
}

function readGroups(reading: Reading, start: { offset: number; address: number }): number {
  const { body, notes } = reading;
  let { offset, address } = start;
  while (true) {
    const match = matchAt(GROUP, body, offset);
    if (match === null) {
      return skipToAddress(reading, offset, "is no COUNT*SIZE with a type letter");
    }
    address = addRegion(reading, { match, offset, address });
    offset += match[0].length;
    const extra = matchAt(EXTRA_LETTER, body, offset);
    if (extra !== null) {
      notes.push(`Character ${offset + 1}: a second type letter, ${extra[1]}, is ignored`);
      offset += extra[0].length;
    }
    const end = matchAt(BLOCK_END, body, offset);
    if (end !== null) return offset + end[0].length;
    const comma = matchAt(LAST_COMMA, body, offset);
    if (comma !== null) {
      notes.push(`Character ${offset + 1}: a comma with no group after it is ignored`);
      return offset + comma[0].length;
    }
    const next = matchAt(NEXT_GROUP, body, offset);
    if (next === null) return skipToAddress(reading, offset, "follows a group and is not known");
    offset += next[0].length;
  }
}

/** Adds the region of one group; returns the address after it. */
function addRegion(
  reading: Reading,
  group: { match: RegExpExecArray; offset: number; address: number },
): number {
  const { match, address } = group;
  const offset = group.offset + match[0].length - match[0].trimStart().length;
  const [text, count, size, blank, unit, type] = match as unknown as string[];
  const at = `Character ${offset + 1}: ${quote(text!.trim())}`;
  if (unit === "" && blank === "") reading.notes.push(`${at} has no unit and is read as bytes`);
  const pageCount = Number(count);
  const pageSize = Number(size) * UNIT_SIZES[unit!.toUpperCase()]!;
  if (pageCount === 0) {
    reading.notes.push(`${at} has no pages and is ignored`);
    return address;
  }
  if (pageSize === 0) {
    throw layoutError(reading.text, offset, `${quote(text!.trim())} has pages of 0 bytes`);
  }
  const end = address + pageCount * pageSize;
  if (end > ADDRESS_SPACE_SIZE) {
    const found = `${quote(text!.trim())} at ${formatAddress(address)} ends beyond 0xFFFFFFFF`;
    throw layoutError(reading.text, offset, found);
  }
  // a to g count in binary: read 1, erase 2, write 4.
  const access = type!.charCodeAt(0) - "a".charCodeAt(0) + 1;
  const region = {
    address,
    pageSize,
    pageCount,
    readable: access % 2 === 1,
    erasable: Math.floor(access / 2) % 2 === 1,
    writable: access >= 4,
  };
  reading.found.push({ region, offset });
  return end;
}

function skipToAddress(reading: Reading, offset: number, problem: string): number {
  const { body, notes } = reading;
  const next = body.slice(offset + 1).search(ADDRESS_START);
  const end = next < 0 ? body.length : offset + 1 + next;
  const skipped = body.slice(offset, end).trim();
  const what = skipped === "" ? "the end, where a group was expected," : quote(skipped);
  notes.push(`Character ${offset + 1}: ${what} ${problem} and is skipped`);
  return end;
}

function sortRegions(reading: Reading): MemoryRegion[] {
  const { text, notes, found } = reading;
  if (found.length === 0) {
    const reasons = notes.map((note) => `; ${note.charAt(0).toLowerCase()}${note.slice(1)}`).join(
      "",
    );
    throw layoutError(text, text.search(ADDRESS_START), `no group of pages is usable${reasons}`);
  }
  const sorted = found.toSorted((a, b) => a.region.address - b.region.address);
  if (sorted.some((entry, index) => entry !== found[index])) {
    notes.push("The regions are not in order of address and were sorted");
  }
  for (const [index, { region, offset }] of sorted.entries()) {
    const before = sorted[index - 1]?.region;
    if (before === undefined || regionEnd(before) <= region.address) continue;
    const ranges = [before, region].map((one) => formatRange(extentOf(one)));
    throw layoutError(text, offset, `regions ${ranges.join(" and ")} overlap`);
  }
  return sorted.map((entry) => entry.region);
}

/** `lastIndex` is set before every use, so the shared sticky patterns carry nothing over. */
function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

function layoutError(text: string, offset: number, problem: string): PlanError {
  const character = offset + 1;
  return new PlanError(
    `Cannot read layout ${quote(text)}: at character ${character}, ${problem}`,
    { hint: HINT, facts: { layout: text, character } },
  );
}

/** In quotation marks, with escapes for what a terminal would act on or not show. */
function quote(text: string): string {
  const escape = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return `"${text.replace(/\p{C}/gu, escape)}"`;
}

/** The address after a region's last byte. */
export function regionEnd(region: MemoryRegion): number {
  return endOf(extentOf(region));
}

/** The region that holds an address, if any does. */
export function regionAt(layout: MemoryLayout, address: number): MemoryRegion | undefined {
  return layout.regions.find((region) => region.address <= address && address < regionEnd(region));
}

/** One page of a region. */
export interface MemoryPage {
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  readonly region: MemoryRegion;
}

/** The page that holds an address, if any does. Pages count from their region's start: sizes need not be powers of two. */
export function pageAt(layout: MemoryLayout, address: number): MemoryPage | undefined {
  const region = regionAt(layout, address);
  if (region === undefined) return undefined;
  const offset = address - region.address;
  return { address: address - offset % region.pageSize, size: region.pageSize, region };
}

/** The address after the layout's last byte. */
export function layoutEnd(layout: MemoryLayout): number {
  return layout.regions.reduce((end, region) => Math.max(end, regionEnd(region)), 0);
}

/** Bytes in all regions together. */
export function layoutSize(layout: MemoryLayout): number {
  return totalSize(layout.regions.map(extentOf));
}
