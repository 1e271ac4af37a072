import type { Extent } from "../firmware/firmware.ts";
import { FIRST_DATA_BLOCK, LAST_BLOCK } from "./protocol.ts";

/**
 * Counts block numbers. A data block goes to pointer + (wBlockNum - 2) * wTransferSize (AN3156 §4.2, §5), where
 * some devices take wTransferSize for the length of the block itself. Both agree on consecutive full blocks, and on
 * block 2: a shorter block therefore gets an address pointer of its own, and so does the one after it.
 */
export class BlockCounter {
  readonly #transferSize: number;
  #nextAddress: number | undefined;
  #nextBlock = FIRST_DATA_BLOCK;

  /** `transferSize` in bytes; 0 if it is unknown: then every block needs its own pointer. */
  constructor(transferSize: number) {
    this.#transferSize = transferSize;
  }

  /** The pointer has been set. */
  start(address: number): void {
    this.#nextAddress = address;
    this.#nextBlock = FIRST_DATA_BLOCK;
  }

  /** The pointer is unknown. */
  forget(): void {
    this.#nextAddress = undefined;
  }

  /** The number for this block, or undefined if the pointer must be set first. */
  next(extent: Extent): number | undefined {
    const reachable = extent.address === this.#nextAddress && this.#nextBlock <= LAST_BLOCK;
    const unambiguous = extent.size === this.#transferSize || this.#nextBlock === FIRST_DATA_BLOCK;
    return reachable && unambiguous ? this.#nextBlock : undefined;
  }

  /** A block has been transferred. */
  advance(extent: Extent): void {
    if (extent.size !== this.#transferSize) return this.forget();
    this.#nextAddress = extent.address + extent.size;
    this.#nextBlock++;
  }
}
