import { GrowingBytes } from "./growing_bytes.ts";

/** Data bytes of a record, as GNU objcopy has them. */
export const RECORD_DATA_SIZE = 16;

/** The longest record: mark and type, all bytes as two digits, line end. */
const MAX_LINE_SIZE = 2 + 2 * (1 + 4 + RECORD_DATA_SIZE + 1) + 2;

/** Lines of text records: digits in upper case, lines that end with CR and LF as most readers have seen them. */
export class RecordLines {
  readonly #file = new GrowingBytes();
  readonly #line = new Uint8Array(MAX_LINE_SIZE);
  #size = 0;
  /** Of all bytes of the line so far. */
  sum = 0;

  /** Begins a line with its mark. */
  begin(mark: string): void {
    this.#size = 0;
    this.sum = 0;
    for (const letter of mark) this.#line[this.#size++] = letter.charCodeAt(0);
  }

  /** Two digits; of a number that is larger, for its lowest eight bits. */
  byte(value: number): void {
    this.sum += value & 0xFF;
    this.#line[this.#size++] = DIGITS[(value >>> 4) & 0xF]!;
    this.#line[this.#size++] = DIGITS[value & 0xF]!;
  }

  /** An unsigned number, most significant byte first. */
  number(value: number, byteCount: number): void {
    for (let place = byteCount - 1; place >= 0; place--) {
      this.byte(Math.floor(value / 256 ** place) % 256);
    }
  }

  end(): void {
    this.#line[this.#size++] = 0x0D;
    this.#line[this.#size++] = 0x0A;
    this.#file.add(this.#line.subarray(0, this.#size));
  }

  /** All lines so far. */
  view(): Uint8Array {
    return this.#file.view();
  }
}

const DIGITS = new TextEncoder().encode("0123456789ABCDEF");
