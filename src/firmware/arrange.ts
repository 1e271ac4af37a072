import { FirmwareError, PlanError } from "../errors.ts";
import { formatAddress, formatBytes, formatCount, formatRange } from "../format.ts";
import type { Extent, FirmwareWarning } from "./firmware.ts";
import { firstDifference } from "./image.ts";

/** A stretch of one element's bytes. */
export interface Part extends Extent {
  /** Index of the element in its image. */
  readonly element: number;
  /** Where in the element it begins, in bytes. */
  readonly start: number;
}

/** Elements in order of address, each byte once. */
export interface Arrangement {
  /** Sorted by address and disjoint; none is empty. */
  readonly parts: readonly Part[];
  readonly warnings: readonly FirmwareWarning[];
}

/** An element that has an address, and where its data is in the file. */
export interface PlacedElement extends Extent {
  readonly offset: number;
}

export interface ArrangeOptions {
  /** How messages call all elements: `the elements of target 0`. */
  readonly title: string;
  /** How messages call one of them: `element 3`. */
  readonly label: (element: number) => string;
  /** Copies the bytes of a part; asked only where elements overlap. */
  readonly copy: (part: Part, into: Uint8Array) => void;
}

/** How messages call an image of a file, by its number in the file, and its elements. */
export function labelsOf(image: number): Pick<ArrangeOptions, "title" | "label"> {
  return {
    title: `the elements of target ${image}`,
    label: (element) => `element ${element}`,
  };
}

/**
 * Sorts the elements of an image. Where they overlap they must have the same bytes.
 * @throws PlanError where they have different bytes, with the elements and the first address that differs.
 * FirmwareError where more than 65536 parts of them overlap.
 */
export function arrangeElements(
  elements: readonly PlacedElement[],
  options: ArrangeOptions,
): Arrangement {
  const parts: Part[] = [];
  const overlaps: Overlap[] = [];
  const inOrder = [...elements.entries()].sort(([, a], [, b]) => a.address - b.address);
  for (const [element, { address, size, offset }] of inOrder) {
    const last = parts.at(-1);
    const covered = Math.max(address, last === undefined ? 0 : last.address + last.size);
    const whole: Part = { element, start: 0, address, size };
    findOverlaps(parts, whole, overlaps);
    if (overlaps.length > MAX_OVERLAP_COUNT) throw tooManyOverlaps(options.title, offset);
    const end = address + size;
    if (end > covered) parts.push(cut(whole, { address: covered, end }));
  }
  for (const overlap of overlaps) compare(overlap, elements, options);
  return { parts, warnings: warnOf(overlaps, elements, options) };
}

/** No tool makes a file with even a hundred; it bounds the time that a hostile one takes. */
const MAX_OVERLAP_COUNT = 65_536;

/** Bytes compared at once. */
const COMPARE_SIZE = 65_536;

type Labels = Pick<ArrangeOptions, "title" | "label">;

interface Overlap {
  readonly one: Part;
  readonly other: Part;
}

function findOverlaps(parts: readonly Part[], other: Part, overlaps: Overlap[]): void {
  const otherEnd = other.address + other.size;
  for (let index = parts.length - 1; index >= 0; index--) {
    const one = parts[index]!;
    const end = Math.min(one.address + one.size, otherEnd);
    if (one.address + one.size <= other.address) break;
    const address = Math.max(one.address, other.address);
    if (address >= end) continue;
    overlaps.push({ one: cut(one, { address, end }), other: cut(other, { address, end }) });
  }
}

function cut(part: Part, to: { readonly address: number; readonly end: number }): Part {
  return {
    element: part.element,
    start: part.start + to.address - part.address,
    address: to.address,
    size: to.end - to.address,
  };
}

function compare(
  { one, other }: Overlap,
  elements: readonly PlacedElement[],
  options: ArrangeOptions,
): void {
  const end = one.address + one.size;
  const oneBytes = new Uint8Array(Math.min(one.size, COMPARE_SIZE));
  const otherBytes = new Uint8Array(oneBytes.length);
  for (let address = one.address; address < end; address += COMPARE_SIZE) {
    const piece = { address, end: Math.min(end, address + COMPARE_SIZE) };
    const size = piece.end - address;
    options.copy(cut(one, piece), oneBytes.subarray(0, size));
    options.copy(cut(other, piece), otherBytes.subarray(0, size));
    const index = firstDifference(oneBytes.subarray(0, size), otherBytes.subarray(0, size));
    if (index === undefined) continue;
    throw conflict(
      { index: one.element, element: elements[one.element]!, byte: oneBytes[index]! },
      { index: other.element, element: elements[other.element]!, byte: otherBytes[index]! },
      { ...options, address: address + index },
    );
  }
}

interface Claim {
  readonly index: number;
  readonly element: PlacedElement;
  readonly byte: number;
}

function conflict(
  one: Claim,
  other: Claim,
  at: Labels & { readonly address: number },
): PlanError {
  const tell = ({ index, element, byte }: Claim) =>
    `${at.label(index)} (${formatRange(element)}) has 0x${formatBytes(Uint8Array.of(byte))}`;
  const [first, second] = one.index < other.index ? [one, other] : [other, one];
  return new PlanError(
    `Cannot put ${at.title} together: at ${formatAddress(at.address)} ` +
      `${tell(first)} and ${tell(second)}, expected the same bytes where they overlap`,
    {
      hint:
        "Two parts of the firmware claim the same memory: correct them and build the file again.",
      facts: {
        address: at.address,
        offset: second.element.offset,
        parts: [at.label(first.index), at.label(second.index)],
      },
    },
  );
}

function warnOf(
  overlaps: readonly Overlap[],
  elements: readonly PlacedElement[],
  { title, label }: Labels,
): readonly FirmwareWarning[] {
  const first = overlaps[0];
  if (first === undefined) return [];
  const size = overlaps.reduce((sum, overlap) => sum + overlap.one.size, 0);
  const indexes = [first.one.element, first.other.element].sort((a, b) => a - b);
  const message = `${title[0]!.toUpperCase()}${title.slice(1)} overlap with the same bytes, ` +
    `${formatCount(size, "byte")} in all; the first are ${indexes.map(label).join(" and ")} ` +
    `at ${formatRange(first.one)}`;
  return [{ message, offset: elements[indexes[1]!]!.offset }];
}

function tooManyOverlaps(title: string, offset: number): FirmwareError {
  return new FirmwareError(
    `Cannot put ${title} together: they overlap in more than ` +
      `${MAX_OVERLAP_COUNT} places, expected none`,
    { hint: "The file is made by a faulty tool: build it again.", facts: { offset } },
  );
}
