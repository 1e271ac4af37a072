import { formatBytes } from "../format.ts";
import { COMMAND_CODES } from "./dfu_numbers.ts";
import type { Part } from "./part.ts";
import type { Command } from "./work.ts";

/**
 * Reads the data of a DNLOAD: block 0 carries a command, blocks from 2 on carry memory, block 1 is reserved
 * (AN3156, "DFU bootloader commands"). What the loader does not know comes back as a text that says so.
 */
export function decodeDownload(
  part: Part,
  download: { readonly block: number; readonly data: Uint8Array },
): Command | string {
  const { block, data } = download;
  if (data.length > part.chip.transferSize) {
    return `DNLOAD of ${data.length} bytes, more than wTransferSize`;
  }
  if (block === 1) return "DNLOAD of block 1, which is reserved";
  // The ROM may keep part of the host's buffer for good, so the block is copied.
  if (block > 1) return { kind: "data", block, data: data.slice() };
  if (data[0] === COMMAND_CODES.setAddress && data.length === 5) {
    return { kind: "set-address", address: readAddress(data) };
  }
  if (data[0] === COMMAND_CODES.erase && data.length === 5) {
    return { kind: "erase", address: readAddress(data) };
  }
  if (data[0] === COMMAND_CODES.erase && data.length === 1) return { kind: "mass-erase" };
  const unprotects = data[0] === COMMAND_CODES.readUnprotect && data.length === 1;
  if (unprotects && !part.quirks.has("no-read-unprotect")) return { kind: "read-unprotect" };
  return `unknown command ${formatBytes(data.subarray(0, 8))}`;
}

/** What UPLOAD of block 0 answers: Get Commands itself, then the commands that the loader knows. */
export function listCommands(part: Part): Uint8Array {
  const { setAddress, erase, readUnprotect } = COMMAND_CODES;
  const codes = [0x00, setAddress, erase, readUnprotect];
  return Uint8Array.from(part.quirks.has("no-read-unprotect") ? codes.slice(0, 3) : codes);
}

function readAddress(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(1, true);
}
