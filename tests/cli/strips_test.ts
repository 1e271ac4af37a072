import { assert, assertEquals } from "@std/assert";
import {
  memoryAround,
  outlineContents,
  renderContentsStrip,
} from "../../src/cli/contents_strip.ts";
import { LiveStrip } from "../../src/cli/live_strip.ts";
import { memoryCellCount, ProgressLines, renderStage } from "../../src/cli/progress.ts";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";
import type { ProgressEvent } from "../../src/dfu/report.ts";
import type { Extent } from "../../src/firmware/firmware.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import { overlaps } from "../../src/plan/extents.ts";
import { writeBlocks } from "../../src/plan/write_blocks.ts";
import type { Picture } from "../../src/cli/pictures/picture.ts";
import { picture, SAMPLES } from "./pictures/sample_pictures.ts";

const BLOCKS: Style = { color: false, blocks: true, columns: 80 };

/** Everything that a plan does, as the events that tell of it; the device differs at `bad` in the end. */
function* eventsOf({ plan, profile }: Picture, bad?: Extent): Generator<ProgressEvent> {
  for (const operation of plan.operations) {
    if (operation.kind === "erase") {
      const { address, pageSize, pageCount } = operation;
      for (let index = 0; index < pageCount; index++) {
        yield step("erase", { address: address + index * pageSize, size: pageSize });
      }
    } else if (operation.kind === "erase-all") {
      yield step("erase", { address: 0, size: plan.totals.erasedSize });
    } else if (operation.kind === "write" || operation.kind === "verify") {
      for (const block of writeBlocks(operation, profile.transferSize)) {
        const isBad = operation.kind === "verify" && bad !== undefined && overlaps(block, bad);
        yield { ...step(operation.kind, block), ...(isBad ? { different: [bad] } : {}) };
      }
    }
  }
}

function step(
  stage: "erase" | "write" | "verify",
  { address, size }: Extent,
): Extract<ProgressEvent, { kind: "progress" }> {
  return { kind: "progress", stage, address, size, done: 0, total: 0 };
}

const FOUR_PAGES = () =>
  picture(["@Flash/0x08000000/16*1Kg"], {
    images: [{ segments: [[0x08000000, 4096], [0x08002000, 1000]] }],
    states: [[0, 0x08000000, 1, 1024, "unchanged"]],
  });

Deno.test("LiveStrip fills in as pages finish: to do, erased, written, done", () => {
  const { profile, plan } = FOUR_PAGES();
  const strip = new LiveStrip(profile, plan, { cellCount: 16 });
  const seen = [strip.render(PLAIN_STYLE) + strip.render(BLOCKS)];
  for (const event of eventsOf(FOUR_PAGES())) {
    strip.onEvent(event);
    seen.push(strip.render(PLAIN_STYLE) + strip.render(BLOCKS));
  }
  assertEquals(seen, [
    "[=---....-.......][░▁▁▁····▁·······]",
    "[=x--....-.......][░▃▁▁····▁·······]",
    "[=xx-....-.......][░▃▃▁····▁·······]",
    "[=xxx....-.......][░▃▃▃····▁·······]",
    "[=xxx....x.......][░▃▃▃····▃·······]",
    "[=++x....x.......][░▅▅▃····▃·······]",
    "[=+++....x.......][░▅▅▅····▃·······]",
    "[=+++....+.......][░▅▅▅····▅·······]",
    "[=##+....+.......][░██▅····▅·······]",
    "[=###....+.......][░███····▅·······]",
    "[=###....#.......][░███····█·······]",
  ]);
  assertEquals(strip.marks().map(({ word }) => word), ["done", "unchanged", "not touched"]);
});

Deno.test("LiveStrip shows a cell of many pages filling by eighths", () => {
  const sample = picture(["@Flash/0x08000000/64*1Kg"], {
    images: [{ segments: [[0x08000000, 65536]] }],
  });
  const strip = new LiveStrip(sample.profile, sample.plan, { cellCount: 4 });
  const seen: string[] = [];
  for (const event of eventsOf(sample)) {
    strip.onEvent(event);
    const drawn = strip.render(BLOCKS);
    if (drawn !== seen.at(-1)) seen.push(drawn);
  }
  assertEquals(seen.slice(0, 4), ["[▁▁▁▁]", "[▂▁▁▁]", "[▃▁▁▁]", "[▃▂▁▁]"]);
  assertEquals(seen.slice(seen.indexOf("[▃▃▃▃]")).slice(0, 4), [
    "[▃▃▃▃]",
    "[▄▃▃▃]",
    "[▅▃▃▃]",
    "[▅▄▃▃]",
  ]);
  assertEquals(seen.slice(seen.indexOf("[▅▅▅▅]")).slice(0, 4), [
    "[▅▅▅▅]",
    "[▆▅▅▅]",
    "[▇▅▅▅]",
    "[█▅▅▅]",
  ]);
  assertEquals(seen.at(-1), "[████]");
});

Deno.test("LiveStrip calls nothing done that was not read back", () => {
  const sample = picture(["@Flash/0x08000000/16*1Kg"], {
    images: [{ segments: [[0x08000000, 4096], [0x08002000, 1000]] }],
    states: [[0, 0x08000000, 1, 1024, "unchanged"]],
  }, { verify: false });
  const strip = new LiveStrip(sample.profile, sample.plan, { cellCount: 16 });
  for (const event of eventsOf(sample)) strip.onEvent(event);
  assertEquals(strip.render(PLAIN_STYLE), "[=+++....+.......]");
  assertEquals(strip.render(BLOCKS), "[░▅▅▅····▅·······]");
  assertEquals(strip.marks().map(({ word }) => word), ["written", "unchanged", "not touched"]);
});

Deno.test("LiveStrip marks the cells in which verify found other bytes, and no others", () => {
  const sample = FOUR_PAGES();
  const { profile, plan } = sample;
  const strip = new LiveStrip(profile, plan, { cellCount: 16 });
  const bad = { address: 0x08000A00, size: 8 };
  for (const event of eventsOf(sample, bad)) strip.onEvent(event);
  assertEquals(strip.render(PLAIN_STYLE), "[=#!#....#.......]");
  assertEquals(strip.render(BLOCKS), "[░█!█····█·······]");
  const words = strip.marks().map(({ word }) => word);
  assertEquals(words, ["done", "verify failed", "unchanged", "not touched"]);
  const coarse = new LiveStrip(profile, plan, { cellCount: 4 });
  for (const event of eventsOf(sample, bad)) coarse.onEvent(event);
  assertEquals(coarse.render(PLAIN_STYLE), "[!.#.]");
});

for (const [name, make] of Object.entries(SAMPLES)) {
  for (const columns of [80, 40]) {
    Deno.test(`LiveStrip ends with all done or left blank, in ${columns} columns: ${name}`, async () => {
      const sample = await make();
      const style = { ...PLAIN_STYLE, columns };
      const cellCount = memoryCellCount(style);
      const strip = new LiveStrip(sample.profile, sample.plan, { cellCount });
      const words = new Set(strip.marks().map(({ word }) => word));
      const hasWork = sample.plan.operations.some(({ kind }) => kind === "write");
      assertEquals(words.has("to do"), hasWork);
      for (const event of eventsOf(sample)) strip.onEvent(event);
      const ended = strip.marks().map(({ word }) => word);
      assertEquals(
        ended.filter((word) => !["done", "erased", "unchanged", "not touched"].includes(word)),
        [],
      );
      assertEquals(strip.render(style).length, strip.length);
      const line = renderStage({ stage: "write", done: 1, total: 9e6, elapsedMs: 1 }, style, strip);
      assert(line.length < Math.max(columns, 21), line);
    });
  }
}

Deno.test("LiveStrip takes a mass erase as the erase of every page", () => {
  const sample = picture(["@Flash/0x08000000/4*1Kg"], {
    images: [{ segments: [[0x08000000, 100]] }],
  }, { erase: "all" });
  assert(sample.plan.operations.some(({ kind }) => kind === "erase-all"));
  const strip = new LiveStrip(sample.profile, sample.plan, { cellCount: 4 });
  const [erase] = eventsOf(sample);
  strip.onEvent(erase!);
  assertEquals(strip.render(PLAIN_STYLE), "[xxxx]");
});

Deno.test("LiveStrip separates memories that do not touch", async () => {
  const { profile, plan } = await SAMPLES["sparse_qspi"]!();
  const strip = new LiveStrip(profile, plan, { cellCount: 25 });
  assertEquals(strip.render(PLAIN_STYLE), "[--..........|-.....-....-]");
});

/** What a terminal or a pipe gets of a plan's events. */
function progressOf(sample: Picture, terminal: boolean): string {
  let text = "";
  const output = {
    style: PLAIN_STYLE,
    errorStyle: PLAIN_STYLE,
    errorIsTerminal: terminal,
    out: () => {},
    err: (more: string) => text += more,
  };
  const lines = new ProgressLines(output, { now: () => 0, terminal });
  lines.showMemory(sample.profile, sample.plan);
  lines.onEvent({ kind: "stage", stage: "erase", total: sample.plan.totals.erasedSize });
  let done = 0;
  for (const event of eventsOf(sample)) {
    if (event.kind === "progress" && event.stage === "erase") done += event.size;
    lines.onEvent({ ...event, ...(event.kind === "progress" ? { done } : {}) });
  }
  lines.finish();
  return text;
}

Deno.test("ProgressLines leaves the memory behind on a terminal, and plain lines elsewhere", () => {
  const drawn = progressOf(FOUR_PAGES(), true);
  assert(drawn.includes("\nmemory  [=#####......##..........]"), drawn);
  assert(drawn.endsWith("  # done   = unchanged   . not touched\n"), drawn);
  assertEquals(progressOf(FOUR_PAGES(), false), "erase   4 KiB in 0 ms\n");
});

Deno.test("ProgressLines has no line for a stage that has done nothing", () => {
  const shown = [false, true].map((terminal) => {
    let text = "";
    const output = {
      style: PLAIN_STYLE,
      errorStyle: PLAIN_STYLE,
      errorIsTerminal: terminal,
      out: () => {},
      err: (more: string) => text += more,
    };
    const lines = new ProgressLines(output, { now: () => 0, terminal });
    lines.onEvent({ kind: "stage", stage: "survey", total: 100 });
    lines.finish();
    return text;
  });
  assertEquals(shown[0], "");
  // The bar that stood there is gone.
  assert(shown[1]!.endsWith("\r\x1b[K"), shown[1]);
});

Deno.test("renderContentsStrip() tells how full memory is, in eighths and in words", () => {
  const data = new Uint8Array(4096).fill(0xFF);
  data.fill(1, 0, 1024);
  data.fill(1, 1024, 1536);
  data.fill(1, 2048, 2100);
  const image = { segments: [{ address: 0x08000000, size: 4096, data }] };
  const memory = [{ address: 0x08000000, size: 4096 }];
  const narrow = { columns: 20 };
  const outline = outlineImage(image);
  assertEquals(
    renderContentsStrip(memory, outline, { ...PLAIN_STYLE, ...narrow }),
    "  [######..:.......]\n  # full   : less\n  . blank or nothing",
  );
  assertEquals(
    renderContentsStrip(memory, outline, { ...BLOCKS, ...narrow }).split("\n")[0],
    "  [██████··▁·······]",
  );
  const zeros = { segments: [{ address: 0x08000000, size: 4096, data: data.map((b) => 255 - b) }] };
  assertEquals(
    renderContentsStrip(memory, outlineContents(zeros, 0), { ...PLAIN_STYLE, ...narrow }),
    renderContentsStrip(memory, outline, { ...PLAIN_STYLE, ...narrow }),
  );
});

Deno.test("memoryAround() joins what is near, and leaves out what lies between two memories", () => {
  const near = [{ address: 0x08000000, size: 100 }, { address: 0x08000400, size: 100 }];
  const far = { address: 0x90000000, size: 100 };
  assertEquals(memoryAround([...near, far]), [{ address: 0x08000000, size: 1124 }, far]);
});
