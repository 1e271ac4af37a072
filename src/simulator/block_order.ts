import type { Part } from "./part.ts";

/**
 * Watches the order of data blocks. AN3156 can be read in two ways: a block's address counts in units of the
 * descriptor's wTransferSize, or of the length of the buffer sent. Only a host that is right in both ways is right
 * for certain: full blocks with consecutive numbers, and a new address and block 2 for a short one.
 */
export class BlockOrder {
  readonly #part: Part;
  #isAddressSet = false;
  #isAfterShortBlock = false;

  constructor(part: Part) {
    this.#part = part;
  }

  addressSet(): void {
    this.#isAddressSet = true;
    this.#isAfterShortBlock = false;
  }

  check(request: "DNLOAD" | "UPLOAD", at: { readonly block: number; readonly size: number }): void {
    const { recorder, chip } = this.#part;
    const what = `${request} of block ${at.block}, ${at.size} bytes`;
    const isShort = at.size !== chip.transferSize;
    if (!this.#isAddressSet) recorder.violation(`${what}, without an address`);
    if (this.#isAfterShortBlock) recorder.violation(`${what}, after a short block`);
    else if (isShort && at.block !== 2) recorder.violation(`${what}, short but not block 2`);
    this.#isAfterShortBlock = isShort;
  }
}
