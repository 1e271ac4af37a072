import {
  type MemoryLayout,
  type MemoryPage,
  type MemoryRegion,
  pageAt,
  regionEnd,
} from "../plan/memory_layout.ts";
import { type SpecialArea, specialArea } from "../plan/device_profile.ts";
import { Random } from "./random.ts";

/** What a write does: flash clears bits and needs an erase first, OTP has no erase, the others just take bytes. */
export type AreaKind = "flash" | "direct" | SpecialArea;

/** Regions of one alternate setting that follow each other without a gap, with their bytes. */
export interface MemoryArea {
  readonly alternate: number;
  readonly kind: AreaKind;
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly layout: MemoryLayout;
}

export interface FlashMemoryOptions {
  readonly alternates: readonly { readonly alternate: number; readonly layout: MemoryLayout }[];
  /** `random`: old contents, repeatable by `seed`. `blank`: as from the factory. */
  readonly fill: "random" | "blank";
  readonly seed: number;
  /** What erased flash reads as; 0xFF, or 0x00 where programming sets bits instead of clearing them. */
  readonly erasedByte: number;
}

/** The memory of a part, which outlives power: bytes and how they change, nothing of the protocol. */
export class FlashMemory {
  /** In the order of the alternate settings, then of addresses. */
  readonly areas: readonly MemoryArea[];
  readonly #erasedByte: number;

  constructor(options: FlashMemoryOptions) {
    this.#erasedByte = options.erasedByte;
    this.areas = options.alternates.flatMap(({ alternate, layout }) => {
      const random = new Random(options.seed + alternate);
      return splitIntoAreas(alternate, layout).map((area) => {
        fillArea(area, { ...options, random });
        return area;
      });
    });
  }

  /** The area of an alternate setting that holds an address; without `alternate`, of any. */
  areaAt(address: number, alternate?: number): MemoryArea | undefined {
    return this.areas.find((area) =>
      (alternate === undefined || area.alternate === alternate) &&
      area.address <= address && address < area.address + area.bytes.length
    );
  }

  /** The page at an address if it can be erased at all. */
  erasablePageAt(address: number, alternate: number): MemoryPage | undefined {
    const area = this.areaAt(address, alternate);
    if (area?.kind !== "flash") return undefined;
    const page = pageAt(area.layout, address);
    return page?.region.erasable ? page : undefined;
  }

  /** Every erasable page of the part, as a mass erase finds them. */
  erasablePages(): MemoryPage[] {
    return this.areas.filter((area) => area.kind === "flash").flatMap((area) =>
      area.layout.regions.filter((region) => region.erasable).flatMap(pagesOf)
    );
  }

  erase(page: MemoryPage): void {
    this.#bytesAt(page.address, page.size)?.fill(this.#erasedByte);
  }

  /** What power lost in the middle of an erase leaves: no one knows what. */
  eraseHalfway(page: MemoryPage, random: Random): void {
    const bytes = this.#bytesAt(page.address, page.size);
    if (bytes !== undefined) random.fill(bytes);
  }

  /** How many of the bytes are not blank. */
  countUnerased(address: number, size: number): number {
    let count = 0;
    for (const byte of this.#bytesAt(address, size) ?? []) if (byte !== this.#erasedByte) count++;
    return count;
  }

  /** Flash and OTP: bits can only leave their blank state. Other memory takes the bytes as they are. */
  program(area: MemoryArea, write: { readonly address: number; readonly data: Uint8Array }): void {
    const offset = write.address - area.address;
    const oneWay = area.kind === "flash" || area.kind === "otp";
    const blank = this.#erasedByte;
    for (let i = 0; i < write.data.length; i++) {
      const old = area.bytes[offset + i]!;
      const changed = (old ^ blank) | (write.data[i]! ^ blank);
      area.bytes[offset + i] = oneWay ? changed ^ blank : write.data[i]!;
    }
  }

  /** Whether all bytes lie in one area and in writable regions. */
  isWritable(area: MemoryArea, write: { readonly address: number; readonly size: number }) {
    const end = write.address + write.size;
    if (end > area.address + area.bytes.length) return false;
    return regionsOf(area, write).every((region) => region.writable);
  }

  isReadable(area: MemoryArea, address: number): boolean {
    return regionsOf(area, { address, size: 1 }).some((region) => region.readable);
  }

  /** Device Feature lives in RAM: after power-on it says the range that the loader starts with. */
  forgetDeviceFeature(): void {
    for (const area of this.areas) {
      if (area.kind === "device-feature") area.bytes.fill(0xFF).fill(0x00, 0, 1);
    }
  }

  /** Readable bytes from an address on: at most `size`, fewer at the end of what can be read. */
  read(area: MemoryArea, from: { readonly address: number; readonly size: number }): Uint8Array {
    const blocked = regionsOf(area, from).find((region) => !region.readable);
    const end = Math.min(
      from.address + from.size,
      area.address + area.bytes.length,
      Math.max(from.address, blocked?.address ?? Infinity),
    );
    return area.bytes.slice(from.address - area.address, end - area.address);
  }

  #bytesAt(address: number, size: number): Uint8Array | undefined {
    const area = this.areaAt(address);
    const offset = address - (area?.address ?? 0);
    return area?.bytes.subarray(offset, offset + size);
  }
}

function splitIntoAreas(alternate: number, layout: MemoryLayout): MemoryArea[] {
  const groups: MemoryRegion[][] = [];
  for (const region of layout.regions) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && regionEnd(last) === region.address) {
      group.push(region);
    } else groups.push([region]);
  }
  return groups.map((regions) => {
    const address = regions[0]!.address;
    const size = regionEnd(regions.at(-1)!) - address;
    const part = { ...layout, regions };
    return { alternate, kind: kindOf(part), address, bytes: new Uint8Array(size), layout: part };
  });
}

function kindOf(layout: MemoryLayout): AreaKind {
  const special = specialArea(layout);
  if (special !== undefined) return special;
  // Memory that is writable and has no erase at all needs none: RAM, EEPROM.
  const direct = layout.regions.every((region) => region.writable && !region.erasable);
  return direct ? "direct" : "flash";
}

function fillArea(
  area: MemoryArea,
  { fill, random, erasedByte }: FlashMemoryOptions & { readonly random: Random },
): void {
  // A new part has blank OTP.
  if (fill === "blank" || area.kind === "otp") area.bytes.fill(erasedByte);
  else random.fill(area.bytes);
}

function pagesOf(region: MemoryRegion): MemoryPage[] {
  return Array.from({ length: region.pageCount }, (_, index) => ({
    address: region.address + index * region.pageSize,
    size: region.pageSize,
    region,
  }));
}

/** The regions that a range of one area touches. */
function regionsOf(
  area: MemoryArea,
  range: { readonly address: number; readonly size: number },
): MemoryRegion[] {
  const end = range.address + range.size;
  return area.layout.regions.filter((region) =>
    region.address < end && range.address < regionEnd(region)
  );
}
