import type { FlashTiming } from "../chips/chip.ts";

/** Bounds are this many times the datasheet's maximum, or what the device says: parts at their temperature limits are slower. */
export const SAFETY_FACTOR = 4;

/** No page of any known part takes longer: an F4 at x8 erases 128 KiB in 4 s. */
const LEAST_BOUND_MS = 20_000;

/** An F405 takes up to 32 s for 1 MiB, dual-bank parts twice that. */
const LEAST_MASS_ERASE_BOUND_MS = 120_000;

/** A device may state a longer time than any known part needs, up to this: bwPollTimeout itself reaches 4.6 hours. */
export const LONGEST_STATED_MS = 600_000;

/** How long a device may finish what an earlier run began: the mass erase of an F405 at its slowest. */
export const MAXIMUM_RECOVERY_MS = 40_000;

/** How long a device may be busy when dfuse lets go of it, before it counts as lost. */
export const MAXIMUM_FINISH_MS = 5_000;

/** How long a page erase may take before the device counts as hung, in milliseconds. */
export function maximumEraseMs(pageSize: number, timing: FlashTiming | undefined): number {
  const row = timing?.erase.find((row) => row.pageSize >= pageSize) ?? timing?.erase.at(-1);
  return Math.max(LEAST_BOUND_MS, SAFETY_FACTOR * (row?.maximumMs ?? 0));
}

/** The same for erasing everything. */
export function maximumMassEraseMs(timing: FlashTiming | undefined): number {
  return Math.max(LEAST_MASS_ERASE_BOUND_MS, SAFETY_FACTOR * (timing?.massErase?.maximumMs ?? 0));
}

/** The same for programming one block. */
export const MAXIMUM_WRITE_MS = LEAST_BOUND_MS;

/** The longest erase of a part that does not report its end, in milliseconds: an H743 takes 4 s for 128 KiB. */
export function stuckEraseMs(pageSize: number): number {
  return 4_000 * Math.max(1, pageSize / (128 * 1024));
}
