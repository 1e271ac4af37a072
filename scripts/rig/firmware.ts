import { buildDfuse } from "../../tests/helpers/firmware_files.ts";
import { seededRandom } from "../../tests/helpers/random.ts";

/** Where main flash begins on every board of the rig. */
export const FLASH = 0x08000000;

/** A made-up program that a boot loader would start: a vector table, and bytes that are easy to tell from others. */
export function program(seed: number, size: number): Uint8Array {
  const bytes = seededRandom(seed).bytes(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, 0x20002000, true);
  view.setUint32(4, FLASH + 0x101, true);
  return bytes;
}

/** A copy in which one byte differs. */
export function changeByte(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = 255 - copy[offset]!;
  return copy;
}

/** A DfuSe file with one target. */
export function dfuseFile(
  elements: readonly { readonly address: number; readonly data: Uint8Array }[],
  alternate = 0,
): Uint8Array {
  return buildDfuse({
    targets: [{ alternate, name: "target", elements }],
    suffix: { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0xFFFF },
  });
}
