import type { FlashTiming } from "../chips/chip.ts";
import { type MemoryPage, pageAt } from "../plan/memory_layout.ts";
import type { DfuStatusName } from "./dfu_numbers.ts";
import type { MemoryArea } from "./flash_memory.ts";
import {
  isOptionBlock,
  setReadProtection,
  tearOptionBlock,
  writeOptionBlock,
} from "./option_bytes.ts";
import {
  eraseTime,
  massEraseTime,
  type Part,
  programTime,
  voltageOf,
  type WorkTime,
} from "./part.ts";
import type { UsbSettings } from "./standard_requests.ts";

/** What a DNLOAD asks for (AN3156, "DFU bootloader commands"). */
export type Command =
  | { readonly kind: "set-address"; readonly address: number }
  | { readonly kind: "erase"; readonly address: number }
  | { readonly kind: "mass-erase" }
  | { readonly kind: "read-unprotect" }
  | { readonly kind: "data"; readonly block: number; readonly data: Uint8Array };

/** What the loader forgets when it loses power. */
export interface Volatile extends UsbSettings {
  /** The address pointer. */
  pointer: number;
  timing: FlashTiming;
  /** A misaligned write has been tried, so none works any more. */
  poisoned: boolean;
}

/** Work that begins at the first GETSTATUS after a DNLOAD. Memory changes when it ends. */
export interface Work extends WorkTime {
  readonly activity: "erase" | "program" | "none";
  /** The result. */
  readonly status: DfuStatusName;
  /** Counts what is begun. */
  readonly begin?: () => void;
  readonly finish?: () => void;
  /** Power is lost in the middle. */
  readonly tear?: () => void;
  /** The part resets at its end and never tells the result. */
  readonly resets?: boolean;
  /** GETSTATUS says dfuDNBUSY for ever, although the work ends. */
  readonly neverReports?: boolean;
}

/** What a command will do and how long it takes, given the state of the part. Changes nothing yet. */
export function planWork(command: Command, on: { part: Part; state: Volatile }): Work {
  switch (command.kind) {
    case "set-address":
      return setAddress(command.address, on);
    case "erase":
      return erase(command.address, on);
    case "mass-erase":
      return massErase(on);
    case "read-unprotect":
      return readUnprotect(on);
    case "data":
      return writeBlock(command, on);
  }
}

type Target = { readonly part: Part; readonly state: Volatile };

/** Where reading back is the only way to learn of it, a refusal looks like success. */
function refuse(status: DfuStatusName): Work {
  return { activity: "none", durationMs: 0, statedMs: 0, status };
}

function protectedWork(part: Part): Work {
  return refuse(part.quirks.has("silent-at-rdp1") ? "OK" : "errVENDOR");
}

function setAddress(address: number, { part, state }: Target): Work {
  const known = part.memory.areaAt(address, state.alternate) !== undefined ||
    address === part.chip.romVersionAddress;
  if (!known) return refuse("errTARGET");
  return { ...refuse("OK"), finish: () => void (state.pointer = address) };
}

function erase(address: number, { part, state }: Target): Work {
  const page = part.memory.erasablePageAt(address, state.alternate);
  if (page === undefined) return refuse("errTARGET");
  if (part.readProtected) return protectedWork(part);
  const time = eraseTime(part, { timing: state.timing, pageSize: page.size });
  if (part.writeProtectedPages.has(page.address)) {
    return { ...refuse("OK"), statedMs: time.statedMs };
  }
  const neverReports = address >= 0x08100000 &&
    part.quirks.has("erase-never-reports-done-above-0x08100000");
  return { ...time, ...erasing(part, [page]), neverReports };
}

function erasing(part: Part, pages: readonly MemoryPage[]) {
  return {
    activity: "erase",
    status: "OK",
    begin: () => pages.forEach((page) => part.recorder.erase(page.address)),
    finish: () => pages.forEach((page) => part.memory.erase(page)),
    tear: () => pages.forEach((page) => part.memory.eraseHalfway(page, part.random)),
  } as const;
}

function massErase({ part, state }: Target): Work {
  if (part.quirks.has("no-mass-erase")) return refuse("errVENDOR");
  if (part.readProtected) return protectedWork(part);
  const time = massEraseTime(part, state.timing);
  // A mass erase does not even start while any page is write-protected, and the loader does not look.
  if (part.writeProtectedPages.size > 0) return { ...refuse("OK"), statedMs: time.statedMs };
  return { ...time, ...erasing(part, part.memory.erasablePages()) };
}

function readUnprotect({ part, state }: Target): Work {
  const pages = part.readProtected ? part.memory.erasablePages() : [];
  const erasure = erasing(part, pages);
  const time = part.readProtected ? massEraseTime(part, state.timing) : refuse("OK");
  return {
    ...erasure,
    durationMs: time.durationMs,
    statedMs: time.statedMs,
    finish: () => {
      erasure.finish();
      setReadProtection(part, false);
    },
    resets: true,
  };
}

function writeBlock(command: { block: number; data: Uint8Array }, on: Target): Work {
  const { part, state } = on;
  const { data } = command;
  const address = state.pointer + (command.block - 2) * part.chip.transferSize;
  const area = part.memory.areaAt(address, state.alternate);
  if (area === undefined || !part.memory.isWritable(area, { address, size: data.length })) {
    return refuse("errTARGET");
  }
  const write = { area, address, data };
  switch (area.kind) {
    case "device-feature":
      return writeDeviceFeature(write, on);
    case "direct":
      return { ...refuse("OK"), finish: () => part.memory.program(area, write) };
    case "option-bytes":
      return part.readProtected ? protectedWork(part) : writeOptionBytes(write, on);
    case "flash":
    case "otp":
      return part.readProtected ? protectedWork(part) : writeFlash(write, on);
  }
}

interface Write {
  readonly area: MemoryArea;
  readonly address: number;
  readonly data: Uint8Array;
}

function writeDeviceFeature(write: Write, { part, state }: Target): Work {
  return {
    ...refuse("OK"),
    finish: () => {
      part.memory.program(write.area, write);
      const voltage = voltageOf(write.data);
      const timing = voltage && part.chip.timingAtVoltage?.[voltage];
      if (timing && part.quirks.has("voltage-sets-parallelism")) state.timing = timing;
    },
  };
}

/** The loader erases and rewrites all option bytes, which costs about as much as erasing a small page. */
function writeOptionBytes(write: Write, { part, state }: Target): Work {
  if (!isOptionBlock(part, write.address)) return refuse("errTARGET");
  return {
    ...eraseTime(part, { timing: state.timing, pageSize: 0 }),
    activity: "program",
    status: "OK",
    begin: () => void (part.recorder.bytesWritten += write.data.length),
    finish: () => writeOptionBlock(part, write),
    tear: () => tearOptionBlock(part, write.address),
    resets: part.quirks.has("resets-after-option-bytes"),
  };
}

function writeFlash(write: Write, { part, state }: Target): Work {
  const { writeAlignment } = part.chip;
  const corrupts = part.quirks.has("corrupts-uneven-long-blocks") && write.data.length > 256 &&
    write.data.length % 8 !== 0;
  const aligned = write.address % writeAlignment === 0 && write.data.length % writeAlignment === 0;
  if (state.poisoned || (!aligned && !corrupts)) {
    const poisons = part.quirks.has("misaligned-write-poisons");
    return { ...refuse("errPROG"), finish: () => void (state.poisoned ||= poisons) };
  }
  const writes = splitByPage(corrupts ? corrupt(write) : write)
    .filter((piece) => !part.writeProtectedPages.has(piece.page));
  const unerased = writes.reduce(
    (sum, piece) => sum + countUnerased(part, { ...piece, area: write.area }),
    0,
  );
  const forbidden = unerased > 0 && !part.rewritable;
  const program = (keep: number) =>
    writes.forEach(({ address, data }) =>
      part.memory.program(write.area, { address, data: data.subarray(0, data.length * keep) })
    );
  return {
    ...programTime(part, { timing: state.timing, size: write.data.length }),
    activity: "program",
    status: forbidden ? "errPROG" : "OK",
    begin: () => {
      part.recorder.unerasedBytesProgrammed += unerased;
      part.recorder.bytesWritten += write.data.length;
    },
    ...(forbidden ? {} : { finish: () => program(1), tear: () => program(0.5) }),
  };
}

/**
 * Bytes that were programmed before. Where flash has ECC, its words are programmed as a whole, so old bytes in the same
 * word count as well.
 */
function countUnerased(part: Part, { area, address, data }: Write): number {
  const wordSize = part.chip.flashWordSize ?? 1;
  const offset = address - area.address;
  const start = offset - offset % wordSize;
  const end = Math.ceil((offset + data.length) / wordSize) * wordSize;
  return part.memory.countUnerased(area.address + start, end - start);
}

/** What early L4 loaders do with a long block whose length is not a multiple of 8: the rest lands shifted. */
function corrupt(write: Write): Write {
  const { data } = write;
  const shift = data.length % 8;
  return { ...write, data: data.map((byte, i) => i < 256 ? byte : data[i - shift]!) };
}

/** The parts of a write with the address of the page that each lies in. */
function splitByPage(write: Write): { page: number; address: number; data: Uint8Array }[] {
  const pieces = [];
  const end = write.address + write.data.length;
  for (let address = write.address; address < end;) {
    const page = pageAt(write.area.layout, address);
    const pieceEnd = page === undefined ? end : Math.min(end, page.address + page.size);
    const data = write.data.subarray(address - write.address, pieceEnd - write.address);
    pieces.push({ page: page?.address ?? address, address, data });
    address = pieceEnd;
  }
  return pieces;
}
