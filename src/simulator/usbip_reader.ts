import { malformed } from "./usbip_protocol.ts";

/** Takes exactly so many bytes off a stream, however it is cut into chunks. */
export class UsbipReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come and was not asked for yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader();
  }

  /**
   * The next `size` bytes; undefined if the stream ends, or is cancelled, before the first of them.
   *
   * @throws {TransportError} `fault` if it ends in the middle.
   */
  async read(size: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(size);
    let count = 0;
    while (count < size) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read();
        if (done && count === 0) return undefined;
        if (done) throw malformed("message", `an end after ${count} bytes`, `${size}`);
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, size - count);
      bytes.set(part, count);
      count += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  /** A read that waits now ends as if the stream had ended, and so does every later one. */
  async cancel(): Promise<void> {
    this.#rest = new Uint8Array(0);
    // A connection that broke has nothing left to cancel.
    await this.#reader.cancel().catch(() => {});
  }
}
