import type { DfuStateName } from "./dfu_numbers.ts";

/** What the host asks of the state machine. A DNLOAD without data is a request of its own: it ends the download. */
export type StateEvent =
  | "DNLOAD"
  | "DNLOAD of length 0"
  | "UPLOAD"
  | "GETSTATUS"
  | "CLRSTATUS"
  | "GETSTATE"
  | "ABORT";

/** States of a device in DFU mode. dfuMANIFEST-WAIT-RESET is not among them: DfuSe leaves by itself. */
export type DfuModeState = Exclude<
  DfuStateName,
  "appIDLE" | "appDETACH" | "dfuMANIFEST-WAIT-RESET"
>;

/**
 * The state after each request, as DFU 1.1 §A.1 and AN3156 have it. What is not listed is illegal: the device stalls
 * it and goes to dfuERROR with errSTALLEDPKT. DETACH is illegal in all of them.
 *
 * DfuSe differs from DFU 1.1 in two places: a DNLOAD without data may come from dfuIDLE as well, and work begins
 * when GETSTATUS is asked in dfuDNLOAD-SYNC, so that the first answer is always dfuDNBUSY.
 */
export const STATE_TABLE: Readonly<
  Record<DfuModeState, Readonly<Partial<Record<StateEvent, DfuModeState>>>>
> = {
  "dfuIDLE": {
    "DNLOAD": "dfuDNLOAD-SYNC",
    "DNLOAD of length 0": "dfuMANIFEST-SYNC",
    /** Or stays in dfuIDLE after a short answer. */
    "UPLOAD": "dfuUPLOAD-IDLE",
    "GETSTATUS": "dfuIDLE",
    "GETSTATE": "dfuIDLE",
    "ABORT": "dfuIDLE",
  },
  "dfuDNLOAD-SYNC": {
    "GETSTATUS": "dfuDNBUSY",
    "GETSTATE": "dfuDNLOAD-SYNC",
    "ABORT": "dfuIDLE",
  },
  "dfuDNBUSY": {
    /** Once the work is done; dfuERROR if it failed, dfuDNBUSY while it lasts. */
    "GETSTATUS": "dfuDNLOAD-IDLE",
  },
  "dfuDNLOAD-IDLE": {
    "DNLOAD": "dfuDNLOAD-SYNC",
    "DNLOAD of length 0": "dfuMANIFEST-SYNC",
    "GETSTATUS": "dfuDNLOAD-IDLE",
    "GETSTATE": "dfuDNLOAD-IDLE",
    "ABORT": "dfuIDLE",
  },
  "dfuMANIFEST-SYNC": {
    "GETSTATUS": "dfuMANIFEST",
    "GETSTATE": "dfuMANIFEST-SYNC",
    "ABORT": "dfuIDLE",
  },
  /** Seen only on a device that says it leaves and does not. */
  "dfuMANIFEST": {
    "GETSTATUS": "dfuMANIFEST",
  },
  "dfuUPLOAD-IDLE": {
    /** Or dfuIDLE after a short answer. */
    "UPLOAD": "dfuUPLOAD-IDLE",
    "GETSTATUS": "dfuUPLOAD-IDLE",
    "GETSTATE": "dfuUPLOAD-IDLE",
    "ABORT": "dfuIDLE",
  },
  "dfuERROR": {
    "GETSTATUS": "dfuERROR",
    "CLRSTATUS": "dfuIDLE",
    "GETSTATE": "dfuERROR",
  },
};
