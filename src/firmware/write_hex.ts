import type { Image } from "./firmware.ts";
import { RECORD_DATA_SIZE, RecordLines } from "./write_records.ts";

/**
 * An Intel HEX file with 32-bit addresses; the records are told beside the reader, in intel_hex.ts. No record reaches
 * over the end of 64 KiB: readers disagree what that means.
 */
export function writeIntelHex(
  image: Image,
  options: { readonly entry?: number | undefined } = {},
): Uint8Array {
  const lines = new RecordLines();
  let upper = 0;
  for (const { address, size, data } of image.segments) {
    for (let done = 0; done < size;) {
      const at = address + done;
      const offset = at % UPPER;
      if (Math.floor(at / UPPER) !== upper) {
        upper = Math.floor(at / UPPER);
        writeRecord(lines, { type: 4, data: Uint8Array.of(upper >>> 8, upper) });
      }
      const count = Math.min(RECORD_DATA_SIZE, size - done, UPPER - offset);
      writeRecord(lines, { type: 0, offset, data: data.subarray(done, done + count) });
      done += count;
    }
  }
  if (options.entry !== undefined) {
    const entry = new Uint8Array(4);
    new DataView(entry.buffer).setUint32(0, options.entry);
    writeRecord(lines, { type: 5, data: entry });
  }
  writeRecord(lines, { type: 1, data: new Uint8Array(0) });
  return lines.view();
}

/** What record 04 counts in. */
const UPPER = 0x10000;

function writeRecord(
  lines: RecordLines,
  record: { readonly type: number; readonly offset?: number; readonly data: Uint8Array },
): void {
  const { type, offset = 0, data } = record;
  lines.begin(":");
  lines.byte(data.length);
  lines.number(offset, 2);
  lines.byte(type);
  for (let index = 0; index < data.length; index++) lines.byte(data[index]!);
  lines.byte(-lines.sum);
  lines.end();
}
