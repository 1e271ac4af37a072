import type { Image } from "./firmware.ts";
import { RECORD_DATA_SIZE, RecordLines } from "./write_records.ts";

/**
 * A Motorola S-record file with the shortest addresses that do (S1, S2 or S3); the records are told beside the reader, in
 * s_record.ts. The header is empty, so that the file's name makes no difference.
 */
export function writeSRecord(
  image: Image,
  options: { readonly entry?: number | undefined } = {},
): Uint8Array {
  const { entry = 0 } = options;
  const last = image.segments.at(-1);
  const highest = Math.max(entry, last === undefined ? 0 : last.address + last.size - 1);
  const addressSize = highest < 2 ** 16 ? 2 : highest < 2 ** 24 ? 3 : 4;
  const lines = new RecordLines();
  writeRecord(lines, { type: 0, addressSize: 2, address: 0, data: EMPTY });
  for (const { address, size, data } of image.segments) {
    for (let done = 0; done < size; done += RECORD_DATA_SIZE) {
      writeRecord(lines, {
        type: addressSize - 1,
        addressSize,
        address: address + done,
        data: data.subarray(done, Math.min(size, done + RECORD_DATA_SIZE)),
      });
    }
  }
  writeRecord(lines, { type: 11 - addressSize, addressSize, address: entry, data: EMPTY });
  return lines.view();
}

const EMPTY = new Uint8Array(0);

function writeRecord(
  lines: RecordLines,
  record: {
    readonly type: number;
    readonly addressSize: number;
    readonly address: number;
    readonly data: Uint8Array;
  },
): void {
  const { type, addressSize, address, data } = record;
  lines.begin(`S${type}`);
  lines.byte(addressSize + data.length + 1);
  lines.number(address, addressSize);
  for (let index = 0; index < data.length; index++) lines.byte(data[index]!);
  lines.byte(255 - lines.sum);
  lines.end();
}
