import type { Chip } from "../chips/chip.ts";
import { guessChips } from "../chips/guess_chip.ts";
import type { DeviceFacts } from "../dfu/open_device.ts";
import { PlanError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";

/** What every device must be. */
export interface Expectation {
  readonly chip?: Chip;
  readonly ids?: {
    readonly vendorId: number;
    /** 0xFFFF is any. */
    readonly productId: number;
  };
}

/**
 * Checks by what a device tells of itself that it is the one that is meant. Parts that share a boot loader look the same:
 * any of them will do.
 *
 * @throws {PlanError} if it is another one.
 */
export function checkExpectation(facts: DeviceFacts, { chip, ids }: Expectation): void {
  const fitsIds = ids === undefined || (ids.vendorId === facts.vendorId &&
    (ids.productId === 0xFFFF || ids.productId === facts.productId));
  if (!fitsIds) {
    throw wrongBoard(`it is ${formatUsbIds(facts)}`, formatUsbIds(ids));
  }
  if (chip === undefined) return;
  const found = guessChips(facts);
  if (found.some(({ id }) => id === chip.id)) return;
  const names = found.map(({ id }) => id).join(" or ");
  throw wrongBoard(names === "" ? "it looks like no known part" : `it is ${names}`, chip.id);
}

function wrongBoard(found: string, wanted: string): PlanError {
  return new PlanError(`Cannot flash this board: ${found}, expected ${wanted}`, {
    hint: "Nothing was changed on it. Take it out: it is not what this station is for.",
    facts: { expected: wanted },
  });
}
