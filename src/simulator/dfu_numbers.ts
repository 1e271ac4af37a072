/** Requests by their number (DFU 1.1 table 3.2). */
export const DFU_REQUESTS = [
  "DETACH",
  "DNLOAD",
  "UPLOAD",
  "GETSTATUS",
  "CLRSTATUS",
  "GETSTATE",
  "ABORT",
] as const;

/** States by their number (DFU 1.1 §6.1.2). */
export const DFU_STATES = [
  "appIDLE",
  "appDETACH",
  "dfuIDLE",
  "dfuDNLOAD-SYNC",
  "dfuDNBUSY",
  "dfuDNLOAD-IDLE",
  "dfuMANIFEST-SYNC",
  "dfuMANIFEST",
  "dfuMANIFEST-WAIT-RESET",
  "dfuUPLOAD-IDLE",
  "dfuERROR",
] as const;

/** Status codes by their number (DFU 1.1 §6.1.2). */
export const DFU_STATUSES = [
  "OK",
  "errTARGET",
  "errFILE",
  "errWRITE",
  "errERASE",
  "errCHECK_ERASED",
  "errPROG",
  "errVERIFY",
  "errADDRESS",
  "errNOTDONE",
  "errFIRMWARE",
  "errVENDOR",
  "errUSBR",
  "errPOR",
  "errUNKNOWN",
  "errSTALLEDPKT",
] as const;

export type DfuRequestName = (typeof DFU_REQUESTS)[number];
export type DfuStateName = (typeof DFU_STATES)[number];
export type DfuStatusName = (typeof DFU_STATUSES)[number];

/** The first byte of a DNLOAD with block number 0 (AN3156, "DFU bootloader commands"). */
export const COMMAND_CODES = { setAddress: 0x21, erase: 0x41, readUnprotect: 0x92 } as const;
