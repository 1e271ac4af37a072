import { formatAddress } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DfuSuffix, FirmwareWarning } from "./firmware.ts";
import { uint16At, uint32At } from "./little_endian.ts";

/** bLength of a suffix has one byte, and 16 bytes of it are defined (DFU 1.1 Appendix B). */
export const MIN_SUFFIX_SIZE = 16;
export const MAX_SUFFIX_SIZE = 255;

/** bcdDFU of a file in DfuSe format (UM0391 §2). */
export const DFUSE_VERSION = 0x011A;

/**
 * Reads the suffix, of which `suffixSize()` gave the length, to the end of the file, and checks the CRC.
 *
 * Fields, from the end of the file (DFU 1.1 Appendix B; little endian):
 *
 *     -16 u16 bcdDevice   -14 u16 idProduct   -12 u16 idVendor   -10 u16 bcdDFU
 *     -8  "UFD"           -5  u8 bLength      -4  u32 dwCRC, over everything before it
 *
 * @throws FirmwareError where the CRC is wrong, unless `ignoreCrc`.
 */
export async function readSuffix(
  source: ByteSource,
  options: { readonly length: number; readonly ignoreCrc?: boolean | undefined },
): Promise<DfuSuffix> {
  const { length, ignoreCrc = false } = options;
  const covered = decodeFields(await source.take(length - CRC_SIZE, "the DFU suffix"));
  const computedCrc = source.crc;
  const offset = source.offset;
  const storedCrc = uint32At(await source.take(CRC_SIZE, "the CRC of the DFU suffix"), 0);
  if (computedCrc !== storedCrc && !ignoreCrc) {
    throw source.error(describeCrcs({ computedCrc, storedCrc }), {
      offset,
      hint: "The file is damaged: download or build it again. --ignore-crc reads it all the same.",
    });
  }
  return { ...covered, length, storedCrc, computedCrc };
}

/**
 * Finds the suffix at the end of a file: its length, or 0 if there is none. `tail` are the last bytes of the file,
 * 255 or all of them.
 * @throws FirmwareError where there is one, but damaged.
 */
export function suffixSize(tail: Uint8Array, source: ByteSource): number {
  if (tail.length < MIN_SUFFIX_SIZE) return 0;
  const end = source.offset + tail.length;
  const fields = tail.subarray(tail.length - MIN_SUFFIX_SIZE);
  const signature = String.fromCharCode(...fields.subarray(8, 11));
  const length = fields[11]!;
  if (signature !== "UFD") {
    if (!resemblesSuffix(fields, signature)) return 0;
    throw source.error(
      `its suffix has the signature ${JSON.stringify(signature)}, expected "UFD"`,
      {
        offset: end - 8,
      },
    );
  }
  if (length < MIN_SUFFIX_SIZE || length > tail.length) {
    const wanted = `${MIN_SUFFIX_SIZE}..${Math.min(MAX_SUFFIX_SIZE, tail.length)}`;
    throw source.error(`its suffix has the length ${length}, expected ${wanted}`, {
      offset: end - 5,
    });
  }
  return length;
}

/** The warning that a wrong CRC is, once it has been ignored. */
export function crcWarnings(suffix: DfuSuffix, fileSize: number): readonly FirmwareWarning[] {
  if (suffix.computedCrc === suffix.storedCrc) return [];
  const message = `The CRC was ignored: ${describeCrcs(suffix)}`;
  return [{ message, offset: fileSize - CRC_SIZE }];
}

const CRC_SIZE = 4;

function describeCrcs(crcs: { readonly computedCrc: number; readonly storedCrc: number }): string {
  return `its CRC is ${formatAddress(crcs.computedCrc)}, expected ` +
    `${formatAddress(crcs.storedCrc)} as its suffix says`;
}

/** One damaged letter must not turn a suffix into firmware: all other constant fields of it are right. */
function resemblesSuffix(fields: Uint8Array, signature: string): boolean {
  const right = [..."UFD"].filter((letter, index) => signature[index] === letter).length;
  const version = uint16At(fields, 6);
  return right === 2 && fields[11] === MIN_SUFFIX_SIZE && KNOWN_VERSIONS.includes(version);
}

const KNOWN_VERSIONS: readonly number[] = [0x0100, 0x0110, DFUSE_VERSION];

function decodeFields(bytes: Uint8Array) {
  const start = bytes.length - (MIN_SUFFIX_SIZE - CRC_SIZE);
  return {
    deviceVersion: uint16At(bytes, start),
    productId: uint16At(bytes, start + 2),
    vendorId: uint16At(bytes, start + 4),
    dfuVersion: uint16At(bytes, start + 6),
  };
}
