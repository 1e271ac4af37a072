import { VerifyError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { firstDifference } from "../firmware/image.ts";
import { formatAddress, formatCount } from "../format.ts";

/** A page that does not hold what it should. */
interface BadPage {
  readonly address: number;
  differences: number;
  compared: number;
  /** Whether all that was read from it is as after an erase. */
  blank: boolean;
}

/**
 * What was done to the memory before it is compared: it decides what a difference means. `write-over` is a write to pages
 * whose erase was forbidden.
 */
export type DoneBefore = "nothing" | "erase" | "write" | "write-over";

/** Collects what a verify finds, so that the error can tell the likely cause. */
export class Comparison {
  readonly #doneBefore: DoneBefore;
  readonly #erasedByte: number;
  readonly #pages = new Map<number, BadPage>();
  #first: { address: number; expected: number; found: number } | undefined;
  #differences = 0;
  #compared = 0;

  constructor(options: { readonly doneBefore: DoneBefore; readonly erasedByte: number }) {
    this.#doneBefore = options.doneBefore;
    this.#erasedByte = options.erasedByte;
  }

  /** Compares one block, all of it within the page at `pageAddress`; gives the range from the first byte that differs to the last. */
  add(block: {
    readonly address: number;
    readonly expected: Uint8Array;
    readonly found: Uint8Array;
    readonly pageAddress: number;
  }): Extent | undefined {
    const { address, expected, found, pageAddress } = block;
    const page = this.#pages.get(pageAddress) ??
      { address: pageAddress, differences: 0, compared: 0, blank: true };
    this.#pages.set(pageAddress, page);
    page.compared += expected.length;
    this.#compared += expected.length;
    page.blank &&= found.every((byte) => byte === this.#erasedByte);
    const first = firstDifference(expected, found);
    if (first === undefined) return undefined;
    this.#first ??= {
      address: address + first,
      expected: expected[first]!,
      found: found[first] ?? 0,
    };
    let last = first;
    for (let index = first; index < expected.length; index++) {
      if (found[index] === expected[index]) continue;
      page.differences++;
      this.#differences++;
      last = index;
    }
    return { address: address + first, size: last + 1 - first };
  }

  /** Throws `VerifyError` if anything differed. */
  check(): void {
    const first = this.#first;
    if (first === undefined) return;
    const bad = [...this.#pages.values()].filter((page) => page.differences > 0);
    const hex = (byte: number) => "0x" + byte.toString(16).padStart(2, "0");
    const problem = this.#doneBefore === "erase"
      ? "Cannot erase everything"
      : "The device differs from the file";
    throw new VerifyError(
      `${problem}: ${formatAddress(first.address)} holds ${hex(first.found)}, expected ${
        hex(first.expected)
      }; ${this.#differences} of ${this.#compared} bytes differ, in ${
        formatCount(bad.length, "page")
      } of ${this.#pages.size}`,
      {
        hint: this.#hint(bad),
        facts: {
          ...first,
          differentBytes: this.#differences,
          differentPages: bad.map((page) => formatAddress(page.address)),
        },
      },
    );
  }

  #hint(bad: readonly BadPage[]): string {
    if (this.#doneBefore === "erase") {
      return "What is not blank is most likely write-protected in the option bytes, or read-protected (RDP level 1).";
    }
    if (this.#doneBefore === "nothing") {
      return bad.every((page) => page.blank)
        ? "All of it reads as blank: dfuse flash writes the file."
        : "The device holds something else: dfuse flash writes the file.";
    }
    if (this.#doneBefore === "write-over") {
      return "Nothing was erased, as --erase none says, and flash that is not blank takes no image: " +
        "leave that option out.";
    }
    const everywhere = bad.length === this.#pages.size;
    const most = bad.every((page) => page.differences > page.compared / 2);
    if (everywhere && most && bad.every((page) => page.blank)) {
      return "All of it reads as blank: the device takes no writes, as parts do that are read-protected (RDP level 1). " +
        "dfuse unprotect lifts that, and erases the whole flash.";
    }
    if (everywhere && most) {
      return "None of it was written: the device is most likely read-protected (RDP level 1) or write-protected. " +
        "dfuse options shows which.";
    }
    if (most) {
      const where = bad.slice(0, 4).map((page) => formatAddress(page.address)).join(", ");
      return `Whole pages were not written (${where}): they are most likely write-protected in the option bytes, ` +
        "which dfuse options shows.";
    }
    return "Single bytes differ: flash the device again. If they differ again, their pages are write-protected, " +
      "or the flash or its supply is bad.";
  }
}
