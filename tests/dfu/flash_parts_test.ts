import { assert, assertEquals } from "@std/assert";
import type { Chip } from "../../src/chips/chip.ts";
import { CHIPS } from "../../src/chips/chips.ts";
import type { Image } from "../../src/firmware/firmware.ts";
import { profileOfChip } from "../../src/plan/device_profile.ts";
import type { SimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";
import { assertBytes, type Board, FLASH, flash, inputOf, plugIn, withVectors } from "./rig.ts";

interface Page {
  readonly address: number;
  readonly size: number;
}

type Part = { readonly address: number; readonly data: Uint8Array };

/** Pages of the main flash that can be written, counted here once more from the strings of the table. */
function pagesOf(chip: Chip): Page[] {
  return profileOfChip(chip).alternates[0]!.layout.regions.filter((region) => region.writable)
    .flatMap((region) =>
      Array.from({ length: region.pageCount }, (_, index) => ({
        address: region.address + index * region.pageSize,
        size: region.pageSize,
      }))
    );
}

/** What files look like; `pages` are those of the part. */
const SHAPES: Record<string, (random: Random, pages: readonly Page[]) => Part[]> = {
  "random bytes over several pages": (random, pages) => [
    {
      address: startOf(pages),
      data: withVectors(random.bytes(upTo(pages, 3) - startOf(pages) + 300), startOf(pages)),
    },
  ],
  "odd length": (
    random,
    pages,
  ) => [{ address: startOf(pages), data: withVectors(random.bytes(2049 + 2), startOf(pages)) }],
  "a few bytes": (
    random,
    pages,
  ) => [{ address: startOf(pages), data: withVectors(random.bytes(13), startOf(pages)) }],
  "blank stretches": (random, pages) => {
    const data = random.bytes(upTo(pages, 4) - startOf(pages));
    data.fill(0xFF, 70, 3000);
    data.fill(0xFF, pages[1]!.address - startOf(pages), upTo(pages, 3) - startOf(pages) - 1);
    return [{ address: startOf(pages), data: withVectors(data, startOf(pages)) }];
  },
  "two elements in one page, out of order": (random, pages) => [
    { address: startOf(pages) + Math.min(pages[0]!.size, 4096) / 2 + 5, data: random.bytes(31) },
    { address: startOf(pages), data: withVectors(random.bytes(41), startOf(pages)) },
  ],
  "start and end of the flash": (random, pages) => [
    { address: startOf(pages), data: withVectors(random.bytes(100), startOf(pages)) },
    { address: pages.at(-1)!.address + pages.at(-1)!.size - 77, data: random.bytes(77) },
  ],
};

function startOf(pages: readonly Page[]): number {
  return pages[0]!.address;
}

/** End of the first pages, within bounds that keep the test short. */
function upTo(pages: readonly Page[], count: number): number {
  const page = pages[Math.min(count, pages.length) - 1]!;
  return Math.min(page.address + page.size, startOf(pages) + 20_000);
}

function memoryOf(device: SimulatedDevice, chip: Chip): Uint8Array {
  return device.readMemory(FLASH, chip.flashSize);
}

function touches(page: Page, image: Image): boolean {
  return image.segments.some(({ address, size }) =>
    address < page.address + page.size && page.address < address + size
  );
}

/** What must be there afterwards: the image, blank around it in its pages, old bytes elsewhere. */
function expectedAfter(before: Uint8Array, image: Image, chip: Chip): Uint8Array {
  const memory = before.slice();
  for (const page of pagesOf(chip)) {
    if (!touches(page, image)) continue;
    memory.fill(chip.erasedByte ?? 0xFF, page.address - FLASH, page.address - FLASH + page.size);
  }
  for (const { address, data } of image.segments) memory.set(data, address - FLASH);
  return memory;
}

/** Whether a device that was treated as it should be has counted nothing. */
function assertClean(board: Board, chip: Chip, what: string): void {
  const report = board.device.report;
  assertEquals(report.violations, [], what);
  assertEquals(report.unerasedBytesProgrammed, 0, what);
  const mayAskEarly = chip.vendorId === 0x0483 && !chip.quirks.includes("early-poll-stalls");
  if (!mayAskEarly) assertEquals(report.earlyPolls, 0, what);
}

async function flashAgain(
  board: Board,
  input: ReturnType<typeof inputOf>,
  options: { readonly chip?: Chip },
) {
  board.device.replug();
  const before = board.device.report;
  const report = await flash(board, input, options);
  const after = board.device.report;
  const count = (erases: ReadonlyMap<number, number>) =>
    [...erases.values()].reduce((sum, erases) => sum + erases, 0);
  return {
    report,
    erases: count(after.erases) - count(before.erases),
    bytesWritten: after.bytesWritten - before.bytesWritten,
  };
}

for (const chip of CHIPS) {
  randomTest(
    `flashDevice() puts every shape of file onto ${chip.id}, and nothing else`,
    async (seed) => {
      const random = seededRandom(seed);
      for (const [shape, build] of Object.entries(SHAPES)) {
        const what = `${chip.id}, ${shape}`;
        // Without its name as well: then it is what all look-alikes have in common.
        const options = random.chance(0.5) ? { chip } : {};
        const board = plugIn(chip.id, { seed: random.below(1000) });
        const input = inputOf(build(random, pagesOf(chip)));
        const before = memoryOf(board.device, chip);
        const report = await flash(board, input, options);
        assertEquals([report.outcome, report.error?.message], ["done", undefined], what);
        assertEquals(report.finalState, "left", what);
        const after = memoryOf(board.device, chip);
        assertBytes(after, expectedAfter(before, input.image, chip), what);
        assertClean(board, chip, what);
        const { erases, left } = board.device.report;
        assertEquals(left, { address: input.image.segments[0]!.address, vectorTable: true }, what);
        const touched = pagesOf(chip).filter((page) => touches(page, input.image));
        assertEquals([...erases.keys()].sort(), touched.map((page) => page.address).sort(), what);
        assert([...erases.values()].every((count) => count === 1), what);

        const same = await flashAgain(board, input, options);
        assertEquals(same.report.outcome, "nothing-to-do", what);
        assertEquals([same.erases, same.bytesWritten], [0, 0], what);

        const segment = random.pick(input.image.segments);
        const index = random.below(segment.size);
        const changed = Uint8Array.of(segment.data[index]! ^ 0x10);
        board.device.writeMemory(segment.address + index, changed);
        const one = await flashAgain(board, input, options);
        assertEquals([one.report.outcome, one.erases], ["done", 1], what);
        assertBytes(memoryOf(board.device, chip), after, what);
        assertClean(board, chip, what);
      }
    },
  );

  Deno.test(`flashDevice() erases nothing on a blank ${chip.id}`, async () => {
    const random = seededRandom(7);
    for (const [shape, build] of Object.entries(SHAPES)) {
      const what = `${chip.id}, ${shape}`;
      const board = plugIn(chip.id, { fill: "blank" });
      const input = inputOf(build(random, pagesOf(chip)));
      const before = memoryOf(board.device, chip);
      const report = await flash(board, input, { chip });
      assertEquals([report.outcome, report.error?.message], ["done", undefined], what);
      assertEquals(board.device.report.erases.size, 0, what);
      assertBytes(memoryOf(board.device, chip), expectedAfter(before, input.image, chip), what);
      assertClean(board, chip, what);
    }
  });
}
