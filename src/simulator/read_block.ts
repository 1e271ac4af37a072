import type { DfuStatusName } from "./dfu_numbers.ts";
import type { Part } from "./part.ts";

/**
 * Up to `size` bytes of memory as UPLOAD gives them out, fewer at the end of what can be read; or the status that
 * the attempt ends with.
 */
export function readBlock(
  part: Part,
  from: { readonly alternate: number; readonly address: number; readonly size: number },
): Uint8Array | DfuStatusName {
  const { memory, chip, quirks } = part;
  const area = memory.areaAt(from.address, from.alternate);
  const isShielded = area?.kind !== "direct" && area?.kind !== "device-feature";
  if (part.readProtected && isShielded && !quirks.has("silent-at-rdp1")) return "errVENDOR";
  if (from.address === chip.romVersionAddress) {
    return new Uint8Array(from.size).fill(0xFF).fill(romVersionOf(part), 0, 1);
  }
  if (area !== undefined) {
    return memory.isReadable(area, from.address) ? memory.read(area, from) : "errTARGET";
  }
  // A host that reads on and on meets the end of memory as an empty answer.
  const isEnd = memory.areaAt(from.address - 1, from.alternate) !== undefined;
  return isEnd ? new Uint8Array(0) : "errTARGET";
}

/**
 * Whether a program can start at an address: the initial stack pointer is a word in RAM, and the entry point an odd
 * address in memory of the part (Cortex-M vector table). A RISC-V part starts at the address itself.
 */
export function isStartable(part: Part, address: number): boolean {
  const area = part.memory.areaAt(address);
  const offset = address - (area?.address ?? 0);
  if (area === undefined || offset + 8 > area.bytes.length) return false;
  const view = new DataView(area.bytes.buffer, offset, 8);
  const [stack, entry] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (part.chip.id.startsWith("gd32v")) return stack !== 0xFFFFFFFF && stack !== 0;
  const inRam = stack >= 0x10000000 && stack < 0x40000000 && stack % 4 === 0;
  return inRam && entry % 2 === 1 && part.memory.areaAt(entry - 1) !== undefined;
}

/** The loader's version byte: the one known for a peculiarity, or a common one (AN2606 table 3). */
function romVersionOf(part: Part): number {
  const { quirks } = part;
  if (quirks.has("erase-never-reports-done-above-0x08100000")) return 0x91;
  if (quirks.has("no-mass-erase")) return 0xD3;
  if (quirks.has("corrupts-uneven-long-blocks")) return 0xA0;
  return 0x31;
}
