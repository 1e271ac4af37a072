/** A repeatable stream of numbers: not for secrets, only so that a run can be run again. */
export class Random {
  #state: number;

  /** Any seed will do; equal ones give equal streams. */
  constructor(seed: number) {
    // Xorshift stays at zero for ever, and neighbouring seeds start alike without the multiplication.
    this.#state = (Math.imul(seed ^ 0x5DEECE6, 0x9E3779B1) >>> 0) || 0x2545F491;
  }

  /** The next number, 1 to 2^32 - 1. */
  next(): number {
    this.#state = step(this.#state) >>> 0;
    return this.#state;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** Overwrites all bytes. */
  fill(bytes: Uint8Array): void {
    // Megabytes are filled for every device that a test makes, so this loop is kept bare.
    let state = this.#state;
    const words = new Uint32Array(Math.ceil(bytes.length / 4));
    for (let i = 0; i < words.length; i++) words[i] = state = step(state);
    this.#state = state >>> 0;
    bytes.set(new Uint8Array(words.buffer, 0, bytes.length));
  }
}

/** Marsaglia's xorshift32: through all numbers but 0. */
function step(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  return state ^ (state << 5);
}
