import type { VoltageRange } from "../chips/chip.ts";
import type { Extent } from "../firmware/firmware.ts";
import type { Pages } from "./extents.ts";

/**
 * What is done to a device, in order. An operation says what, never how: block numbers, address pointers and polling
 * belong to the session. Sizes are in bytes.
 */
export type Operation =
  /** Everything after it concerns this alternate setting. */
  | { readonly kind: "select"; readonly alternate: number }
  /** Tell the boot loader its supply voltage: "Device Feature" of F2, F4 and F7 (AN2606 §4.4). */
  | { readonly kind: "voltage"; readonly address: number; readonly range: VoltageRange }
  /** Keep these bytes: a later write puts them back. */
  | { readonly kind: "read"; readonly address: number; readonly size: number }
  /** Erase pages of one size that follow each other. */
  | {
    readonly kind: "erase";
    readonly address: number;
    readonly pageSize: number;
    readonly pageCount: number;
  }
  /** Erase the whole memory at once. */
  | { readonly kind: "erase-all" }
  /** Write one run of bytes: the image's, kept ones, and 0xFF where there are neither. `writeBlocks()` cuts it. */
  | { readonly kind: "write"; readonly address: number; readonly size: number }
  /** Read back and compare with the image, and with what was kept. */
  | { readonly kind: "verify"; readonly address: number; readonly size: number }
  /** Start the program whose vector table is at this address. */
  | { readonly kind: "leave"; readonly address: number };

/** What the survey found in a page, compared with the image. */
export type PageState =
  | "unchanged"
  | "blank"
  /** All that was looked at of it is blank: good enough to write to, where the result is verified. */
  | "looks-blank"
  | "different";

/** Page states by alternate setting, then by page address. A page that is missing is unknown. */
export type PageStates = ReadonlyMap<number, ReadonlyMap<number, PageState>>;

/** What happens to a page, and so to every byte in it. */
export type PageAction =
  /** Erased, then written. */
  | "erase-write"
  /** Written without an erase. */
  | "write"
  /** Erased and left blank. */
  | "erase"
  /** Touched by the image, and left alone. */
  | "keep";

/** Why a page is treated so. */
export type PageReason =
  /** The image has bytes there. */
  | "image"
  /** The image has only 0xFF there. */
  | "image-blank"
  /** The page holds what the image wants. */
  | "unchanged"
  /** The page is blank: it needs no erase. */
  | "already-blank"
  /** The page looks blank where it was looked at: verify tells whether it was. */
  | "looks-blank"
  /** The memory takes writes without an erase. */
  | "not-erasable"
  /** The user forbade the erase. */
  | "erase-none"
  /** The user wants everything erased. */
  | "erase-all"
  /** The user asked for the erase of just these pages. */
  | "requested";

/** Pages that follow each other and share size, action and reason. */
export interface PageRun extends Pages {
  readonly alternate: number;
  readonly action: PageAction;
  readonly reason: PageReason;
  /** Bytes of the image in these pages. */
  readonly imageSize: number;
  /** Bytes that the writes send to these pages, padding and preserved bytes included. */
  readonly writeSize: number;
}

/** A stretch of addresses of one alternate setting. */
export interface AlternateExtent extends Extent {
  readonly alternate: number;
}

/** How long a plan takes, in milliseconds, with the typical figures of the part's datasheet. */
export interface Estimate {
  readonly readMs: number;
  readonly eraseMs: number;
  readonly writeMs: number;
  readonly verifyMs: number;
  readonly totalMs: number;
}

/** Sums over a plan; sizes in bytes. */
export interface PlanTotals {
  /** Of all images. */
  readonly imageSize: number;
  readonly keptPages: number;
  readonly erasedPages: number;
  readonly erasedSize: number;
  readonly writtenSize: number;
  /** Blocks of at most the transfer size. */
  readonly writtenBlocks: number;
  readonly verifiedSize: number;
  readonly blankedSize: number;
  readonly preservedSize: number;
}

/** What a flash will do: plain data, the same for `plan`, `flash --dry-run` and `flash`. */
export interface Plan {
  readonly operations: readonly Operation[];
  /** Every page that the plan touches or the image covers, in order. */
  readonly pages: readonly PageRun[];
  /** Bytes outside the image that an erase sets to 0xFF. */
  readonly blanked: readonly AlternateExtent[];
  /** Bytes outside the image that are read first and written back. */
  readonly preserved: readonly AlternateExtent[];
  readonly warnings: readonly string[];
  readonly totals: PlanTotals;
  /** Missing where the part's timing is unknown. */
  readonly estimate?: Estimate;
}
