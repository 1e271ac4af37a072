import type { ControlSetup } from "../usb/transport.ts";

/** A control transfer as the device sees it. */
export interface UsbRequest {
  readonly setup: ControlSetup;
  /** What the host sent; empty for a transfer to the host. */
  readonly data: Uint8Array;
  /** wLength. */
  readonly length: number;
}

/** What the device does with a request. */
export type Reply =
  /** `afterwards` runs when the transfer is complete. */
  | {
    readonly kind: "answer";
    readonly bytes: Uint8Array;
    readonly afterwards?: (nowMs: number) => void;
  }
  | { readonly kind: "stall" }
  /** Keeps the host waiting; ask again at that time, which may be Infinity. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Off the bus without an answer. */
  | { readonly kind: "gone" };

/** An answer without data. */
export const ACKNOWLEDGED: Reply = { kind: "answer", bytes: new Uint8Array(0) };
export const STALL: Reply = { kind: "stall" };
export const NEVER: Reply = { kind: "wait", untilMs: Infinity };
