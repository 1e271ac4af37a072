import { FirmwareError } from "../errors.ts";
import { type Crc32, crc32, dfuCrc, loadFastCrc32 } from "./crc.ts";

export interface ByteSourceOptions {
  /** How messages call the file. */
  readonly name?: string;
  /** Is given every byte of the file, in order: a hash, for example. */
  readonly hash?: { update(bytes: Uint8Array): unknown };
}

export interface ChunkOptions {
  /** At most so many bytes; at least 1. */
  readonly limit?: number;
  /** Leave at least so many bytes of the file unread. */
  readonly keep?: number;
}

/** Where in a file an error is. */
export interface ErrorPlace {
  /** In bytes. */
  readonly offset: number;
  /** From 1 on, of a text. */
  readonly line?: number;
  /** In bytes, from 1 on. */
  readonly column?: number;
  /** What to do, where it is not to get the file again. */
  readonly hint?: string;
}

/**
 * A file read once from start to end, whatever the sizes of the chunks it comes in. Bytes that `peek`, `take` and
 * `chunk` return are valid only until the next call, since a chunk may be lent from a buffer that is used again.
 */
export class ByteSource {
  readonly name: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #hash: ByteSourceOptions["hash"];
  /** Copied bytes, which come before those of #chunk. */
  #carry: Uint8Array = EMPTY;
  #chunk: Uint8Array = EMPTY;
  #offset = 0;
  #crc = 0;
  #crc32: Crc32 = crc32;

  constructor(chunks: AsyncIterable<Uint8Array>, options: ByteSourceOptions = {}) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.name = options.name ?? "the file";
    this.#hash = options.hash;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The CRC of a DFU suffix, over all bytes read so far. */
  get crc(): number {
    return dfuCrc(this.#crc);
  }

  /** The next bytes without reading them: fewer than `size` only where the file ends. */
  async peek(size: number): Promise<Uint8Array> {
    if (this.#carry.length === 0 && this.#chunk.length >= size) {
      return this.#chunk.subarray(0, size);
    }
    while (this.#carry.length < size) {
      this.#carryOver(size - this.#carry.length);
      if (this.#carry.length < size && !(await this.#pull())) break;
    }
    return this.#carry.subarray(0, size);
  }

  /**
   * Reads exactly `size` bytes of what `part` names.
   * @throws FirmwareError where the file ends before.
   */
  async take(size: number, part: string): Promise<Uint8Array> {
    const bytes = await this.peek(size);
    if (bytes.length < size) throw this.endsEarly(part, size - bytes.length);
    this.#advance(bytes);
    return bytes;
  }

  /** Reads the next bytes, uncopied where possible; undefined when no more than `keep` bytes are left. */
  async chunk(options: ChunkOptions = {}): Promise<Uint8Array | undefined> {
    const { limit = Infinity, keep = 0 } = options;
    while (this.#carry.length + this.#chunk.length <= keep) {
      this.#carryOver(this.#chunk.length);
      if (!(await this.#pull())) return undefined;
    }
    const free = this.#carry.length + this.#chunk.length - keep;
    const lent = this.#carry.length > 0 ? this.#carry : this.#chunk;
    const bytes = lent.subarray(0, Math.min(free, limit));
    this.#advance(bytes);
    return bytes;
  }

  /** Stops reading: the file behind it is told that no more bytes will be asked for. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** An error about this file. */
  error(found: string, options: ErrorPlace): FirmwareError {
    const { hint, ...place } = options;
    const at = place.line === undefined ? "" : `line ${place.line}, column ${place.column}: `;
    return new FirmwareError(`Cannot read ${this.name}: ${at}${found}`, {
      hint: hint ?? "The file is damaged, or made by a faulty tool: download or build it again.",
      facts: { ...place },
    });
  }

  /** The error of a file that ends while `part` still lacks `missing` bytes; all bytes left count as read. */
  endsEarly(part: string, missing: number): FirmwareError {
    const offset = this.#offset + this.#carry.length + this.#chunk.length;
    const bytes = missing === 1 ? "1 more byte" : `${missing} more bytes`;
    return this.error(`the file ends at offset ${offset} in ${part}, expected ${bytes}`, {
      offset,
      hint: "The file is probably truncated: download or build it again.",
    });
  }

  #advance(bytes: Uint8Array): void {
    this.#crc = this.#crc32(bytes, this.#crc);
    this.#hash?.update(bytes);
    this.#offset += bytes.length;
    if (this.#carry.length > 0) this.#carry = this.#carry.subarray(bytes.length);
    else this.#chunk = this.#chunk.subarray(bytes.length);
  }

  /** Copies up to `size` bytes of the chunk, which the next pull may overwrite. */
  #carryOver(size: number): void {
    const moved = this.#chunk.subarray(0, size);
    if (moved.length === 0) return;
    const carry = new Uint8Array(this.#carry.length + moved.length);
    carry.set(this.#carry);
    carry.set(moved, this.#carry.length);
    this.#carry = carry;
    this.#chunk = this.#chunk.subarray(moved.length);
  }

  /** Gets the next chunk, maybe an empty one, once the one before is used up; false at the end of the file. */
  async #pull(): Promise<boolean> {
    if (this.#crc32 === crc32 && this.#offset >= FAST_CRC_OFFSET) {
      this.#crc32 = await loadFastCrc32();
    }
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#chunk = next.value;
    return true;
  }
}

const EMPTY = new Uint8Array(0);

/** From here on a file is large: loading `node:zlib` pays. The first 4 MiB take 9 ms without it, loading takes 15. */
const FAST_CRC_OFFSET = 4 * 1024 * 1024;
