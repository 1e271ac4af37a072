import { formatAddress, formatCount, formatHex16 } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DfuSuffix, FirmwareEvent } from "./firmware.ts";
import { uint32At } from "./little_endian.ts";
import type { ReadOptions } from "./read_firmware.ts";
import {
  crcWarnings,
  DFUSE_VERSION,
  MAX_SUFFIX_SIZE,
  MIN_SUFFIX_SIZE,
  readSuffix,
  suffixSize,
} from "./suffix.ts";

/**
 * Reads a DfuSe 1.1a file. All sizes are checked against each other and against the file's end; an element's
 * address and size as well. Little endian (UM0391 §2):
 *
 *     prefix   0 "DfuSe"  5 u8 bVersion  6 u32 DFUImageSize  10 u8 bTargets                       11 bytes
 *     target   0 "Target"  6 u8 bAlternateSetting  7 u32 bTargetNamed  11 char szTargetName[255]
 *              266 u32 dwTargetSize  270 u32 dwNbElements                                        274 bytes
 *     element  0 u32 dwElementAddress  4 u32 dwElementSize                                         8 bytes
 *     suffix   see suffix.ts
 *
 * @throws FirmwareError for a damaged file.
 */
export async function* readDfuse(
  source: ByteSource,
  options: ReadOptions = {},
): AsyncGenerator<FirmwareEvent> {
  const { imageSize, targetCount } = decodePrefix(source, await source.take(PREFIX_SIZE, "prefix"));
  const reading: Reading = { end: imageSize, elementCount: 0, byteCount: 0 };
  for (let target = 0; target < targetCount; target++) yield* readTarget(source, target, reading);
  if (reading.byteCount === 0) {
    throw source.error("its elements are all empty, expected firmware", { offset: source.offset });
  }
  const imagesEnd = source.offset;
  const suffix = await readRest(source, options);
  checkImageSize(source, { imageSize, imagesEnd });
  for (const warning of crcWarnings(suffix, source.offset)) yield { kind: "warning", ...warning };
  if (suffix.dfuVersion !== DFUSE_VERSION) {
    const found = formatHex16(suffix.dfuVersion);
    const message = `The suffix has bcdDFU ${found}, expected 0x011a for a DfuSe file`;
    yield { kind: "warning", message, offset: source.offset - 10 };
  }
  yield { kind: "end", format: "dfuse", fileSize: source.offset, suffix };
}

/** All targets of a file together: 8 bytes can claim an element, and each element of a summary costs memory. */
const MAX_ELEMENT_COUNT = 65_536;

const PREFIX_SIZE = 11;
const TARGET_PREFIX_SIZE = 274;
const ELEMENT_PREFIX_SIZE = 8;
const ADDRESS_END = 0x1_0000_0000;

/** What is known while the targets are read. */
interface Reading {
  /** No target may end behind it: DFUImageSize, which may count the suffix. */
  readonly end: number;
  elementCount: number;
  byteCount: number;
}

function decodePrefix(source: ByteSource, bytes: Uint8Array) {
  const version = bytes[5]!;
  const imageSize = uint32At(bytes, 6);
  const targetCount = bytes[10]!;
  if (version !== 1) {
    throw source.error(`its DfuSe version is ${version}, expected 1`, { offset: 5 });
  }
  if (targetCount === 0) {
    throw source.error("it has 0 targets, expected 1..255", { offset: 10 });
  }
  return { imageSize, targetCount };
}

async function* readTarget(
  source: ByteSource,
  target: number,
  reading: Reading,
): AsyncGenerator<FirmwareEvent> {
  const start = source.offset;
  const prefix = await source.take(TARGET_PREFIX_SIZE, `the prefix of target ${target}`);
  const { size, count, ...image } = decodeTarget(source, { prefix, start, target });
  const end = source.offset + size;
  if (end > reading.end) {
    const left = Math.max(0, reading.end - source.offset);
    throw source.error(
      `target ${target} claims ${size} bytes, expected at most ${left} by DFUImageSize`,
      { offset: start + 266 },
    );
  }
  checkCount(source, { target, count, size, offset: start + 270, before: reading.elementCount });
  reading.elementCount += count;
  yield { kind: "image", ...image };
  const empty: number[] = [];
  for (let element = 0; element < count; element++) {
    const part = `element ${element} of target ${target}`;
    const header = await readElementHeader(source, { part, end });
    if (header.size === 0) empty.push(element);
    reading.byteCount += header.size;
    yield { kind: "element", address: header.address, offset: source.offset };
    yield* readData(source, header.size, part);
  }
  if (source.offset !== end) {
    throw source.error(
      `the elements of target ${target} end at offset ${source.offset}, expected ${end} ` +
        "by dwTargetSize",
      { offset: source.offset },
    );
  }
  yield* warnOfEmpty({ target, count, empty, offset: start });
}

function decodeTarget(
  source: ByteSource,
  at: { readonly prefix: Uint8Array; readonly start: number; readonly target: number },
) {
  const { prefix, start, target } = at;
  const signature = String.fromCharCode(...prefix.subarray(0, 6));
  if (signature !== "Target") {
    throw source.error(
      `target ${target} begins with ${JSON.stringify(signature)}, expected "Target"`,
      { offset: start },
    );
  }
  const named = uint32At(prefix, 7) !== 0;
  const name = named ? decodeName(prefix.subarray(11, 266)) : "";
  return {
    alternate: prefix[6]!,
    ...(name === "" ? {} : { name }),
    size: uint32At(prefix, 266),
    count: uint32At(prefix, 270),
  };
}

/** Up to the first NUL, as UTF-8 or else Windows-1252; control characters could play with a terminal. */
function decodeName(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  const text = nul < 0 ? bytes : bytes.subarray(0, nul);
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    name = new TextDecoder("windows-1252").decode(text);
  }
  return name.replaceAll(/\p{Cc}/gu, "\uFFFD").trim();
}

function checkCount(
  source: ByteSource,
  claim: {
    readonly target: number;
    readonly count: number;
    readonly size: number;
    readonly offset: number;
    readonly before: number;
  },
): void {
  const { target, count, size, offset, before } = claim;
  const room = Math.floor(size / ELEMENT_PREFIX_SIZE);
  if (count > room) {
    throw source.error(
      `target ${target} claims ${formatCount(count, "element")} in ${formatCount(size, "byte")}, ` +
        `expected at most ${room}`,
      { offset },
    );
  }
  if (before + count > MAX_ELEMENT_COUNT) {
    throw source.error(
      `target ${target} claims ${formatCount(count, "element")}, ` +
        `expected at most ${MAX_ELEMENT_COUNT} in a file`,
      { offset, hint: "Join elements whose addresses follow each other." },
    );
  }
}

async function readElementHeader(
  source: ByteSource,
  at: { readonly part: string; readonly end: number },
): Promise<{ readonly address: number; readonly size: number }> {
  const { part, end } = at;
  const start = source.offset;
  if (start + ELEMENT_PREFIX_SIZE > end) {
    throw source.error(
      `${part} begins ${end - start} bytes before the end of its target, expected at least ` +
        `${ELEMENT_PREFIX_SIZE}`,
      { offset: start },
    );
  }
  const bytes = await source.take(ELEMENT_PREFIX_SIZE, `the prefix of ${part}`);
  const address = uint32At(bytes, 0);
  const size = uint32At(bytes, 4);
  const left = end - source.offset;
  if (size > left) {
    throw source.error(`${part} claims ${size} bytes, expected at most ${left} by dwTargetSize`, {
      offset: start + 4,
    });
  }
  if (address + size > ADDRESS_END) {
    throw source.error(
      `${part} has ${size} bytes at ${formatAddress(address)}, expected an end of at most 2^32`,
      { offset: start },
    );
  }
  return { address, size };
}

async function* readData(
  source: ByteSource,
  size: number,
  part: string,
): AsyncGenerator<FirmwareEvent> {
  const end = source.offset + size;
  while (source.offset < end) {
    const bytes = await source.chunk({ limit: end - source.offset });
    if (bytes === undefined) throw source.endsEarly(part, end - source.offset);
    yield { kind: "data", bytes };
  }
}

function* warnOfEmpty(
  found: {
    readonly target: number;
    readonly count: number;
    readonly empty: readonly number[];
    readonly offset: number;
  },
): Generator<FirmwareEvent> {
  const { target, count, empty, offset } = found;
  if (count === 0) {
    yield { kind: "warning", message: `Target ${target} has no elements`, offset };
  } else if (empty.length > 0) {
    const message = `Target ${target} has ${formatCount(empty.length, "element")} without bytes, ` +
      `the first of them element ${empty[0]}`;
    yield { kind: "warning", message, offset };
  }
}

async function readRest(source: ByteSource, options: ReadOptions): Promise<DfuSuffix> {
  const start = source.offset;
  const rest = await source.peek(MAX_SUFFIX_SIZE + 1);
  if (rest.length < MIN_SUFFIX_SIZE) {
    throw source.endsEarly("the DFU suffix", MIN_SUFFIX_SIZE - rest.length);
  }
  if (rest.length > MAX_SUFFIX_SIZE) {
    throw source.error(
      `more than ${MAX_SUFFIX_SIZE} bytes follow its last element, expected the DFU suffix alone`,
      { offset: start },
    );
  }
  const length = suffixSize(rest, source);
  if (length === 0) {
    throw source.error(`its last element is not followed by a DFU suffix, expected "UFD"`, {
      offset: start + rest.length - 8,
    });
  }
  if (length < rest.length) {
    throw source.error(
      `${formatCount(rest.length - length, "byte")} between its last element and its suffix, ` +
        "expected none",
      { offset: start },
    );
  }
  return await readSuffix(source, { length, ignoreCrc: options.ignoreCrc });
}

/** ST's tools leave the suffix out of DFUImageSize, others count it. */
function checkImageSize(
  source: ByteSource,
  sizes: { readonly imageSize: number; readonly imagesEnd: number },
): void {
  const { imageSize, imagesEnd } = sizes;
  if (imageSize === imagesEnd || imageSize === source.offset) return;
  throw source.error(
    `its DFUImageSize is ${imageSize}, expected ${imagesEnd} without the suffix ` +
      `or ${source.offset} with it`,
    { offset: 6 },
  );
}
