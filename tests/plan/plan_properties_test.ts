import { assert, assertEquals, assertThrows } from "@std/assert";
import { PlanError } from "../../src/errors.ts";
import { formatAddress } from "../../src/format.ts";
import type { Extent } from "../../src/firmware/firmware.ts";
import type { Plan } from "../../src/plan/operation.ts";
import { planFlash, type PlanOptions } from "../../src/plan/plan.ts";
import { countTouchedPages } from "../../src/plan/touched_pages.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";
import type { ModelPage } from "./flash_model.ts";
import { type RandomFlash, randomFlash, type RandomTarget } from "./random_flash.ts";
import { type Outcome, runPlan } from "./run_plan.ts";

/** Enough to meet every mix of options and pages, in about two seconds. */
const ROUNDS = 200;

randomTest("planFlash() makes plans that put random images into random memories", (seed) => {
  const random = seededRandom(seed);
  let plans = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const flash = randomFlash(random);
    try {
      if (checkFlash(flash)) plans++;
    } catch (error) {
      console.error(`Round ${round}`, flash.profile, flash.options);
      throw error;
    }
  }
  assert(plans > ROUNDS / 3, `only ${plans} of ${ROUNDS} flashes could be planned`);
});

/** Returns whether there is a plan; it is refused just where that is right. */
function checkFlash(flash: RandomFlash): boolean {
  const images = flash.targets.map(({ alternate, outline }) => ({ alternate, outline }));
  const makePlan = () => planFlash({ images }, flash.profile, flash.options);
  if (mustRefuse(flash)) {
    assertThrows(makePlan, PlanError);
    return false;
  }
  const plan = makePlan();
  assertEquals(JSON.parse(JSON.stringify(plan)), plan);
  const outcomes = runPlan(plan, flash);
  for (const outcome of outcomes) {
    for (const [index, page] of outcome.model.pages.entries()) {
      const view = viewOf(outcome, flash, index);
      checkTreatment(view, flash);
      checkBytes(view, plan, flash);
      checkWrites(view, page, flash);
    }
    checkBlocks(outcome, flash);
    checkRuns(outcome, plan, flash.options);
  }
  checkTotals(plan, flash, outcomes);
  return true;
}

/** One page before and after, byte by byte. */
interface PageView {
  readonly outcome: Outcome;
  readonly before: ModelPage;
  readonly after: ModelPage;
  readonly image: Int16Array;
  readonly treatment: Treatment;
}

/** How a page must be treated: `kept` pages are not touched, `overwritten` ones are no flash. */
type Treatment = "untouched" | "kept" | "erased" | "programmed" | "overwritten";

function viewOf(outcome: Outcome, flash: RandomFlash, index: number): PageView {
  const before = outcome.target.before.pages[index]!;
  const image = outcome.target.image.get(before)!;
  const treatment = treatmentOf(flash, outcome.target.alternate, { before, image });
  return { outcome, before, after: outcome.model.pages[index]!, image, treatment };
}

function treatmentOf(
  { options }: RandomFlash,
  alternate: number,
  { before, image }: { before: ModelPage; image: Int16Array },
): Treatment {
  const isTouched = image.some((byte) => byte >= 0);
  if (options.erase === "all" && before.erasable) return "erased";
  if (!isTouched) return "untouched";
  const state = options.pageStates?.get(alternate)?.get(before.address);
  const surveyed = options.erase === "needed" || options.erase === "none";
  if (surveyed && state === "unchanged") return "kept";
  if (!before.erasable) return "overwritten";
  const isBlank = state === "blank" || (state === "looks-blank" && options.verify);
  return options.erase === "none" || (options.erase === "needed" && isBlank)
    ? "programmed"
    : "erased";
}

function mustRefuse(flash: RandomFlash): boolean {
  const { options } = flash;
  const pages = flash.targets.flatMap((target) =>
    [...target.image].map(([before, image]) => ({
      before,
      image,
      treatment: treatmentOf(flash, target.alternate, { before, image }),
    }))
  );
  const touched = pages.filter(({ image }) => image.some((byte) => byte >= 0));
  if (touched.length === 0) return true;
  if (options.erase === "all" && options.preserve) return true;
  const mustErase = options.erase === "touched" || options.erase === "all";
  if (mustErase && touched.some(({ before }) => !before.erasable)) return true;
  return touched.some(({ before, image, treatment }) => {
    if (before.readable || treatment === "kept") return false;
    const keeps = options.preserve && treatment === "erased" && image.includes(-1);
    return options.verify || keeps;
  });
}

/** Whether a page was erased follows from the options and the survey, and from nothing else. */
function checkTreatment({ after, treatment }: PageView, { options }: RandomFlash): void {
  const at = formatAddress(after.address);
  assertEquals(after.eraseCount, treatment === "erased" ? 1 : 0, `erases of ${at}`);
  if (options.erase === "none") assertEquals(after.eraseCount, 0);
  if (treatment === "kept" || treatment === "untouched") assertEquals(after.blocks.size, 0, at);
}

function checkBytes(view: PageView, plan: Plan, { options, targets }: RandomFlash): void {
  const { outcome, before, after, image, treatment } = view;
  const { alternate } = outcome.target;
  assert(targets.includes(outcome.target));
  const kept = outcome.kept.get(after)!;
  const verified = outcome.verified.get(after)!;
  const blanked = marksIn(before, plan.blanked.filter((extent) => extent.alternate === alternate));
  const preserved = marksIn(
    before,
    plan.preserved.filter((extent) => extent.alternate === alternate),
  );
  const keepsAll = options.preserve === true && treatment === "erased";
  for (let offset = 0; offset < image.length; offset++) {
    const wanted = image[offset]!;
    const old = before.bytes[offset]!;
    const byte = after.bytes[offset]!;
    const outside = wanted < 0;
    const lost = outside && treatment === "erased" && !keepsAll;
    const expected = lost
      ? outcome.model.erasedByte
      : outside
      ? old
      : treatment === "programmed" && options.erase === "none"
      ? outcome.model.programmed(old, wanted)
      : wanted;
    const reads = options.verify === true && treatment !== "kept" && treatment !== "untouched" &&
      (!outside || keepsAll);
    // The message is costly: it is made only where something is wrong.
    const fine = byte === expected && blanked[offset] === (lost ? 1 : 0) &&
      kept[offset] === preserved[offset] && (kept[offset] === 0 || outside) &&
      (!keepsAll || !outside || kept[offset] === 1) && verified[offset] === (reads ? 1 : 0);
    if (fine) continue;
    const facts = { wanted, old, byte, expected, lost, reads, treatment };
    const marks = {
      blanked: blanked[offset],
      preserved: preserved[offset],
      kept: kept[offset],
      verified: verified[offset],
    };
    throw new Error(
      `${formatAddress(before.address + offset)}: ${JSON.stringify({ ...facts, ...marks })}`,
    );
  }
}

/** A page without contents is not written, and no write begins or ends with what is blank already. */
function checkWrites(
  { outcome, before, after, image, treatment }: PageView,
  page: ModelPage,
  { options, profile }: RandomFlash,
): void {
  if (treatment !== "erased" && treatment !== "programmed") return;
  const blanks = blanksIn(before, outcome.target);
  const keeps = options.preserve === true && treatment === "erased";
  const written = outcome.written.get(page)!;
  const near = Array.from({ length: profile.writeAlignment }, (_, index) => index);
  const isContent = (offset: number) =>
    image[offset]! < 0 ? keeps && outcome.kept.get(after)![offset] === 1 : blanks[offset] === 0;
  for (let offset = 0; offset < before.size; offset++) {
    if (written[offset] === 0 && isContent(offset)) throw new Error("Contents are not written");
    const starts = written[offset] === 1 && (offset === 0 || written[offset - 1] === 0);
    const ends = written[offset] === 1 &&
      (offset === before.size - 1 || written[offset + 1] === 0);
    if (starts) assert(near.some((step) => isContent(offset + step)), "a write starts blank");
    if (ends) assert(near.some((step) => isContent(offset - step)), "a write ends blank");
  }
}

/** As few blocks as a page allows when they are counted from its start. */
function checkBlocks({ target, blocks }: Outcome, { profile, options }: RandomFlash): void {
  if (options.preserve || options.erase === "none") return;
  if (!target.layout.regions.every((region) => region.erasable)) return;
  const { transferSize } = profile;
  let wantedCount = 0;
  for (const page of target.before.pages) {
    const blanks = blanksIn(page, target);
    const image = target.image.get(page)!;
    for (let start = 0; start < page.size; start += transferSize) {
      const isContent = (byte: number, index: number) => byte >= 0 && blanks[start + index] === 0;
      if (image.subarray(start, start + transferSize).some(isContent)) wantedCount++;
    }
  }
  assert(blocks.length <= wantedCount, `${blocks.length} blocks, ${wantedCount} are enough`);
}

/** Where the image wants what an erase leaves, as far as the outline tells. */
function blanksIn(page: ModelPage, { before, outline }: RandomTarget): Uint8Array {
  return marksIn(page, before.erasedByte === 0xFF ? outline.blanks : []);
}

function marksIn(page: ModelPage, extents: readonly Extent[]): Uint8Array {
  const marks = new Uint8Array(page.size);
  for (const { address, size } of extents) {
    const start = Math.max(0, address - page.address);
    const end = Math.min(page.size, address + size - page.address);
    if (start < end) marks.fill(1, start, end);
  }
  return marks;
}

function countImage(image: Int16Array): number {
  return image.reduce((count, byte) => byte >= 0 ? count + 1 : count, 0);
}

function sumOf(marks: Uint8Array): number {
  return marks.reduce((sum, mark) => sum + mark, 0);
}

/** The runs are the touched pages, each once and in order. */
function checkRuns(outcome: Outcome, plan: Plan, options: PlanOptions): void {
  const { target, model, written } = outcome;
  const runs = plan.pages.filter((run) => run.alternate === target.alternate);
  const pages = runs.flatMap((run) =>
    Array.from({ length: run.pageCount }, (_, index) => run.address + index * run.pageSize)
  );
  const expected = model.pages.filter((page, index) =>
    page.eraseCount > 0 ||
    target.image.get(target.before.pages[index]!)!.some((byte) => byte >= 0)
  );
  assertEquals(pages, expected.map((page) => page.address));
  const all = options.erase === "all";
  assertEquals(countTouchedPages(target.outline, target.layout, { all }), pages.length);
  for (const run of runs) {
    let imageSize = 0, writeSize = 0;
    for (let index = 0; index < run.pageCount; index++) {
      const page = model.page(run.address + index * run.pageSize);
      assertEquals(page.size, run.pageSize);
      assertEquals(page.eraseCount === 1, run.action === "erase" || run.action === "erase-write");
      assertEquals(page.blocks.size > 0, run.action === "write" || run.action === "erase-write");
      const before = target.before.page(page.address);
      imageSize += countImage(target.image.get(before)!);
      writeSize += sumOf(written.get(page)!);
    }
    assertEquals([run.imageSize, run.writeSize], [imageSize, writeSize]);
  }
}

function checkTotals(plan: Plan, flash: RandomFlash, outcomes: readonly Outcome[]): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const pages = outcomes.flatMap(({ model }) => model.pages);
  const erased = pages.filter((page) => page.eraseCount === 1);
  const ones = (marks: (outcome: Outcome) => ReadonlyMap<ModelPage, Uint8Array>) =>
    sum(outcomes.flatMap((outcome) => [...marks(outcome).values()].map(sumOf)));
  const images = flash.targets.flatMap((target) => [...target.image.values()]);
  const runs = plan.pages.filter((run) => run.action === "keep");
  assertEquals(plan.totals, {
    imageSize: sum(images.map(countImage)),
    keptPages: sum(runs.map((run) => run.pageCount)),
    erasedPages: erased.length,
    erasedSize: sum(erased.map((page) => page.size)),
    writtenSize: ones((outcome) => outcome.written),
    writtenBlocks: sum(outcomes.map((outcome) => outcome.blocks.length)),
    verifiedSize: ones((outcome) => outcome.verified),
    blankedSize: sum(plan.blanked.map((extent) => extent.size)),
    preservedSize: ones((outcome) => outcome.kept),
  });
}
