import { formatAddress, formatSize } from "../format.ts";
import { type MemoryLayout, type MemoryRegion, regionEnd } from "./memory_layout.ts";

/**
 * The interface string of a layout, in the spelling that ST's own loaders prefer. `parseMemoryLayout()` reads
 * the same name and regions from it, without notes.
 *
 * @throws {RangeError} if a region can be neither read, erased nor written: the string has no letter for that.
 */
export function formatMemoryLayout(layout: MemoryLayout): string {
  let text = `@${layout.name}  `;
  let end: number | undefined;
  for (const region of layout.regions) {
    text += region.address === end ? "," : `/${formatAddress(region.address)}/`;
    text += formatGroup(region);
    end = regionEnd(region);
  }
  return text;
}

function formatGroup(region: MemoryRegion): string {
  const unit = [1024 * 1024, 1024, 1].find((size) => region.pageSize % size === 0)!;
  const letter = unit === 1 ? "B" : unit === 1024 ? "K" : "M";
  const count = region.pageCount.toString().padStart(2, "0");
  const size = (region.pageSize / unit).toString().padStart(3, "0");
  return `${count}*${size}${letter}${typeLetter(region)}`;
}

/** `a` to `g`: read counts 1, erase 2, write 4. */
function typeLetter(region: MemoryRegion): string {
  const access = (region.readable ? 1 : 0) + (region.erasable ? 2 : 0) + (region.writable ? 4 : 0);
  if (access === 0) throw new RangeError(`No access to ${formatAddress(region.address)}`);
  return "abcdefg".charAt(access - 1);
}

/** `4 × 16 KiB`: the pages of a region, for people. */
export function describePages(region: MemoryRegion): string {
  return `${region.pageCount} × ${formatSize(region.pageSize)}`;
}

/** `read, erase, write`: what can be done to a region, for people. */
export function describeAccess(region: MemoryRegion): string {
  const verbs = [
    region.readable ? "read" : "",
    region.erasable ? "erase" : "",
    region.writable ? "write" : "",
  ];
  return verbs.filter((verb) => verb !== "").join(", ");
}

/**
 * A layout for people: `4 × 16 KiB, 1 × 64 KiB, 7 × 128 KiB (read, erase, write)`. Regions that differ in access
 * are told apart by `;`, and each stretch after a gap starts with its address.
 */
export function describeLayout(layout: MemoryLayout): string {
  const parts: { access: string; end: number; text: string }[] = [];
  for (const region of layout.regions) {
    const access = describeAccess(region);
    const last = parts.at(-1);
    if (last !== undefined && last.end === region.address && last.access === access) {
      last.text += `, ${describePages(region)}`;
      last.end = regionEnd(region);
      continue;
    }
    const gap = last !== undefined && last.end !== region.address;
    const place = gap ? `at ${formatAddress(region.address)} ` : "";
    parts.push({ access, end: regionEnd(region), text: place + describePages(region) });
  }
  return parts.map((part) => `${part.text} (${part.access})`).join("; ");
}
