import type { ControlSetup } from "../usb/transport.ts";
import {
  DFU_REQUESTS,
  DFU_STATES,
  DFU_STATUSES,
  type DfuRequestName,
  type DfuStateName,
  type DfuStatusName,
} from "./dfu_numbers.ts";

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
export const ACKNOWLEDGED: Reply & { readonly kind: "answer" } = {
  kind: "answer",
  bytes: new Uint8Array(0),
};
export const STALL: Reply = { kind: "stall" };
export const NEVER: Reply = { kind: "wait", untilMs: Infinity };

/** Whether a request is of a class, to an interface. */
export function isClassRequest({ requestType }: ControlSetup): boolean {
  return requestType === CLASS_OUT || requestType === CLASS_IN;
}

/** The request of DFU that this is; undefined for any other, and for one in the wrong direction. */
export function classRequestName(
  { requestType, request }: ControlSetup,
): DfuRequestName | undefined {
  const name = DFU_REQUESTS[request];
  const isIn = name === "UPLOAD" || name === "GETSTATUS" || name === "GETSTATE";
  return requestType === (isIn ? CLASS_IN : CLASS_OUT) ? name : undefined;
}

/** The answer to GETSTATUS: six bytes (DFU 1.1 §6.1.2). */
export function statusReply(
  state: DfuStateName,
  status: DfuStatusName,
  statedMs: number,
): Reply & { readonly kind: "answer" } {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint32(1, statedMs, true);
  bytes[0] = DFU_STATUSES.indexOf(status);
  bytes[4] = DFU_STATES.indexOf(state);
  return { kind: "answer", bytes };
}

/** bmRequestType (USB 2.0 table 9-2). */
const CLASS_OUT = 0x21;
const CLASS_IN = 0xA1;
