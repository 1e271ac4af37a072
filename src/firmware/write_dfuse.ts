import { crc32, dfuCrc } from "./crc.ts";
import type { DfuIds, FirmwareImage, Segment } from "./firmware.ts";

/** What a DfuSe file is for: ids of the device, 0xFFFF for any. */
export interface WriteDfuseOptions {
  readonly ids: DfuIds;
}

/**
 * A DfuSe file (UM0391), byte for byte the same for the same images: a target for each image, an element for each segment.
 * The layouts of prefix, target and element are told beside the reader, in dfuse.ts.
 * @throws RangeError for more images than a file can hold, or an alternate setting beyond a byte.
 */
export function writeDfuse(
  images: readonly FirmwareImage[],
  options: WriteDfuseOptions,
): Uint8Array {
  if (images.length > MAX_BYTE || images.some(({ alternate = 0 }) => alternate > MAX_BYTE)) {
    throw new RangeError("Cannot write a DfuSe file: targets and alternate settings go up to 255");
  }
  const targets = images.map(encodeTarget);
  const size = PREFIX_SIZE + targets.reduce((sum, target) => sum + target.length, 0);
  const file = new Uint8Array(size + SUFFIX_SIZE);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode("DfuSe"));
  file[5] = 1;
  view.setUint32(6, size, true);
  file[10] = images.length;
  let offset = PREFIX_SIZE;
  for (const target of targets) {
    file.set(target, offset);
    offset += target.length;
  }
  const { deviceVersion, productId, vendorId } = options.ids;
  [deviceVersion, productId, vendorId, DFUSE_VERSION].forEach((value, index) =>
    view.setUint16(offset + index * 2, value, true)
  );
  file.set(new TextEncoder().encode("UFD"), offset + 8);
  file[offset + 11] = SUFFIX_SIZE;
  view.setUint32(offset + 12, dfuCrc(crc32(file.subarray(0, offset + 12))), true);
  return file;
}

const PREFIX_SIZE = 11;
const TARGET_PREFIX_SIZE = 274;
const ELEMENT_HEADER_SIZE = 8;
const SUFFIX_SIZE = 16;
const NAME_SIZE = 255;
const DFUSE_VERSION = 0x011A;
const MAX_BYTE = 0xFF;

function encodeTarget({ alternate = 0, name, image }: FirmwareImage): Uint8Array {
  const { segments } = image;
  const size = segments.reduce((sum, segment) => sum + ELEMENT_HEADER_SIZE + segment.size, 0);
  const target = new Uint8Array(TARGET_PREFIX_SIZE + size);
  const view = new DataView(target.buffer);
  target.set(new TextEncoder().encode("Target"));
  target[6] = alternate;
  view.setUint32(7, name === undefined ? 0 : 1, true);
  // The last byte stays 0: readers look for the end of the name. A character that does not fit is left out whole.
  new TextEncoder().encodeInto(name ?? "", target.subarray(11, 11 + NAME_SIZE - 1));
  view.setUint32(266, size, true);
  view.setUint32(270, segments.length, true);
  placeElements(segments, { target, view });
  return target;
}

function placeElements(
  segments: readonly Segment[],
  { target, view }: { readonly target: Uint8Array; readonly view: DataView },
): void {
  let offset = TARGET_PREFIX_SIZE;
  for (const { address, size, data } of segments) {
    view.setUint32(offset, address, true);
    view.setUint32(offset + 4, size, true);
    target.set(data, offset + ELEMENT_HEADER_SIZE);
    offset += ELEMENT_HEADER_SIZE + size;
  }
}
