import { InterruptedError } from "../errors.ts";
import type { Extent, Image } from "../firmware/firmware.ts";
import { buildImage } from "../firmware/image.ts";
import { writeBlocks } from "../plan/write_blocks.ts";
import type { FlashDevice, RunOptions } from "./flash.ts";
import { checkSignal } from "./interrupt.ts";

export interface ReadOptions extends RunOptions {
  readonly alternate: number;
  /** Sorted and disjoint. */
  readonly ranges: readonly Extent[];
}

/**
 * Reads stretches of one alternate setting's memory; the device must be in dfuIDLE, and is again afterwards.
 *
 * @throws {DeviceError} if the device refuses, or sends less than was asked for.
 * @throws {TransportError} if it is lost.
 * @throws {InterruptedError} as `signal` asks.
 */
export async function readMemory(device: FlashDevice, options: ReadOptions): Promise<Image> {
  const { session } = device;
  try {
    const parts = await readRanges(device, options);
    await session.finish();
    return buildImage(parts);
  } catch (error) {
    if (error instanceof InterruptedError) await session.finish();
    throw error;
  }
}

async function readRanges(
  { session, profile }: FlashDevice,
  { alternate, ranges, onEvent, signal }: ReadOptions,
): Promise<{ address: number; data: Uint8Array }[]> {
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
  return parts;
}
