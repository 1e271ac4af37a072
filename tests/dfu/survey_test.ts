import { assert, assertEquals } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { surveyPages } from "../../src/dfu/survey.ts";
import type { PageState } from "../../src/plan/operation.ts";
import { resolveImages } from "../../src/plan/resolve_images.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";
import { FLASH, inputOf, open, plugIn } from "./rig.ts";

/** Surveys the parts of an image on a board whose memory `prepare` sets up; the states by address. */
async function survey(
  chip: string,
  parts: readonly { address: number; data: Uint8Array }[],
  prepare: (write: (address: number, bytes: Uint8Array) => void) => void,
) {
  const board = plugIn(chip, { fill: "blank" });
  prepare((address, bytes) => board.device.writeMemory(address, bytes));
  const { session, profile } = await open(board, { chip: findChip(chip) });
  const input = inputOf(parts);
  const targets = resolveImages(input.images, profile)
    .map((target) => ({ ...target, image: input.image }));
  await session.recover();
  const { requests: before } = board.device.report;
  const steps: number[] = [];
  const states = await surveyPages(session, targets, {
    transferSize: profile.transferSize,
    erasedByte: profile.erasedByte ?? 0xFF,
    sampleBlank: false,
    onProgress: ({ done }) => steps.push(done),
  });
  const { requests } = board.device.report;
  const sent = (name: string) => (requests[name] ?? 0) - (before[name] ?? 0);
  return { states: [...states.get(0) ?? []], steps, sent };
}

randomTest(
  "surveyPages() agrees with a look at every byte, where pages are smaller than a block",
  async (seed) => {
    const random = seededRandom(seed);
    for (
      const [chip, pageSize] of [["stm32l072", 128], ["stm32l152", 256]] as const
    ) {
      for (let round = 0; round < 6; round++) {
        const parts: { address: number; data: Uint8Array }[] = [];
        const memory: { address: number; data: Uint8Array }[] = [];
        const expected: [number, PageState][] = [];
        let index = random.below(20);
        for (let count = 0; count < 60; count++) {
          // Gaps of pages, so that groups begin and end anywhere.
          index += random.chance(0.2) ? 1 + random.below(3) : 1;
          const address = FLASH + index * pageSize;
          const offset = random.chance(0.5) ? 0 : 4 * random.below(pageSize / 4);
          const data = random.bytes(1 + random.below(pageSize - offset)).map((byte) => byte | 1);
          parts.push({ address: address + offset, data });
          const state = random.pick<PageState>(["unchanged", "blank", "different"]);
          expected.push([address, state]);
          if (state === "blank") continue;
          const bytes = random.bytes(pageSize);
          bytes.set(data, offset);
          // One byte decides, also the last one.
          if (state === "different") bytes[offset + data.length - 1]! ^= 1;
          memory.push({ address, data: bytes });
        }
        const found = await survey(chip, parts, (write) => {
          for (const { address, data } of memory) write(address, data);
        });
        assertEquals(found.states, expected, `${chip}, round ${round}`);
        const total = parts.reduce((sum, { data }) => sum + data.length, 0);
        assertEquals([found.steps.length, found.steps.at(-1)], [expected.length, total]);
      }
    }
  },
);

Deno.test("surveyPages() reads small pages in whole blocks", async () => {
  const data = seededRandom(5).bytes(64 * 1024);
  const { states, sent } = await survey(
    "stm32l072",
    [{ address: FLASH, data }],
    (write) => write(FLASH, data),
  );
  assertEquals(states.length, 512);
  assert(states.every(([, state]) => state === "unchanged"));
  assertEquals([sent("UPLOAD"), sent("DNLOAD")], [32, 1]);
});
