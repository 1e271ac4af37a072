import { formatAddress } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";
import {
  formatHex8,
  INCOMPLETE,
  readTextRecords,
  type RecordParser,
  type RecordText,
} from "./text_records.ts";

/**
 * Reads Intel HEX: I8HEX, I16HEX and I32HEX, records 00 to 05 (Intel, Hexadecimal Object File Format Specification,
 * revision A, 1988). Pairs of hexadecimal digits:
 *
 *     ":"  length  address (2, big endian)  type  data (length)  sum: all pairs together are 0 modulo 256
 *
 *     00 data   01 end of file   02 segment base, 16 times it counts   03 CS:IP   04 upper half of the address   05 EIP
 */
export function readIntelHex(source: ByteSource): AsyncGenerator<FirmwareEvent> {
  return readTextRecords(source, new IntelHexParser());
}

/** Characters of a record without data: mark, length, address, type, sum. */
const EMPTY_SIZE = 11;
const HEADER_SIZE = 9;
const ADDRESS_END = 0x1_0000_0000;
const SEGMENT_SIZE = 0x1_0000;

/** How long the data of a record is, by its type. */
const LENGTHS: readonly (number | undefined)[] = [undefined, 0, 2, 4, 2, 4];

class IntelHexParser implements RecordParser {
  readonly format = "hex";
  readonly mark = ":";
  readonly endRecord = ":00000001FF";
  ended = false;
  entry: number | undefined;
  /** What the addresses of data records count from. */
  #base = 0;
  /** The base was set by record 04: a data record may reach over the end of 64 KiB. */
  #linear = false;

  parse(text: RecordText, at: number): number {
    if (text.end - at < 3) return INCOMPLETE;
    const length = text.pair(at + 1);
    const end = at + EMPTY_SIZE + length * 2;
    if (end > text.end) return INCOMPLETE;
    const offset = text.number(at + 3, 2);
    const type = text.pair(at + 7);
    if (type === 0) {
      text.data(at + HEADER_SIZE, length);
      text.checkSum(end - 2, -text.sum);
      this.#addData(text, { at, offset, length });
    } else {
      this.#parseOther(text, { at, type, length });
    }
    return end;
  }

  #addData(
    text: RecordText,
    record: { readonly at: number; readonly offset: number; readonly length: number },
  ): void {
    const { at, offset, length } = record;
    const address = this.#base + offset;
    const end = this.#linear ? ADDRESS_END : this.#base + SEGMENT_SIZE;
    if (address + length > end) {
      throw text.error(
        `${length} bytes at ${formatAddress(address)}, expected an end of at most ` +
          `${this.#linear ? "2^32" : "64 KiB from the base"}`,
        { at: at + 3, hint: "Readers disagree where the rest belongs: convert it with objcopy." },
      );
    }
    text.runs.add({ address, size: length }, text.offsetOf(at));
  }

  #parseOther(
    text: RecordText,
    record: { readonly at: number; readonly type: number; readonly length: number },
  ): void {
    const { at, type, length } = record;
    const expected = LENGTHS[type];
    if (expected === undefined) {
      throw text.error(`record type ${formatHex8(type)}, expected 00 to 05`, { at: at + 7 });
    }
    if (length !== expected) {
      throw text.error(
        `record of type ${formatHex8(type)} with ${length} bytes, expected ${expected}`,
        { at: at + 1 },
      );
    }
    const high = text.number(at + HEADER_SIZE, Math.min(2, length));
    const low = text.number(at + HEADER_SIZE + 4, Math.max(0, length - 2));
    text.checkSum(at + HEADER_SIZE + length * 2, -text.sum);
    if (type === 1) this.ended = true;
    else if (type === 2) [this.#base, this.#linear] = [high * 16, false];
    else if (type === 3) this.entry = high * 16 + low;
    else if (type === 4) [this.#base, this.#linear] = [high * SEGMENT_SIZE, true];
    else this.entry = high * SEGMENT_SIZE + low;
  }
}
