import { formatAddress } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";
import type { ReadOptions } from "./read_firmware.ts";
import { crcWarnings, DFUSE_VERSION, MAX_SUFFIX_SIZE, readSuffix, suffixSize } from "./suffix.ts";

/**
 * Reads a file that is nothing but the bytes for the device: with a DFU suffix it is a plain DFU 1.x file (DFU 1.1
 * Appendix B), without one a raw binary. Only its end tells which, so one reader serves both.
 * @throws FirmwareError for a damaged suffix, and where there are no bytes for the device.
 */
export async function* readPlain(
  source: ByteSource,
  options: ReadOptions = {},
): AsyncGenerator<FirmwareEvent> {
  const { address, ignoreCrc } = options;
  yield { kind: "image" };
  yield { kind: "element", ...(address === undefined ? {} : { address }), offset: 0 };
  for (;;) {
    const bytes = await source.chunk({ keep: MAX_SUFFIX_SIZE });
    if (bytes === undefined) break;
    checkAddress(source, address);
    yield { kind: "data", bytes };
  }
  const tail = await source.peek(MAX_SUFFIX_SIZE);
  const length = suffixSize(tail, source);
  if (source.offset + tail.length === length) {
    throw source.error("it is empty but for its suffix, expected firmware", { offset: 0 });
  }
  if (tail.length > length) {
    const bytes = await source.take(tail.length - length, "the firmware");
    checkAddress(source, address);
    yield { kind: "data", bytes };
  }
  if (length === 0) yield* endBinary(source);
  else yield* endDfu(source, { length, ignoreCrc });
}

/** Addresses have 32 bits: more bytes fit on no device, and an endless stream must end somewhere. */
const ADDRESS_END = 0x1_0000_0000;

function checkAddress(source: ByteSource, address: number | undefined): void {
  const end = (address ?? 0) + source.offset;
  if (end <= ADDRESS_END) return;
  const from = address === undefined ? "" : ` from ${formatAddress(address)}`;
  throw source.error(
    `it is larger than the address space${from}, expected an end of at most 2^32`,
    {
      offset: ADDRESS_END - (address ?? 0),
      hint: "Check the file and --address.",
    },
  );
}

function* endBinary(source: ByteSource): Generator<FirmwareEvent> {
  const fileSize = source.offset;
  if (source.name.toLowerCase().endsWith(".dfu")) {
    const message = "The file has no DFU suffix although it is named .dfu: " +
      "taken as a raw binary, but it may be truncated";
    yield { kind: "warning", message, offset: fileSize };
  }
  yield { kind: "end", format: "binary", fileSize };
}

async function* endDfu(
  source: ByteSource,
  options: { readonly length: number; readonly ignoreCrc: boolean | undefined },
): AsyncGenerator<FirmwareEvent> {
  const suffix = await readSuffix(source, options);
  const fileSize = source.offset;
  if (suffix.dfuVersion === DFUSE_VERSION) {
    throw source.error(`its suffix says DfuSe, but it begins otherwise, expected "DfuSe"`, {
      offset: 0,
    });
  }
  for (const warning of crcWarnings(suffix, fileSize)) yield { kind: "warning", ...warning };
  yield { kind: "end", format: "dfu", fileSize, suffix };
}
