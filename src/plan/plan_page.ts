import type { Extent } from "../firmware/firmware.ts";
import { ExtentCursor, gapsIn, subtractExtents } from "./extents.ts";
import type { PageAction, PageReason, PageState } from "./operation.ts";
import type { TouchedPage } from "./touched_pages.ts";
import { type WriteLimits, writesOfPage } from "./write_blocks.ts";

/**
 * Which pages are erased: `needed` leaves out those that a survey found unchanged or blank, `touched` is every page with
 * a byte of the image, `all` is every page that can be erased, `none` is no page.
 */
export type EraseMode = "needed" | "touched" | "all" | "none";

/** How one page is treated. Extents are in order of address. */
export interface PageWork {
  readonly action: PageAction;
  readonly reason: PageReason;
  /** Bytes outside the image that the writes put back, to be read before. */
  readonly reads: readonly Extent[];
  readonly writes: readonly Extent[];
  /** Bytes outside the image that the erase blanks. */
  readonly blanked: readonly Extent[];
  /** The image's bytes, and those put back, to be read back afterwards. */
  readonly verifies: readonly Extent[];
}

export interface PagePolicy extends WriteLimits {
  readonly erase: EraseMode;
  readonly preserve: boolean;
  /** Whether the result is read back and compared. */
  readonly verify: boolean;
}

/** Decides what happens to one page. `state` is the survey's, or undefined where there was none. */
export function planPage(
  page: TouchedPage,
  state: PageState | undefined,
  policy: PagePolicy,
): PageWork {
  // Programming what is there already is no harmless repetition: parts with ECC take it as an error.
  const mayKeep = policy.erase === "needed" || policy.erase === "none";
  if (mayKeep && state === "unchanged") return keep("unchanged");
  if (!page.region.erasable) return overwrite(page, policy);
  if (policy.erase === "all") return erase(page, "erase-all", policy);
  if (policy.erase === "none") {
    return program(page, "erase-none", { limits: policy, fillGaps: state === "blank" });
  }
  if (policy.erase === "needed" && state === "blank") {
    if (page.contents.length === 0) return keep("unchanged");
    return program(page, "already-blank", { limits: policy, fillGaps: true });
  }
  // A guess is right only where it is checked.
  if (policy.erase === "needed" && state === "looks-blank" && policy.verify) {
    return program(page, "looks-blank", { limits: policy, fillGaps: true });
  }
  return erase(page, page.contents.length === 0 ? "image-blank" : "image", policy);
}

function keep(reason: PageReason): PageWork {
  return { action: "keep", reason, reads: [], writes: [], blanked: [], verifies: [] };
}

/** Erase, then write what is not 0xFF; what else was in the page is preserved or blanked. */
function erase(page: TouchedPage, reason: PageReason, policy: PagePolicy): PageWork {
  const rest = gapsIn(page.extents, page);
  const preserve = policy.preserve && rest.length > 0;
  const contents = preserve ? withoutBlanks(page) : page.contents;
  const writes = writesOfPage(page, contents, { limits: policy, fillGaps: true });
  return {
    action: writes.length === 0 ? "erase" : "erase-write",
    reason,
    reads: preserve ? rest : [],
    writes,
    blanked: preserve ? [] : rest,
    verifies: preserve ? [wholePage(page)] : page.extents,
  };
}

/** Write without an erase: 0xFF changes nothing there, so it is left out. */
function program(
  page: TouchedPage,
  reason: PageReason,
  how: { readonly limits: WriteLimits; readonly fillGaps: boolean },
): PageWork {
  const writes = writesOfPage(page, page.contents, how);
  if (writes.length === 0) return { ...keep(reason), verifies: page.extents };
  return { action: "write", reason, reads: [], writes, blanked: [], verifies: page.extents };
}

/** Memory such as RAM or EEPROM takes every byte as it is: padding must hold what was there. */
function overwrite(page: TouchedPage, policy: PagePolicy): PageWork {
  const writes = writesOfPage(page, page.extents, { limits: policy, fillGaps: false });
  const extents = new ExtentCursor(page.extents);
  const padding = writes.flatMap((write) => gapsIn(extents.within(write), write));
  return {
    action: "write",
    reason: "not-erasable",
    reads: padding,
    writes,
    blanked: [],
    verifies: page.extents,
  };
}

/** The page without what the image wants to be 0xFF: what is kept may hold anything. */
function withoutBlanks(page: TouchedPage): readonly Extent[] {
  return subtractExtents([wholePage(page)], subtractExtents(page.extents, page.contents));
}

function wholePage(page: TouchedPage): Extent {
  return { address: page.address, size: page.size };
}
