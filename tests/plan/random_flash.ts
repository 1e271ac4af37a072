import type { Outline } from "../../src/firmware/firmware.ts";
import type { DeviceProfile } from "../../src/plan/device_profile.ts";
import type { MemoryLayout, MemoryRegion } from "../../src/plan/memory_layout.ts";
import type { PageState } from "../../src/plan/operation.ts";
import type { PlanOptions } from "../../src/plan/plan.ts";
import type { Random } from "../helpers/random.ts";
import { FlashModel, type ModelPage } from "./flash_model.ts";

/** One alternate setting: its memory before the flash, and what shall be there. */
export interface RandomTarget {
  readonly alternate: number;
  readonly layout: MemoryLayout;
  readonly before: FlashModel;
  /** What the image has in each page: its byte, or -1. */
  readonly image: ReadonlyMap<ModelPage, Int16Array>;
  readonly outline: Outline;
  readonly states: ReadonlyMap<number, PageState>;
}

export interface RandomFlash {
  readonly targets: readonly RandomTarget[];
  readonly profile: DeviceProfile;
  readonly options: PlanOptions;
}

/** A device of one or two memories with old contents, images for them, and options. */
export function randomFlash(random: Random): RandomFlash {
  const erasedByte = random.pick([0xFF, 0xFF, 0xFF, 0x00]);
  const addresses = [0, 0x08000000, 0x08004000, 0x7FFF0000];
  const targets = [randomTarget(random, { alternate: 0, addresses, erasedByte })];
  if (random.chance(0.2)) {
    targets.push(
      randomTarget(random, { alternate: 3, addresses: [0x90000000, 0xC0000000], erasedByte }),
    );
  }
  const writeAlignment = random.pick([2, 4, 8, 16]);
  return {
    targets,
    profile: {
      name: "Random part",
      alternates: targets.map(({ alternate, layout }) => ({ alternate, layout })),
      transferSize: random.pick([1024, 2048, 4096, 64, 1056]),
      writeAlignment,
      ...(erasedByte === 0xFF ? {} : { erasedByte }),
      quirks: random.chance(0.3) ? ["no-mass-erase"] : [],
    },
    options: {
      erase: random.pick(["needed", "needed", "touched", "all", "none"]),
      preserve: random.chance(0.4),
      verify: random.chance(0.8),
      leave: random.chance(0.5),
      ...(random.chance(0.7)
        ? { pageStates: new Map(targets.map(({ alternate, states }) => [alternate, states])) }
        : {}),
    },
  };
}

function randomTarget(
  random: Random,
  { alternate, addresses, erasedByte }: {
    readonly alternate: number;
    readonly addresses: readonly number[];
    readonly erasedByte: number;
  },
): RandomTarget {
  const layout = randomLayout(random, alternate, random.pick(addresses));
  const before = new FlashModel(layout, erasedByte);
  const image = randomImage(random, before);
  for (const page of before.pages) {
    fillPage(random, page, { image: image.get(page)!, erasedByte });
  }
  const states = new Map<number, PageState>();
  for (const page of before.pages) {
    if (random.chance(0.2)) continue;
    const state = stateOf(page, image.get(page)!, erasedByte);
    states.set(page.address, state === "blank" && random.chance(0.3) ? "looks-blank" : state);
  }
  const outline = outlineOf(before, image, random.pick([1, 5, 64, 300]));
  return { alternate, layout, before, image, outline, states };
}

const PAGE_KINDS = [
  { pageSize: 128, most: 40 },
  { pageSize: 256, most: 20 },
  { pageSize: 1024, most: 12 },
  { pageSize: 2048, most: 9 },
  { pageSize: 3072, most: 6 },
  { pageSize: 4096, most: 5 },
  { pageSize: 16 * 1024, most: 4 },
  { pageSize: 64 * 1024, most: 1 },
  { pageSize: 128 * 1024, most: 1 },
  { pageSize: 100, most: 12 },
  { pageSize: 1, most: 40 },
];

function randomLayout(random: Random, alternate: number, base: number): MemoryLayout {
  const regions: MemoryRegion[] = [];
  let address = base;
  // As in real devices, memory starts at multiples of 64 bytes, except behind odd pages.
  for (let count = random.between(1, 4); count > 0; count--) {
    const { pageSize, most } = random.pick(PAGE_KINDS);
    const pageCount = random.between(1, most);
    const letter = random.pick(["g", "g", "g", "g", "g", "a", "e", "f"]);
    regions.push({
      address,
      pageSize,
      pageCount,
      readable: letter !== "f",
      erasable: letter === "g" || letter === "f",
      writable: letter !== "a",
    });
    address += pageSize * pageCount;
    if (random.chance(0.3)) address += 4096 - address % 64;
  }
  return { name: `Memory ${alternate}`, regions, notes: [] };
}

/** Paints stretches, long and short, with a liking for page ends. */
function randomImage(random: Random, model: FlashModel): Map<ModelPage, Int16Array> {
  const image = new Map(model.pages.map((page) => [page, new Int16Array(page.size).fill(-1)]));
  const writable = model.pages.filter((page) => page.writable);
  if (writable.length === 0) return image;
  for (let count = random.between(1, 6); count > 0; count--) {
    let index = random.below(writable.length);
    let start = random.chance(0.4) ? 0 : random.below(writable[index]!.size);
    let size = random.pick([1, 7, 64, 700, 2048, 5000, 40_000]);
    if (random.chance(0.5)) size = random.between(1, size);
    const stretch = random.pick([1, 40, 500, 3000]);
    const toPageEnd = random.chance(0.3);
    for (; size > 0 && index < writable.length; index++, start = 0) {
      const page = writable[index]!;
      const end = toPageEnd && page.size - start < size * 2
        ? page.size
        : Math.min(page.size, start + size);
      paint(random, image.get(page)!.subarray(start, end), stretch);
      size -= end - start;
    }
  }
  return image;
}

/** Turns of bytes of any value and of 0xFF. */
function paint(random: Random, bytes: Int16Array, stretch: number): void {
  for (let start = 0; start < bytes.length;) {
    const end = start + random.between(1, stretch);
    const part = bytes.subarray(start, end);
    if (random.chance(0.4)) part.fill(0xFF);
    else part.set(random.bytes(part.length));
    start = end;
  }
}

function fillPage(
  random: Random,
  page: ModelPage,
  { image, erasedByte }: { readonly image: Int16Array; readonly erasedByte: number },
): void {
  const kind = random.pick(["random", "random", "blank", "image", "zero"]);
  if (kind === "blank") page.bytes.fill(erasedByte);
  if (kind === "random" || kind === "image") page.bytes.set(random.bytes(page.size));
  if (kind !== "image") return;
  for (const [offset, byte] of image.entries()) if (byte >= 0) page.bytes[offset] = byte;
}

/** What a survey finds. */
function stateOf(page: ModelPage, image: Int16Array, erasedByte: number): PageState {
  if (image.every((byte, offset) => byte < 0 || byte === page.bytes[offset])) return "unchanged";
  return page.bytes.every((byte) => byte === erasedByte) ? "blank" : "different";
}

/** The outline of the painted bytes; blank stretches shorter than `minimum` are left out. */
function outlineOf(
  model: FlashModel,
  image: ReadonlyMap<ModelPage, Int16Array>,
  minimum: number,
): Outline {
  return {
    segments: runsOf(model, image, (byte) => byte >= 0),
    blanks: runsOf(model, image, (byte) => byte === 0xFF).filter(({ size }) => size >= minimum),
  };
}

function runsOf(
  model: FlashModel,
  image: ReadonlyMap<ModelPage, Int16Array>,
  matches: (byte: number) => boolean,
): { address: number; size: number }[] {
  const runs: { address: number; size: number }[] = [];
  for (const page of model.pages) {
    const bytes = image.get(page)!;
    for (let offset = 0; offset < page.size; offset++) {
      if (!matches(bytes[offset]!)) continue;
      const last = runs.at(-1);
      const address = page.address + offset;
      if (last !== undefined && last.address + last.size === address) last.size++;
      else runs.push({ address, size: 1 });
    }
  }
  return runs;
}
