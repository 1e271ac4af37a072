/** Bytes in a KiB, for page sizes. */
export const KIB = 1024;

/** How long flash takes, from a datasheet. */
export interface FlashTiming {
  /** One row per page size of the part, ascending. */
  readonly erase: readonly {
    /** In bytes. */
    readonly pageSize: number;
    readonly typicalMs: number;
    readonly maximumMs: number;
  }[];
  readonly program: {
    /** Bytes programmed at once. */
    readonly unit: number;
    readonly typicalUs: number;
    readonly maximumUs: number;
  };
  /** Of the whole main flash. */
  readonly massErase?: { readonly typicalMs: number; readonly maximumMs: number };
  /** Where the figures come from. */
  readonly source: string;
}

/** The supply voltage ranges of F2, F4 and F7, which decide how many bytes are programmed at once (AN2606 §4.4). */
export type VoltageRange = "1.8-2.1" | "2.1-2.4" | "2.4-2.7" | "2.7-3.6";

/**
 * What a part's boot loader does otherwise than AN3156 says. Each name has one meaning, told in `quirks.ts`,
 * which the session honours and the simulator plays.
 */
export type Quirk =
  | "blind-clrstatus-breaks"
  | "clrstatus-only-in-error"
  | "corrupts-uneven-long-blocks"
  | "descriptor-request-unanswered"
  | "early-poll-stalls"
  | "equal-serials"
  | "erase-never-reports-done-above-0x08100000"
  | "layout-lies"
  | "leave-unanswered"
  | "mass-erase-underreports"
  | "misaligned-write-poisons"
  | "no-mass-erase"
  | "no-read-unprotect"
  | "random-stalls"
  | "resets-after-option-bytes"
  | "serial-not-utf16"
  | "short-strings"
  | "silent-at-rdp1"
  | "slow-enumeration"
  | "special-areas-claim-erasable"
  | "voltage-sets-parallelism";

/** A part, or several that share boot loader, memory and timing. Plain data. */
export interface Chip {
  /** Lower case, as on the command line: `stm32f405`; with ST's size suffix for a smaller sister: `stm32f401xc`. */
  readonly id: string;
  /** Other names that mean the same entry: `stm32f407`. */
  readonly aliases: readonly string[];
  /** For people: `STM32F405/407, 1 MiB`. */
  readonly title: string;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice as the loader reports it, where it was seen. */
  readonly deviceVersion?: number;
  /** A regular expression that only this part's serial numbers match, where they tell the part. */
  readonly serialPattern?: string;
  /** Bytes of main flash: what the first alternate setting holds. */
  readonly flashSize: number;
  /** The interface string of each alternate setting, by its number, as it should be. */
  readonly alternates: readonly string[];
  /** What the loader really sends, where a string differs from `alternates`. As many as there. */
  readonly sentAlternates?: readonly string[];
  /** wTransferSize of the loader, in bytes. */
  readonly transferSize: number;
  /** The loader takes writes whose address and size are multiples of this, in bytes (AN2606). */
  readonly writeAlignment: number;
  /**
   * Bytes that share an error-correcting code, where flash has one: they can be programmed once after an erase,
   * all together. A plan must not write to one of them twice, though the loader would take it.
   */
  readonly flashWordSize?: number;
  /** What erased flash reads as, where that is not 0xFF. */
  readonly erasedByte?: number;
  /** Programming a byte that is not blank clears further bits, without an error and without harm. */
  readonly reprogrammable?: boolean;
  /** As the part is after reset. */
  readonly timing: FlashTiming;
  /** F2, F4, F7: once the loader has been told the supply voltage. */
  readonly timingAtVoltage?: Readonly<Record<VoltageRange, FlashTiming>>;
  readonly quirks: readonly Quirk[];
  /** Where the loader's version byte can be read at RDP 0 (AN2606 table 3). */
  readonly romVersionAddress?: number;
  /** Where the facts come from; an inference is called one. */
  readonly sources: readonly string[];
}
