/** Class requests of DFU (DFU 1.1 §3, table 3.2). */
export const DfuRequest = {
  detach: 0,
  download: 1,
  upload: 2,
  getStatus: 3,
  clearStatus: 4,
  getState: 5,
  abort: 6,
} as const;

/** States of the device (DFU 1.1 §6.1.2). */
export const DfuState = {
  appIDLE: 0,
  appDETACH: 1,
  dfuIDLE: 2,
  dfuDNLOAD_SYNC: 3,
  dfuDNBUSY: 4,
  dfuDNLOAD_IDLE: 5,
  dfuMANIFEST_SYNC: 6,
  dfuMANIFEST: 7,
  dfuMANIFEST_WAIT_RESET: 8,
  dfuUPLOAD_IDLE: 9,
  dfuERROR: 10,
} as const;

/** Each state with its name as the specification writes it, and what the device does in it. */
const STATES: readonly (readonly [name: string, meaning: string])[] = [
  ["appIDLE", "its program runs"],
  ["appDETACH", "its program waits for a USB reset"],
  ["dfuIDLE", "ready"],
  ["dfuDNLOAD-SYNC", "it has a block and waits to be asked about it"],
  ["dfuDNBUSY", "at work"],
  ["dfuDNLOAD-IDLE", "ready for the next block"],
  ["dfuMANIFEST-SYNC", "about to start its program"],
  ["dfuMANIFEST", "starting its program"],
  ["dfuMANIFEST-WAIT-RESET", "waiting for a USB reset"],
  ["dfuUPLOAD-IDLE", "being read"],
  ["dfuERROR", "an error stands that nobody has cleared"],
];

/** `dfuIDLE`: a state's name as the specification writes it. */
export function nameOfState(state: number): string {
  return STATES[state]?.[0] ?? `unknown state ${state}`;
}

/** Each bStatus with its name, and what it means on DfuSe devices (DFU 1.1 §6.1.2; AN3156). */
const STATUSES: readonly (readonly [name: string, meaning: string])[] = [
  ["OK", "no error"],
  ["errTARGET", "the address is not in memory that may be used so"],
  ["errFILE", "the data fails a check of the device"],
  ["errWRITE", "the memory could not be written"],
  ["errERASE", "the memory could not be erased"],
  ["errCHECK_ERASED", "the memory is not blank after its erase"],
  ["errPROG", "the memory could not be programmed"],
  ["errVERIFY", "the memory does not hold what was programmed"],
  ["errADDRESS", "the address is out of range"],
  ["errNOTDONE", "the device expected more data"],
  ["errFIRMWARE", "the firmware in the device is damaged"],
  ["errVENDOR", "the device refuses; most often it is read-protected (RDP level 1)"],
  ["errUSBR", "the device saw an unexpected USB reset"],
  ["errPOR", "the device saw an unexpected power-on reset"],
  ["errUNKNOWN", "something went wrong, and the device does not know what"],
  ["errSTALLEDPKT", "the device did not expect this request"],
];

/** `errVENDOR (11)`, and what it means. */
export function describeStatus(
  status: number,
): { readonly name: string; readonly meaning: string } {
  const [name, meaning] = STATUSES[status] ?? ["unknown status", "not in DFU 1.1"];
  return { name: `${name} (${status})`, meaning };
}

/** `dfuIDLE (2)`, and what it means. */
export function describeState(
  state: number,
): { readonly name: string; readonly meaning: string } {
  const [name, meaning] = STATES[state] ?? ["unknown state", "not in DFU 1.1"];
  return { name: `${name} (${state})`, meaning };
}

/** The answer to GETSTATUS (DFU 1.1 §6.1.2). */
export interface DfuStatus {
  readonly status: number;
  /** The least time to wait before the next GETSTATUS, in milliseconds. */
  readonly pollTimeoutMs: number;
  readonly state: number;
}

/** Bytes in the answer to GETSTATUS: bStatus, bwPollTimeout (3), bState, iString. */
export const STATUS_SIZE = 6;

/** Reads the answer to GETSTATUS; undefined where it is too short to be one. */
export function decodeStatus(bytes: Uint8Array): DfuStatus | undefined {
  const [status, low, middle, high, state] = bytes;
  if (bytes.length < STATUS_SIZE) return undefined;
  return {
    status: status!,
    pollTimeoutMs: low! + middle! * 0x100 + high! * 0x10000,
    state: state!,
  };
}

/** Block number of the DfuSe commands (AN3156 §5). */
export const COMMAND_BLOCK = 0;

/** Block number of the first data block: its address is the pointer itself (AN3156 §4.2, §5). */
export const FIRST_DATA_BLOCK = 2;

/** wBlockNum has 16 bits. */
export const LAST_BLOCK = 0xFFFF;

/** The DfuSe command "set address pointer" (AN3156 §5.1). */
export function encodeSetAddress(address: number): Uint8Array {
  return encodeCommand(0x21, address);
}

/** The DfuSe command "erase" for the page that holds the address (AN3156 §5.2). */
export function encodeErasePage(address: number): Uint8Array {
  return encodeCommand(0x41, address);
}

/** The DfuSe command "erase" for all of the memory (AN3156 §5.2). */
export function encodeMassErase(): Uint8Array {
  return Uint8Array.of(0x41);
}

/** The DfuSe command "read unprotect" (AN3156 §5.4). */
export function encodeReadUnprotect(): Uint8Array {
  return Uint8Array.of(0x92);
}

function encodeCommand(command: number, address: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = command;
  new DataView(bytes.buffer).setUint32(1, address, true);
  return bytes;
}

/** The byte that tells the boot loader its supply voltage, for "Device Feature" (AN2606 §4.4). */
export const VOLTAGE_CODES = { "1.8-2.1": 0, "2.1-2.4": 1, "2.4-2.7": 2, "2.7-3.6": 3 } as const;
