/** Bytes whose number is not known before: the size that a file claims is no reason to reserve memory. */
export class GrowingBytes {
  #bytes: Uint8Array = new Uint8Array(0);
  #size = 0;

  /** Appends a copy of the bytes. */
  add(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
  }

  /** All bytes so far; not a copy. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}
