import type { FlashTiming } from "../chips/chip.ts";
import type { DeviceProfile } from "./device_profile.ts";
import type { Estimate, Operation } from "./operation.ts";
import { countBlocks } from "./write_blocks.ts";

/**
 * Full-speed control transfers move 64-byte packets, about 13 of them a frame of 1 ms at best (USB 2.0 table 5-2): this
 * many milliseconds a byte of data, and this many a transfer for its setup and status stages.
 */
const WIRE_MS_PER_BYTE = 1 / 832;
const WIRE_MS_PER_TRANSFER = 0.15;

/** A block of data costs itself and two status requests, a command as much. */
const TRANSFERS_PER_STEP = 3;

/** How long a plan takes, with typical figures; undefined where the part's timing is unknown. */
export function estimatePlan(
  operations: readonly Operation[],
  profile: DeviceProfile,
): Estimate | undefined {
  const { timing, transferSize } = profile;
  if (timing === undefined) return undefined;
  let alternate: number | undefined;
  let readMs = 0, eraseMs = 0, writeMs = 0, verifyMs = 0;
  for (const operation of operations) {
    switch (operation.kind) {
      case "read":
        readMs += transferMs(operation.size, transferSize, 1);
        break;
      case "verify":
        verifyMs += transferMs(operation.size, transferSize, 1);
        break;
      case "erase":
        eraseMs += operation.pageCount *
          (eraseTimeMs(operation.pageSize, timing) + TRANSFERS_PER_STEP * WIRE_MS_PER_TRANSFER);
        break;
      case "erase-all":
        eraseMs += massEraseMs(profile, { timing, alternate });
        break;
      case "write":
        writeMs += programTimeMs(operation.size, timing) +
          transferMs(operation.size, transferSize, TRANSFERS_PER_STEP);
        break;
      case "select":
        alternate = operation.alternate;
        break;
      case "voltage":
      case "leave":
        break;
    }
  }
  return { readMs, eraseMs, writeMs, verifyMs, totalMs: readMs + eraseMs + writeMs + verifyMs };
}

/** Typical milliseconds to erase a page; for a size without a row, that of the next larger or the largest one. */
export function eraseTimeMs(pageSize: number, timing: FlashTiming): number {
  const row = timing.erase.find((row) => row.pageSize >= pageSize) ?? timing.erase.at(-1);
  return row?.typicalMs ?? 0;
}

/** Typical milliseconds to program bytes. */
export function programTimeMs(size: number, timing: FlashTiming): number {
  return Math.ceil(size / timing.program.unit) * timing.program.typicalUs / 1000;
}

/** Where the datasheet has no figure for a mass erase, it counts as the sum of all pages. */
function massEraseMs(
  profile: DeviceProfile,
  of: { readonly timing: FlashTiming; readonly alternate: number | undefined },
): number {
  const { timing, alternate } = of;
  if (timing.massErase !== undefined) return timing.massErase.typicalMs;
  const memory = profile.alternates.find((candidate) => candidate.alternate === alternate);
  return (memory?.layout.regions ?? []).filter((region) => region.erasable).reduce(
    (sum, region) => sum + region.pageCount * eraseTimeMs(region.pageSize, timing),
    0,
  );
}

function transferMs(size: number, transferSize: number, transfersPerBlock: number): number {
  return size * WIRE_MS_PER_BYTE +
    countBlocks({ address: 0, size }, transferSize) * transfersPerBlock * WIRE_MS_PER_TRANSFER;
}
