import type { DfuStatusName } from "./dfu_numbers.ts";

/**
 * What goes wrong at the n-th control transfer, counted from 1 over the life of the device. A kind that means
 * nothing for the transfer it meets does nothing there.
 */
export type Fault =
  & {
    /** Counted from 1. */
    readonly transfer: number;
  }
  & (
    | { readonly kind: FaultKind }
    /** The device falls into dfuERROR with this status before it looks at the request. */
    | { readonly kind: "status"; readonly status: DfuStatusName }
  );

export type FaultKind =
  /** The request is stalled, and has no effect. */
  | "stall"
  /** The request never arrives, and nothing comes back within the time-out. */
  | "timeout"
  /** The cable is pulled, and stays out until `replug()`. */
  | "disconnect"
  /** The device loses power, and comes back by itself in its boot loader. */
  | "reconnect"
  /** Only half of the answer arrives. */
  | "short"
  /** One bit of a data block changes on its way, either way. */
  | "flip"
  /** From here on every GETSTATUS says dfuDNBUSY, until a port reset or `replug()`. */
  | "busy";

export const FAULT_KINDS: readonly FaultKind[] = [
  "stall",
  "timeout",
  "disconnect",
  "reconnect",
  "short",
  "flip",
  "busy",
];

/** A copy with one bit changed; nothing to change in no bytes. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const index = Math.floor(bit / 8) % copy.length;
  copy[index] = copy[index]! ^ (1 << bit % 8);
  return copy;
}
