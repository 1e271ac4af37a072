import type { Extent, Image } from "../firmware/firmware.ts";
import { buildImage } from "../firmware/image.ts";
import { writeBlocks } from "../plan/write_blocks.ts";
import type { FlashDevice, RunOptions } from "./flash.ts";
import { checkSignal } from "./interrupt.ts";

/** Reads stretches of one alternate setting's memory; the device must be in dfuIDLE. */
export async function readMemory(
  device: FlashDevice,
  options: RunOptions & { readonly alternate: number; readonly ranges: readonly Extent[] },
): Promise<Image> {
  const { session, profile } = device;
  const { alternate, ranges, onEvent, signal } = options;
  const total = ranges.reduce((sum, range) => sum + range.size, 0);
  const parts: { address: number; data: Uint8Array }[] = [];
  let done = 0;
  onEvent?.({ kind: "stage", stage: "read", total });
  await session.selectAlternate(alternate);
  for (const range of ranges) {
    const data = new Uint8Array(range.size);
    for (const block of writeBlocks(range, profile.transferSize)) {
      checkSignal(signal);
      data.set(await session.read(block.address, block.size), block.address - range.address);
      done += block.size;
      onEvent?.({ kind: "progress", stage: "read", ...block, done, total });
    }
    parts.push({ address: range.address, data });
  }
  await session.finish();
  return buildImage(parts);
}
