import { malformed } from "./usbip_protocol.ts";

/** Where bytes come from. */
export interface ByteInput {
  /** Waits for bytes and puts them at the buffer's start; resolves with how many, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * Takes exactly so many bytes off a connection, however they come. It has one buffer for all of them: a stream would make
 * one of 64 KiB for each message of 48 bytes, and the server would spend most of its time with clearing them.
 */
export class UsbipReader {
  readonly #input: ByteInput;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  /** What has come and was not asked for yet. */
  #rest: Uint8Array = this.#buffer.subarray(0, 0);
  #isCancelled = false;
  #endWait: (() => void) | undefined;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  /**
   * The next `size` bytes; undefined if the input ends, or the reader is cancelled, before the first of them.
   *
   * @throws {TransportError} `fault` if it ends in the middle.
   */
  async read(size: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(size);
    let count = 0;
    while (count < size) {
      if (this.#rest.length === 0 && !await this.#fill()) {
        if (count === 0) return undefined;
        throw malformed("message", `an end after ${count} bytes`, `${size}`);
      }
      const part = this.#rest.subarray(0, size - count);
      bytes.set(part, count);
      count += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  /** A read that waits now ends as if the input had ended, and so does every later one. */
  cancel(): void {
    this.#isCancelled = true;
    this.#rest = this.#buffer.subarray(0, 0);
    this.#endWait?.();
  }

  /** Whether anything came. */
  async #fill(): Promise<boolean> {
    if (this.#isCancelled) return false;
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#endWait = () => resolve(null);
    this.#input.read(this.#buffer).then(resolve, (error) => {
      if (isClosedHere(error)) resolve(null);
      else reject(error);
    });
    const size = await promise;
    this.#rest = this.#buffer.subarray(0, size ?? 0);
    return size !== null;
  }
}

/** A block with its header fits. */
const BUFFER_SIZE = 16_384;

/** This side has closed the connection meanwhile. */
function isClosedHere(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource;
}
