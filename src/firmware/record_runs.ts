import type { ByteSource } from "./byte_source.ts";
import type { Extent, FirmwareEvent } from "./firmware.ts";

/** Joins records whose addresses follow each other to elements, so that a file of records has few of them. */
export class RecordRuns {
  readonly #source: ByteSource;
  /** The runs of the bytes that `drain` has not given yet. */
  #runs: Run[] = [];
  #elementCount = 0;
  /** Where the record must begin that continues the last run. */
  #next = -1;
  #size = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Bytes that `drain` has not given yet. */
  get size(): number {
    return this.#size;
  }

  /** Whether any record had bytes. */
  get any(): boolean {
    return this.#next >= 0;
  }

  /**
   * Adds the record at `offset` in the file, whose bytes follow those of the record before in the decoded bytes.
   * @throws FirmwareError where the file has too many elements.
   */
  add({ address, size }: Extent, offset: number): void {
    if (size === 0) return;
    this.#size += size;
    const last = this.#runs.at(-1);
    if (address === this.#next && last !== undefined) {
      last.size += size;
    } else {
      const begins = address !== this.#next;
      if (begins && ++this.#elementCount > MAX_ELEMENT_COUNT) throw this.#tooMany(offset);
      this.#runs.push({ address, size, offset, begins });
    }
    this.#next = address + size;
  }

  /** Gives what was added since the last time; `decoded` are its bytes. */
  *drain(decoded: Uint8Array): Generator<FirmwareEvent> {
    let start = 0;
    for (const { address, size, offset, begins } of this.#runs) {
      if (begins) yield { kind: "element", address, offset };
      yield { kind: "data", bytes: decoded.subarray(start, start + size) };
      start += size;
    }
    this.#runs = [];
    this.#size = 0;
  }

  #tooMany(offset: number) {
    return this.#source.error(
      `its records jump to another address more than ${MAX_ELEMENT_COUNT} times, expected fewer`,
      { offset, hint: "Sort them by address, for example by converting the file with objcopy." },
    );
  }
}

interface Run {
  readonly address: number;
  size: number;
  readonly offset: number;
  /** It does not continue the run before it. */
  readonly begins: boolean;
}

/** Bounds the memory of a summary. No linker makes as many; a UF2 file of 16 MiB in reverse order has as many. */
const MAX_ELEMENT_COUNT = 65_536;
