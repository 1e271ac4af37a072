import type { FirmwareError } from "../errors.ts";
import { formatBytes } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { RecordRuns } from "./record_runs.ts";

/** What reads the records of one format. */
export interface RecordParser {
  readonly format: "hex" | "srec";
  /** What every record begins with. */
  readonly mark: string;
  /** The end record has been read: no other may follow. */
  readonly ended: boolean;
  /** What a file without an end record lacks. */
  readonly endRecord: string;
  readonly entry: number | undefined;
  /**
   * Reads the record at `at`; gives the index behind it, or `INCOMPLETE` where the text at hand ends before it does.
   * Both depend only on the text of the record, so that chunks make no difference.
   */
  parse(text: RecordText, at: number): number;
}

/** The text at hand ends before the record does. */
export const INCOMPLETE = -1;

/**
 * Reads a text format of one record per line. Lines end with LF or CRLF; blanks around records and empty lines are
 * allowed, and a byte order mark in front.
 * @throws FirmwareError with line and column for anything that is not a record, for a file that does not end with its
 * end record, and for one without data.
 */
export async function* readTextRecords(
  source: ByteSource,
  parser: RecordParser,
): AsyncGenerator<FirmwareEvent> {
  const text = new RecordText(source);
  yield { kind: "image", encoded: true };
  await skipByteOrderMark(source);
  for (;;) {
    const chunk = await source.chunk({ limit: CHUNK_SIZE });
    if (chunk === undefined) break;
    text.append(chunk);
    parseRecords(text, parser);
    yield* text.runs.drain(text.decoded);
  }
  checkEnd(text, parser);
  const { entry, format } = parser;
  const fileSize = source.offset;
  yield { kind: "end", format, fileSize, ...(entry === undefined ? {} : { entry }) };
}

/** Read at once: it stays in the processor's cache. */
const CHUNK_SIZE = 128 * 1024;

/** The longest record of a format, in characters: an S-record of 255 bytes behind its count, or Intel HEX of 260. */
const MAX_RECORD_SIZE = 521;

const LF = 0x0A;

/** The text at hand, and the bytes that were decoded from it. */
export class RecordText {
  readonly bytes = new Uint8Array(CHUNK_SIZE + MAX_RECORD_SIZE);
  readonly decoded = new Uint8Array((CHUNK_SIZE + MAX_RECORD_SIZE) / 2);
  readonly runs: RecordRuns;
  /** End of the text in `bytes`. */
  end = 0;
  /** Sum of the bytes of the record so far; whoever begins a record sets it to 0. */
  sum = 0;
  /** Where the next record begins, or blanks before it. */
  at = 0;
  /** Nothing but blanks since the last line feed. */
  fresh = true;
  readonly #source: ByteSource;
  #line = 1;
  /** Offset of the line's first character in the file. */
  #lineOffset = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.runs = new RecordRuns(source);
  }

  /** Drops what has been read, and adds a chunk. */
  append(chunk: Uint8Array): void {
    this.bytes.copyWithin(0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Skips blanks and empty lines; false where no more text is at hand. */
  skipBlanks(): boolean {
    for (; this.at < this.end; this.at++) {
      const byte = this.bytes[this.at]!;
      if (byte > 0x20 || BLANKS[byte] === 0) return true;
      if (byte === LF) this.#beginLine(this.at + 1);
    }
    return false;
  }

  /** The byte that the two digits at `at` mean. */
  pair(at: number): number {
    const value = NIBBLES[this.bytes[at]!]! * 16 + NIBBLES[this.bytes[at + 1]!]!;
    if (value > 0xFF) throw this.noDigit(at);
    this.sum += value;
    return value;
  }

  /** The number that pairs of digits mean, most significant first. */
  number(at: number, pairCount: number): number {
    let value = 0;
    for (let index = 0; index < pairCount; index++) value = value * 256 + this.pair(at + index * 2);
    return value;
  }

  /** Decodes pairs of digits behind the bytes decoded so far; `runs.add` makes them count. */
  data(at: number, pairCount: number): void {
    const { bytes, decoded } = this;
    let into = this.runs.size;
    let digit = at;
    let sum = 0;
    let all = 0;
    for (const end = at + pairCount * 2; digit < end; digit += 2) {
      const value = NIBBLES[bytes[digit]!]! * 16 + NIBBLES[bytes[digit + 1]!]!;
      all |= value;
      sum += value;
      decoded[into++] = value;
    }
    if (all > 0xFF) throw this.noDigit(at);
    this.sum += sum;
  }

  /** Compares the checksum at `at` with the low eight bits of a number. */
  checkSum(at: number, number: number): void {
    const expected = number & 0xFF;
    const found = this.pair(at);
    if (found === expected) return;
    throw this.error(`checksum ${formatHex8(found)}, expected ${formatHex8(expected)}`, { at });
  }

  /** Offset in the file. */
  offsetOf(at: number): number {
    return this.#source.offset - this.end + at;
  }

  /** An error at a place of the text. */
  error(found: string, options: { readonly at: number; readonly hint?: string }): FirmwareError {
    const { at, ...hint } = options;
    const offset = this.offsetOf(at);
    const place = { line: this.#line, column: offset - this.#lineOffset + 1 };
    return this.#source.error(found, { offset, ...place, ...hint });
  }

  /** The error of a character that is no digit: the first from `at` on. */
  noDigit(at: number): FirmwareError {
    while (NIBBLES[this.bytes[at]!]! <= 0xF) at++;
    return this.error(`${describe(this.bytes[at]!)}, expected a hexadecimal digit`, { at });
  }

  #beginLine(at: number): void {
    this.#line++;
    this.#lineOffset = this.offsetOf(at);
    this.fresh = true;
  }
}

/** What each character means as a digit; far more than 15 if it is none. */
const NIBBLES = new Uint16Array(256).fill(0x1000);
for (const [value, digit] of [..."0123456789ABCDEF"].entries()) {
  NIBBLES[digit.charCodeAt(0)] = value;
  NIBBLES[digit.toLowerCase().charCodeAt(0)] = value;
}

/** Blank, tab, CR and LF. */
const BLANKS = new Uint8Array(0x21);
for (const blank of [0x20, 0x09, 0x0D, LF]) BLANKS[blank] = 1;

/** Two digits, as records have them. */
export function formatHex8(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

async function skipByteOrderMark(source: ByteSource): Promise<void> {
  const head = await source.peek(3);
  if (head[0] === 0xEF && head[1] === 0xBB && head[2] === 0xBF) await source.take(3, "its mark");
}

function parseRecords(text: RecordText, parser: RecordParser): void {
  const mark = parser.mark.charCodeAt(0);
  while (text.skipBlanks()) {
    const { at } = text;
    const found = text.bytes[at]!;
    if (!text.fresh) {
      throw text.error(`${describe(found)} behind a record, expected the end of the line`, { at });
    }
    if (parser.ended) {
      throw text.error(`${describe(found)} behind the end record, expected the end of the file`, {
        at,
        hint: "These may be several files in one: give each as a file of its own.",
      });
    }
    if (found !== mark) {
      throw text.error(`${describe(found)}, expected ${JSON.stringify(parser.mark)}`, { at });
    }
    text.sum = 0;
    const end = parser.parse(text, at);
    if (end === INCOMPLETE) return;
    text.fresh = false;
    text.at = end;
  }
}

function checkEnd(text: RecordText, parser: RecordParser): void {
  const hint = "The file is probably truncated: download or build it again.";
  if (text.at < text.end) {
    throw text.error("the file ends in this record, expected the rest of it", {
      at: text.at,
      hint,
    });
  }
  if (!parser.ended) {
    throw text.error(`the file ends here, expected its end record (${parser.endRecord})`, {
      at: text.end,
      hint,
    });
  }
  if (!text.runs.any) {
    throw text.error("its records have no data, expected firmware", { at: text.end });
  }
}

function describe(byte: number): string {
  if (byte === LF || byte === 0x0D) return "the end of the line";
  if (byte > 0x20 && byte < 0x7F) return JSON.stringify(String.fromCharCode(byte));
  return `the byte 0x${formatBytes(Uint8Array.of(byte))}`;
}
