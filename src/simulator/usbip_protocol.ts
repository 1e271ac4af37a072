import { TransportError } from "../errors.ts";
import type { ControlSetup } from "../usb/transport.ts";

/**
 * USB/IP 1.1.1 as bytes; all numbers are big-endian but the setup packet (Linux, Documentation/usb/usbip_protocol.rst).
 * A connection begins with one operation. After a successful import it carries commands and their returns.
 *
 * Every operation begins with
 *
 * | offset | size | field                                                  |
 * | ------ | ---- | ------------------------------------------------------ |
 * | 0      | 2    | version, 0x0111                                        |
 * | 2      | 2    | code: 0x8005 list, 0x8003 import; replies without 0x80 |
 * | 4      | 4    | status, 0 in requests and for success                  |
 *
 * and goes on with: nothing (request of the list); bus id, 32 bytes (request of an import); number of devices and,
 * for each, a device record and four bytes for each interface: class, subclass, protocol, 0 (list); one device record
 * (import that succeeded).
 */
export const USBIP_VERSION = 0x0111;

export const OPERATION_HEADER_SIZE = 8;
export const BUS_ID_SIZE = 32;
/** Of each command and each return, without data. */
export const COMMAND_HEADER_SIZE = 48;

/** A control transfer has 16 bits for its length (USB 2.0 table 9-2). */
export const MAXIMUM_TRANSFER_SIZE = 65_535;

export type Operation = "list" | "import";

/** Answers to an import (Linux, tools/usb/usbip/libsrc/usbip_common.h). */
export const IMPORT_STATUS = { done: 0, busy: 2, noDevice: 4 } as const;

/** How a transfer ended, as Linux error numbers. */
export const TRANSFER_STATUS = {
  done: 0,
  /** ENOENT: no such endpoint. */
  noEndpoint: -2,
  /** EPIPE. */
  stall: -32,
  /** EPROTO. */
  fault: -71,
  /** ECONNRESET. */
  unlinked: -104,
  /** ETIMEDOUT. */
  timeout: -110,
} as const;

/** A device as the host sees it before it opens it. */
export interface DeviceRecord {
  /** `1-2`: bus 1, port 2. */
  readonly busId: string;
  readonly busNumber: number;
  readonly deviceNumber: number;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  /** Class, subclass and protocol of each interface. */
  readonly interfaces: readonly (readonly [number, number, number])[];
}

/** A message of the host after an import. */
export type UsbipCommand = SubmitCommand | UnlinkCommand;

/** A transfer to do. */
export interface SubmitCommand {
  readonly kind: "submit";
  /** Chosen by the host; the return carries it. */
  readonly sequence: number;
  readonly direction: "out" | "in";
  readonly endpoint: number;
  /** Bytes that follow the header (out), or that the host has room for (in). */
  readonly size: number;
  readonly setup: ControlSetup;
  /** wLength of the setup packet. */
  readonly setupLength: number;
}

/** A transfer to give up. */
export interface UnlinkCommand {
  readonly kind: "unlink";
  readonly sequence: number;
  /** Of the transfer. */
  readonly target: number;
}

/** @throws {TransportError} `fault` for another version or an unknown code. */
export function decodeOperation(bytes: Uint8Array): Operation {
  const view = viewOf(bytes);
  const version = view.getUint16(0);
  const code = view.getUint16(2);
  if (version !== USBIP_VERSION) {
    throw malformed("operation", `version ${hex(version)}`, hex(USBIP_VERSION));
  }
  if (code === REQUEST_BIT + LIST_CODE) return "list";
  if (code === REQUEST_BIT + IMPORT_CODE) return "import";
  throw malformed("operation", `code ${hex(code)}`, "0x8005 (list) or 0x8003 (import)");
}

/** The text of a bus id, up to its first zero byte. */
export function decodeBusId(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export function encodeDeviceList(devices: readonly DeviceRecord[]): Uint8Array {
  const sizeOf = ({ interfaces }: DeviceRecord) =>
    DEVICE_RECORD_SIZE + interfaces.length * INTERFACE_RECORD_SIZE;
  let offset = OPERATION_HEADER_SIZE + 4;
  const bytes = new Uint8Array(devices.reduce((sum, device) => sum + sizeOf(device), offset));
  writeOperationHeader(bytes, { code: LIST_CODE, status: IMPORT_STATUS.done });
  viewOf(bytes).setUint32(OPERATION_HEADER_SIZE, devices.length);
  for (const device of devices) {
    writeDeviceRecord(bytes.subarray(offset, offset + DEVICE_RECORD_SIZE), device);
    const classCodes = device.interfaces.flatMap((codes) => [...codes, 0]);
    bytes.set(classCodes, offset + DEVICE_RECORD_SIZE);
    offset += sizeOf(device);
  }
  return bytes;
}

/** The device record ends the reply to an import that succeeded; a refusal is the header alone. */
export function encodeImport(result: DeviceRecord | number): Uint8Array {
  const isRefused = typeof result === "number";
  const bytes = new Uint8Array(OPERATION_HEADER_SIZE + (isRefused ? 0 : DEVICE_RECORD_SIZE));
  const status = isRefused ? result : IMPORT_STATUS.done;
  writeOperationHeader(bytes, { code: IMPORT_CODE, status });
  if (!isRefused) writeDeviceRecord(bytes.subarray(OPERATION_HEADER_SIZE), result);
  return bytes;
}

/**
 * Reads the header of a command.
 *
 * | offset | size | field                                                       |
 * | ------ | ---- | ----------------------------------------------------------- |
 * | 0      | 4    | 1 submit, 2 unlink                                          |
 * | 4      | 4    | sequence number                                             |
 * | 8      | 4    | device: bus number in the upper 16 bits, device number      |
 * | 12     | 4    | direction: 0 out, 1 in                                      |
 * | 16     | 4    | endpoint                                                    |
 * | 20     | 4    | submit: transfer flags; unlink: sequence number to give up  |
 * | 24     | 4    | submit: size in bytes; out: so much data follows the header |
 * | 28     | 12   | submit: start frame, number of packets, interval            |
 * | 40     | 8    | submit: setup packet, little-endian (USB 2.0 table 9-2)     |
 *
 * @throws {TransportError} `fault` for an unknown command or an impossible size.
 */
export function decodeCommand(bytes: Uint8Array): UsbipCommand {
  const view = viewOf(bytes);
  const command = view.getUint32(0);
  const sequence = view.getUint32(4);
  if (command === UNLINK) return { kind: "unlink", sequence, target: view.getUint32(20) };
  if (command !== SUBMIT) throw malformed("command", `${command}`, "1 (submit) or 2 (unlink)");
  const size = view.getUint32(24);
  if (size > MAXIMUM_TRANSFER_SIZE) {
    throw malformed("command", `${size} bytes`, `at most ${MAXIMUM_TRANSFER_SIZE}`);
  }
  return {
    kind: "submit",
    sequence,
    direction: view.getUint32(12) === 0 ? "out" : "in",
    endpoint: view.getUint32(16),
    size,
    setup: {
      requestType: view.getUint8(40),
      request: view.getUint8(41),
      value: view.getUint16(42, true),
      index: view.getUint16(44, true),
    },
    setupLength: view.getUint16(46, true),
  };
}

/**
 * The return of a transfer: what came in, or how much went out.
 *
 * | offset | size | field                                                     |
 * | ------ | ---- | --------------------------------------------------------- |
 * | 0      | 4    | 3                                                         |
 * | 4      | 4    | sequence number of the command                            |
 * | 8      | 12   | 0                                                         |
 * | 20     | 4    | status, 0 or a negative error number                      |
 * | 24     | 4    | bytes transferred                                         |
 * | 28     | 20   | start frame, number of packets, error count, padding: 0   |
 * | 48     |      | in: the data                                              |
 */
export function encodeSubmitReturn(
  sequence: number,
  result: { readonly status: number; readonly size: number; readonly data?: Uint8Array },
): Uint8Array {
  const { status, size, data = new Uint8Array(0) } = result;
  const bytes = encodeReturn({ code: SUBMIT_RETURN, sequence, status, dataSize: data.length });
  viewOf(bytes).setUint32(24, size);
  bytes.set(data, COMMAND_HEADER_SIZE);
  return bytes;
}

/** The return of an unlink: `unlinked`, or `done` for a transfer that had ended before. Offsets as above, command 4. */
export function encodeUnlinkReturn(sequence: number, status: number): Uint8Array {
  return encodeReturn({ code: UNLINK_RETURN, sequence, status, dataSize: 0 });
}

/** @throws {TransportError} always, kind `fault`. */
export function malformed(what: string, found: string, wanted: string): TransportError {
  return new TransportError(
    "fault",
    `Cannot read USB/IP ${what}: ${found}, expected ${wanted}`,
  );
}

const REQUEST_BIT = 0x8000;
const LIST_CODE = 5;
const IMPORT_CODE = 3;

const SUBMIT = 1;
const UNLINK = 2;
const SUBMIT_RETURN = 3;
const UNLINK_RETURN = 4;

const DEVICE_RECORD_SIZE = 312;
const INTERFACE_RECORD_SIZE = 4;
const PATH_SIZE = 256;
/** USB_SPEED_FULL in Linux. */
const FULL_SPEED = 2;

interface OperationStatus {
  readonly code: number;
  readonly status: number;
}

function writeOperationHeader(bytes: Uint8Array, { code, status }: OperationStatus): void {
  const view = viewOf(bytes);
  view.setUint16(0, USBIP_VERSION);
  view.setUint16(2, code);
  view.setUint32(4, status);
}

/**
 * | offset | size | field                                                                              |
 * | ------ | ---- | ---------------------------------------------------------------------------------- |
 * | 0      | 256  | path on the server, for people                                                     |
 * | 256    | 32   | bus id                                                                             |
 * | 288    | 12   | bus number, device number, speed                                                   |
 * | 300    | 6    | idVendor, idProduct, bcdDevice                                                     |
 * | 306    | 6    | class, subclass, protocol, configuration in use, configurations, interfaces in it  |
 */
function writeDeviceRecord(bytes: Uint8Array, device: DeviceRecord): void {
  const view = viewOf(bytes);
  const encoder = new TextEncoder();
  bytes.set(encoder.encode(`/sys/devices/simulated/usb${device.busNumber}/${device.busId}`));
  bytes.set(encoder.encode(device.busId), PATH_SIZE);
  view.setUint32(288, device.busNumber);
  view.setUint32(292, device.deviceNumber);
  view.setUint32(296, FULL_SPEED);
  view.setUint16(300, device.vendorId);
  view.setUint16(302, device.productId);
  view.setUint16(304, device.deviceVersion);
  bytes.set([0, 0, 0, 1, 1, device.interfaces.length], 306);
}

function encodeReturn(
  { code, sequence, status, dataSize }: OperationStatus & { sequence: number; dataSize: number },
): Uint8Array {
  const bytes = new Uint8Array(COMMAND_HEADER_SIZE + dataSize);
  const view = viewOf(bytes);
  view.setUint32(0, code);
  view.setUint32(4, sequence);
  view.setInt32(20, status);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}
