/** The formats that a reader exists for. */
export type FirmwareFormat = "dfuse" | "dfu" | "binary" | "hex" | "srec" | "elf" | "uf2";

/** A stretch of addresses, `address` inclusive, `address + size` exclusive. */
export interface Extent {
  readonly address: number;
  /** In bytes. */
  readonly size: number;
}

/** Bytes that belong at an address. `size` equals `data.length`. */
export interface Segment extends Extent {
  readonly data: Uint8Array;
}

/** What shall be in memory: segments sorted by address, disjoint, and joined where they touch. */
export interface Image {
  readonly segments: readonly Segment[];
}

/**
 * The first two words of an image: what a Cortex-M reads when it starts there. Whether they make sense is another
 * matter.
 */
export interface VectorTable {
  /** Of the table, and of the image. */
  readonly address: number;
  readonly stackPointer: number;
  /** With bit 0 set for Thumb state. */
  readonly resetVector: number;
}

/**
 * All that planning needs to know of an image: where it has bytes, and which long stretches of them are 0xFF.
 * It has no bytes of its own but the first eight, so the outline of an image of any size is small.
 */
export interface Outline {
  /** Sorted, disjoint, joined where they touch. */
  readonly segments: readonly Extent[];
  /** Stretches within the segments in which every byte is 0xFF: sorted, disjoint. Short ones may be missing. */
  readonly blanks: readonly Extent[];
  /** Missing where the image begins with fewer than 8 bytes. */
  readonly vectorTable?: VectorTable;
}

/** The ids of a DFU suffix; 0xFFFF stands for any (DFU 1.1 Appendix B). */
export interface DfuIds {
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
}

/** The DFU suffix: the end of every .dfu file (DFU 1.1 Appendix B). */
export interface DfuSuffix extends DfuIds {
  /** bcdDFU: 0x011A for DfuSe files, 0x0100 for plain ones. */
  readonly dfuVersion: number;
  /** bLength, 16 or more. */
  readonly length: number;
  readonly storedCrc: number;
  readonly computedCrc: number;
}

/** Something that a reader tolerates and a person should know. */
export interface FirmwareWarning {
  readonly message: string;
  /** Where in the file, in bytes. */
  readonly offset?: number;
}

/** Facts about the file as a whole, known when its end has been read and checked. */
export interface FileFacts {
  readonly format: FirmwareFormat;
  /** Bytes in the file. */
  readonly fileSize: number;
  /** Bytes after unpacking, of a file that is packed with gzip. */
  readonly unpackedSize?: number;
  readonly suffix?: DfuSuffix;
  /** Where the program starts, as the file says; on a Cortex-M the reset vector counts instead. */
  readonly entry?: number;
  /** The family of parts that a UF2 file is for: see uf2_families.ts. */
  readonly family?: number;
}

/**
 * What a reader yields, in the order of the file. `data` belongs to the element before it, its bytes are
 * valid only until the next event is asked for. `end` is the last event, and comes only after every checksum of
 * the file has been verified: nothing that was read before may be used without it.
 */
export type FirmwareEvent =
  | {
    readonly kind: "image";
    /** Alternate setting, where the file names one. */
    readonly alternate?: number;
    readonly name?: string;
    /** The bytes of its elements do not stand in the file as they are, one after the other from their offset on. */
    readonly encoded?: boolean;
  }
  | {
    readonly kind: "element";
    /** Start address; missing in files without addresses when none was given. */
    readonly address?: number;
    /** Offset of the element's data in the file; of the first record of it in formats made of records. */
    readonly offset: number;
  }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | ({ readonly kind: "warning" } & FirmwareWarning)
  | ({ readonly kind: "end" } & FileFacts);

/** An element as the file holds it: nothing joined, nothing sorted. */
export interface ElementSummary {
  readonly address?: number;
  readonly size: number;
  /** Offset of the element's data in the unpacked file; of the first record of it in formats made of records. */
  readonly offset: number;
}

/** One image of a file: what belongs into one alternate setting. */
export interface ImageSummary {
  readonly alternate?: number;
  readonly name?: string;
  /** Sum of its elements, in bytes. */
  readonly size: number;
  readonly elements: readonly ElementSummary[];
  /** SHA-256 of the image's bytes in order of address, gaps left out; hex. Equal to that of the .bin file where there are no gaps. */
  readonly sha256?: string;
  readonly outline: Outline;
}

/** One of several files that were read as one firmware. */
export interface FirmwareFile extends FileFacts {
  readonly name: string;
}

/** Everything that is known of a file without keeping its bytes. */
export interface FirmwareSummary extends FileFacts {
  /** Where there are several; the facts beside it are then those of the first, the suffix that of all. */
  readonly files?: readonly FirmwareFile[];
  /** SHA-256 of the whole file, hex. */
  readonly sha256?: string;
  readonly images: readonly ImageSummary[];
  readonly warnings: readonly FirmwareWarning[];
}

/** One image with its bytes. */
export interface FirmwareImage {
  readonly alternate?: number;
  readonly name?: string;
  readonly image: Image;
}

/** A file with its bytes, verified. */
export interface Firmware extends FileFacts {
  /** As in `FirmwareSummary`. */
  readonly files?: readonly FirmwareFile[];
  readonly images: readonly FirmwareImage[];
  readonly warnings: readonly FirmwareWarning[];
}
