import type { Extent } from "../../firmware/firmware.ts";
import type { AlternateProfile } from "../../plan/device_profile.ts";
import { endOf, ExtentCursor, extentOf, gapsIn, joinExtents } from "../../plan/extents.ts";
import type { PageRun, Plan } from "../../plan/operation.ts";

/** What a plan does to a byte of memory. Every byte of a part has one of these. */
export type Treatment =
  /** Stays as it is: the plan does not touch it. */
  | "untouched"
  /** Stays as it is: it cannot be written. */
  | "read-only"
  /** Holds what the image wants. */
  | "unchanged"
  /** Is blank, and stays so. */
  | "blank"
  /** Outside the image: read first, and written back. */
  | "kept"
  /** Erased and left blank, as the image wants it. */
  | "erased"
  /** The image's bytes, sent to the device. */
  | "written"
  /** Sent to the device to fill a block up: neither the image's bytes nor kept ones. */
  | "padded"
  /** Outside the image, and erased with its page: what was there is lost. */
  | "blanked";

/** Memory that is treated in one way. */
export interface Span extends Extent {
  readonly treatment: Treatment;
}

/**
 * What a plan does to each byte of one alternate setting: spans in order of address, which cover all of its memory and
 * nothing else, neighbours of one kind joined. `image` has the image's bytes there, in any order.
 */
export function findTreatments(
  { alternate, layout }: AlternateProfile,
  plan: Plan,
  image: readonly Extent[],
): Span[] {
  const ours = <Item extends { alternate: number }>(items: readonly Item[]) =>
    items.filter((item) => item.alternate === alternate);
  const writes = writesTo(alternate, plan);
  const cursor = new ExtentCursor(joinExtents(image.toSorted((a, b) => a.address - b.address)));
  const written = writes.flatMap((write) => cursor.within(write));
  const memory = layout.regions.map((region): Span => ({
    ...extentOf(region),
    treatment: region.writable ? "untouched" : "read-only",
  }));
  const layers: readonly (readonly Span[])[] = [
    ours(plan.pages).map((run) => ({ ...extentOf(run), treatment: treatmentOfPages(run) })),
    as("blanked", ours(plan.blanked)),
    as("padded", writes),
    as("written", written),
    as("kept", ours(plan.preserved)),
  ];
  return joinSpans(layers.reduce(overlay, memory));
}

/** What happens to that part of pages that nothing else is said of. */
function treatmentOfPages({ action, reason }: PageRun): Treatment {
  switch (action) {
    case "erase":
    case "erase-write":
      return "erased";
    case "keep":
      if (reason === "unchanged") return "unchanged";
      return reason === "looks-blank" ? "blank" : "untouched";
    case "write":
      return reason === "already-blank" || reason === "looks-blank" ? "blank" : "untouched";
  }
}

function as(treatment: Treatment, extents: readonly Extent[]): Span[] {
  return extents.map(({ address, size }) => ({ address, size, treatment }));
}

function writesTo(alternate: number, plan: Plan): Extent[] {
  const writes: Extent[] = [];
  let selected: number | undefined;
  for (const operation of plan.operations) {
    if (operation.kind === "select") selected = operation.alternate;
    else if (operation.kind === "write" && selected === alternate) writes.push(operation);
  }
  return writes;
}

/** `top` over `base`; both in order of address and disjoint. What lies outside `base` is no memory, and left out. */
function overlay(base: readonly Span[], top: readonly Span[]): readonly Span[] {
  if (top.length === 0) return base;
  const holes = new ExtentCursor(top);
  const rest = base.flatMap((span) =>
    gapsIn(holes.within(span), span).map((gap) => ({ ...gap, treatment: span.treatment }))
  );
  const memory = new ExtentCursor(base);
  const laid = top.flatMap((span) =>
    memory.within(span).map((part) => ({ ...part, treatment: span.treatment }))
  );
  return [...rest, ...laid].sort((a, b) => a.address - b.address);
}

function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const joins = last !== undefined && endOf(last) === span.address &&
      last.treatment === span.treatment;
    if (joins) joined[joined.length - 1] = { ...last, size: last.size + span.size };
    else joined.push(span);
  }
  return joined;
}

/** The parts of spans within a window. */
export function clipSpans(spans: readonly Span[], window: Extent): Span[] {
  const clipped: Span[] = [];
  for (let index = firstIndex(spans, window.address); index < spans.length; index++) {
    const span = spans[index]!;
    const address = Math.max(span.address, window.address);
    const end = Math.min(endOf(span), endOf(window));
    if (address >= end) break;
    clipped.push({ address, size: end - address, treatment: span.treatment });
  }
  return clipped;
}

/** Index of the first span that ends after an address: a search by halves, as a part may have very many. */
function firstIndex(spans: readonly Span[], address: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (endOf(spans[middle]!) > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How much of spans is treated in each way, in bytes. */
export function sizesOf(spans: readonly Span[]): ReadonlyMap<Treatment, number> {
  const sizes = new Map<Treatment, number>();
  for (const { treatment, size } of spans) sizes.set(treatment, (sizes.get(treatment) ?? 0) + size);
  return sizes;
}
