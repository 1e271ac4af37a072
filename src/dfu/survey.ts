import type { Extent, Image } from "../firmware/firmware.ts";
import { firstDifference, readImage } from "../firmware/image.ts";
import { clipExtents, endOf, totalSize } from "../plan/extents.ts";
import type { PageState, PageStates } from "../plan/operation.ts";
import type { TargetedImage } from "../plan/resolve_images.ts";
import { type TouchedPage, touchedPages } from "../plan/touched_pages.ts";
import { writeBlocks } from "../plan/write_blocks.ts";
import { checkSignal } from "./interrupt.ts";
import type { DfuSession } from "./session.ts";

/** One image with the memory that it goes to, and its bytes. */
export interface SurveyTarget extends TargetedImage {
  readonly image: Image;
}

export interface SurveyOptions {
  readonly transferSize: number;
  /** What erased memory reads as. */
  readonly erasedByte: number;
  /**
   * Let a sample of a page stand for all of it where it looks blank. Only for memory that takes it without harm when that
   * was wrong, and only where the result is verified and done again if need be.
   */
  readonly sampleBlank: boolean;
  /** Told after every page; `done` counts the image's bytes in pages so far. */
  readonly onProgress?: (step: Extent & { readonly done: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the pages that the images touch, and tells which of them hold the image already and which are blank. Decided on
 * the bytes themselves, each page at the first block that decides it. Pages that cannot be read stay unknown.
 */
export async function surveyPages(
  session: DfuSession,
  targets: readonly SurveyTarget[],
  options: SurveyOptions,
): Promise<PageStates> {
  const states = new Map<number, ReadonlyMap<number, PageState>>();
  let done = 0;
  for (const target of targets) {
    const pages = new Map<number, PageState>();
    states.set(target.alternate, pages);
    await session.selectAlternate(target.alternate);
    let before: PageState = "unchanged";
    for (const group of pageGroups(target, options.transferSize)) {
      checkSignal(options.signal);
      const probe = before === "different" || before === "looks-blank";
      const found = await surveyGroup(session, group, { ...options, image: target.image, probe });
      for (const [index, page] of group.entries()) {
        done += totalSize(page.extents);
        const state = found[index];
        if (state === undefined) continue;
        before = state;
        pages.set(page.address, state);
        options.onProgress?.({ address: page.address, size: page.size, done });
      }
    }
  }
  return states;
}

/** The pages that are touched, in groups of one region that one block can read whole; most are of one page. */
function* pageGroups(
  { outline, layout }: TargetedImage,
  transferSize: number,
): Generator<readonly TouchedPage[]> {
  let group: TouchedPage[] = [];
  for (const page of touchedPages(outline, layout)) {
    const last = group.at(-1);
    const joins = last !== undefined && endOf(last) === page.address &&
      page.region === last.region && (group.length + 1) * page.size <= transferSize;
    if (!joins && last !== undefined) {
      yield group;
      group = [];
    }
    group.push(page);
  }
  if (group.length > 0) yield group;
}

/** One packet on the bus: what is looked at first in a page that most likely differs. */
const PROBE_SIZE = 64;

/**
 * Memory is filled from the start of a page or up to its end, so a page that is blank at both is blank between them too,
 * almost always. It is looked at between them as well, the more often the more time an erase takes that need not be.
 */
const SAMPLE_PARTS = { small: 2, large: 4 } as const;

/** Pages up to this size, in bytes, count as small. */
const SMALL_PAGE = 16 * 1024;

/** What is known of each page of a group; nothing where they cannot be read. */
async function surveyGroup(
  session: DfuSession,
  pages: readonly TouchedPage[],
  options: PageOptions,
): Promise<PageState[]> {
  const [first] = pages;
  if (first?.region.readable !== true) return [];
  if (pages.length === 1) return [await surveyPage(session, first, options)];
  // Small pages: to ask for each would take longer than to read them all.
  const { image, erasedByte } = options;
  const bytes = await session.read(first.address, endOf(pages.at(-1)!) - first.address);
  return pages.map((page) => {
    const offset = page.address - first.address;
    const inPage = { address: page.address, bytes: bytes.subarray(offset, offset + page.size) };
    return stateOf(judge(inPage, { page, image, erasedByte, found: NOTHING_SEEN }));
  });
}

interface PageOptions extends SurveyOptions {
  readonly image: Image;
  /** Look at a few bytes before whole blocks are read. Pays where pages differ, costs where they do not. */
  readonly probe: boolean;
}

async function surveyPage(
  session: DfuSession,
  page: TouchedPage,
  options: PageOptions,
): Promise<PageState> {
  const { image, transferSize, erasedByte, sampleBlank } = options;
  const known = { page, image, erasedByte };
  let found = NOTHING_SEEN;
  let seen: Extent = { address: page.address, size: 0 };
  const [first] = page.extents;
  if (options.probe && first !== undefined) {
    seen = { address: first.address, size: Math.min(PROBE_SIZE, first.size) };
    found = await look(session, seen, { ...known, found });
  }
  for (const block of writeBlocks(page, transferSize)) {
    if (!found.unchanged && !found.blank) return "different";
    if (!found.unchanged && sampleBlank) {
      return await looksBlank(session, page, { ...known, seen }) ? "looks-blank" : "different";
    }
    const inImage = clipExtents(page.extents, block).length > 0;
    // Bytes outside the image matter only to a page that may still be blank.
    if (!found.blank && !inImage) continue;
    seen = block;
    found = await look(session, seen, { ...known, found });
  }
  return stateOf(found);
}

/** Of a page of which all has been seen that matters. */
function stateOf({ unchanged, blank }: Findings): PageState {
  if (unchanged) return "unchanged";
  return blank ? "blank" : "different";
}

/** Looks at a few bytes at the start of each part of the page, and at the last ones, but for what was `seen` just now. */
async function looksBlank(
  session: DfuSession,
  page: TouchedPage,
  { seen, ...known }: Omit<Known, "found"> & { readonly seen: Extent },
): Promise<boolean> {
  const size = Math.min(PROBE_SIZE, page.size);
  const parts = page.size > SMALL_PAGE ? SAMPLE_PARTS.large : SAMPLE_PARTS.small;
  for (let part = 0; part <= parts; part++) {
    const offset = Math.min(Math.floor(part * page.size / parts), page.size - size);
    const extent = { address: page.address + offset, size };
    if (totalSize(clipExtents([extent], seen)) === size) continue;
    const found = await look(session, extent, { ...known, found: PERHAPS_BLANK });
    if (!found.blank) return false;
  }
  return true;
}

interface Findings {
  readonly unchanged: boolean;
  readonly blank: boolean;
}

const NOTHING_SEEN: Findings = { unchanged: true, blank: true };
const PERHAPS_BLANK: Findings = { unchanged: false, blank: true };

interface Known {
  readonly page: TouchedPage;
  readonly image: Image;
  readonly erasedByte: number;
  readonly found: Findings;
}

async function look(session: DfuSession, extent: Extent, known: Known): Promise<Findings> {
  const bytes = await session.read(extent.address, extent.size);
  return judge({ address: extent.address, bytes }, known);
}

/** What is still possible after these bytes of the page have been read. */
function judge(
  { address, bytes }: { readonly address: number; readonly bytes: Uint8Array },
  { page, image, erasedByte, found }: Known,
): Findings {
  return {
    unchanged: found.unchanged &&
      clipExtents(page.extents, { address, size: bytes.length }).every((part) => {
        const offset = part.address - address;
        const actual = bytes.subarray(offset, offset + part.size);
        return firstDifference(readImage(image, part), actual) === undefined;
      }),
    blank: found.blank && bytes.every((byte) => byte === erasedByte),
  };
}
