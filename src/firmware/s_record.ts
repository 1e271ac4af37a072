import { formatAddress } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { INCOMPLETE, readTextRecords, type RecordParser, type RecordText } from "./text_records.ts";

/**
 * Reads Motorola S-records, S19, S28 and S37. Pairs of hexadecimal digits after the type:
 *
 *     "S" type  count: of all pairs behind it  address (2, 3 or 4, big endian)  data
 *     sum: with count, address and data 255 modulo 256
 *
 *     S0 header   S1 S2 S3 data   S5 S6 number of data records   S7 S8 S9 end, with the entry point
 *
 * The checksum does not cover the type. So that a damaged one does not move or drop data, data records must be of one
 * type, and a header must be the first record.
 */
export function readSRecord(source: ByteSource): AsyncGenerator<FirmwareEvent> {
  return readTextRecords(source, new SRecordParser());
}

/** Bytes of the address, by the type of the record; there is no S4. */
const ADDRESS_SIZES: readonly (number | undefined)[] = [2, 2, 3, 4, undefined, 2, 3, 4, 3, 2];

const ADDRESS_END = 0x1_0000_0000;

/** What a record says, and where it is. */
interface SRecord {
  readonly at: number;
  readonly type: number;
  readonly address: number;
  /** Of its data. */
  readonly size: number;
}

class SRecordParser implements RecordParser {
  readonly format = "srec";
  readonly mark = "S";
  readonly endRecord = "S7, S8 or S9";
  ended = false;
  entry: number | undefined;
  #dataCount = 0;
  /** Of the data records so far. */
  #dataType: number | undefined;
  #isFirst = true;

  parse(text: RecordText, at: number): number {
    if (text.end - at < 4) return INCOMPLETE;
    const type = text.bytes[at + 1]! - 0x30;
    const addressSize = ADDRESS_SIZES[type];
    if (addressSize === undefined) {
      throw text.error("no known type behind the S, expected 0..3 or 5..9", { at: at + 1 });
    }
    const count = text.pair(at + 2);
    if (count < addressSize + 1) {
      throw text.error(`count ${count}, expected at least ${addressSize + 1}`, { at: at + 2 });
    }
    const end = at + 4 + count * 2;
    if (end > text.end) return INCOMPLETE;
    const address = text.number(at + 4, addressSize);
    const size = count - addressSize - 1;
    text.data(at + 4 + addressSize * 2, size);
    text.checkSum(end - 2, 255 - text.sum);
    const record = { at, type, address, size };
    if (type === 0) this.#checkHeader(text, record);
    else if (type <= 3) this.#addData(text, record);
    else if (type <= 6) this.#checkCount(text, record);
    else this.#end(text, record);
    this.#isFirst = false;
    return end;
  }

  #checkHeader(text: RecordText, { at }: SRecord): void {
    if (this.#isFirst) return;
    throw text.error("a header behind other records, expected it in front", { at: at + 1 });
  }

  #addData(text: RecordText, { at, type, address, size }: SRecord): void {
    this.#dataType ??= type;
    if (type !== this.#dataType) {
      throw text.error(`a record S${type} among S${this.#dataType}, expected one type of data`, {
        at: at + 1,
      });
    }
    if (address + size > ADDRESS_END) {
      throw text.error(
        `${size} bytes at ${formatAddress(address)}, expected an end of at most 2^32`,
        { at: at + 4 },
      );
    }
    this.#dataCount++;
    text.runs.add({ address, size }, text.offsetOf(at));
  }

  #checkCount(text: RecordText, { at, address: count, size }: SRecord): void {
    if (size > 0) throw text.error("a count record with data, expected none", { at: at + 2 });
    if (count === this.#dataCount) return;
    throw text.error(
      `the file counts ${count} data records, expected ${this.#dataCount} as there are`,
      { at: at + 4, hint: "Records are missing: download or build the file again." },
    );
  }

  #end(text: RecordText, { at, address, size }: SRecord): void {
    if (size > 0) throw text.error("an end record with data, expected none", { at: at + 2 });
    this.ended = true;
    // Tools write 0 where they know of no entry point.
    if (address !== 0) this.entry = address;
  }
}
