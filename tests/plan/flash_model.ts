import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../src/format.ts";
import type { MemoryLayout } from "../../src/plan/memory_layout.ts";

/** One page of the model, and what was done to it. */
export interface ModelPage {
  readonly address: number;
  readonly size: number;
  readonly readable: boolean;
  readonly erasable: boolean;
  readonly writable: boolean;
  /** Where they can be erased, programming moves bits one way only; other memory takes every byte. */
  readonly bytes: Uint8Array;
  eraseCount: number;
  /** The blocks that wrote to it, by their number. */
  readonly blocks: Set<number>;
}

/**
 * The bytes of one alternate setting, as NOR flash holds them. It is written without the planner's own helpers, byte by
 * byte, so that one mistake cannot hide in both.
 */
export class FlashModel {
  readonly pages: ModelPage[] = [];
  #blockCount = 0;

  constructor(layout: MemoryLayout, readonly erasedByte: number) {
    for (const region of layout.regions) {
      for (let index = 0; index < region.pageCount; index++) {
        this.pages.push({
          address: region.address + index * region.pageSize,
          size: region.pageSize,
          readable: region.readable,
          erasable: region.erasable,
          writable: region.writable,
          bytes: new Uint8Array(region.pageSize),
          eraseCount: 0,
          blocks: new Set(),
        });
      }
    }
  }

  /** A copy without a history. */
  copy(): FlashModel {
    const copy = new FlashModel({ name: "", regions: [], notes: [] }, this.erasedByte);
    for (const page of this.pages) {
      copy.pages.push({ ...page, bytes: page.bytes.slice(), eraseCount: 0, blocks: new Set() });
    }
    return copy;
  }

  /** The page that holds an address; pages are in order, so it is found by halving. */
  find(address: number): ModelPage | undefined {
    let low = 0;
    let high = this.pages.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.pages[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const page = this.pages[low - 1];
    return page !== undefined && address < page.address + page.size ? page : undefined;
  }

  page(address: number): ModelPage {
    const page = this.find(address);
    assert(page !== undefined, `${formatAddress(address)} is no memory`);
    return page;
  }

  erase(address: number, size: number): void {
    const page = this.page(address);
    assertEquals([page.address, page.size], [address, size], "erases a whole page");
    assert(page.erasable, `${formatAddress(address)} cannot be erased`);
    assertEquals(page.blocks.size, 0, `${formatAddress(address)} is erased after a write`);
    assertEquals(++page.eraseCount, 1, `${formatAddress(address)} is erased once`);
    page.bytes.fill(this.erasedByte);
  }

  /** The bytes of a stretch, with `check` for every page that it touches. */
  bytes(address: number, size: number, check: (page: ModelPage) => void = () => {}): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#eachPage(address, size, (page, { from, to, start }) => {
      check(page);
      bytes.set(page.bytes.subarray(from, to), start);
    });
    return bytes;
  }

  /** Reads as a device does. */
  read(address: number, size: number): Uint8Array {
    return this.bytes(
      address,
      size,
      (page) => assert(page.readable, `${formatAddress(page.address)} cannot be read`),
    );
  }

  /** What flash holds when a byte is programmed over another one: bits leave the erased state only. */
  programmed(old: number, byte: number): number {
    return this.erasedByte === 0xFF ? old & byte : old | byte;
  }

  /** Programs one block. */
  program(address: number, data: Uint8Array): void {
    const block = this.#blockCount++;
    const pages: ModelPage[] = [];
    this.#eachPage(address, data.length, (page, { from, to, start }) => {
      assert(page.writable, `${formatAddress(page.address)} cannot be written`);
      assert(!page.blocks.has(SHARED), `${formatAddress(page.address)} is cut by a block's end`);
      page.blocks.add(block);
      for (let offset = from; offset < to; offset++) {
        const byte = data[start + offset - from]!;
        page.bytes[offset] = page.erasable ? this.programmed(page.bytes[offset]!, byte) : byte;
      }
      pages.push(page);
    });
    if (pages.length === 1) return;
    for (const page of pages) {
      assertEquals(page.blocks.size, 1, `${formatAddress(page.address)} is cut by a block's end`);
      page.blocks.add(SHARED);
    }
  }

  #eachPage(
    address: number,
    size: number,
    visit: (page: ModelPage, part: { from: number; to: number; start: number }) => void,
  ): void {
    for (let start = 0; start < size;) {
      const page = this.page(address + start);
      const from = address + start - page.address;
      const to = Math.min(page.size, from + size - start);
      visit(page, { from, to, start });
      start += to - from;
    }
  }
}

/** Marks a page that is written by one block together with others: no other block may write to it. */
const SHARED = -1;
