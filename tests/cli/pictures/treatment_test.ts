import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../../src/format.ts";
import { memoriesOf, type Picture } from "../../../src/cli/pictures/picture.ts";
import { clipSpans, sizesOf } from "../../../src/cli/pictures/treatment.ts";
import { columnsOf } from "../../../src/cli/pictures/columns.ts";
import { layOut } from "../../../src/cli/pictures/rows.ts";
import { layoutSize, regionEnd } from "../../../src/plan/memory_layout.ts";
import { endOf } from "../../../src/plan/extents.ts";
import { picture, SAMPLES } from "./sample_pictures.ts";

/** Each span as a line: `0x08000000 written 12345`. */
function spanLines(of: Picture): string[] {
  return memoriesOf(of).flatMap(({ spans }) =>
    spans.map(({ address, size, treatment }) => `${formatAddress(address)} ${treatment} ${size}`)
  );
}

Deno.test("findTreatments() tells written, padded, erased and lost bytes apart", () => {
  const lines = spanLines(picture(["@Flash/0x08000000/4*1Kg"], {
    images: [{ segments: [[0x08000402, 300]], blanks: [[0x08000450, 128]] }],
  }));
  assertEquals(
    lines,
    [
      "0x08000000 untouched 1024",
      "0x08000400 padded 2",
      "0x08000402 written 300",
      "0x0800052E padded 2",
      "0x08000530 blanked 720",
      "0x08000800 untouched 2048",
    ].flatMap((line) => line),
  );
});

Deno.test("findTreatments() shows what --preserve keeps, and read-only memory", () => {
  const lines = spanLines(picture(["@Flash/0x08000000/1*1Ka,2*1Kg"], {
    images: [{ segments: [[0x08000400, 100]] }],
  }, { preserve: true }));
  assertEquals(lines, [
    "0x08000000 read-only 1024",
    "0x08000400 written 100",
    "0x08000464 kept 924",
    "0x08000800 untouched 1024",
  ]);
});

Deno.test("findTreatments() shows unchanged and blank pages, and blank images as erased", () => {
  const lines = spanLines(picture(["@Flash/0x08000000/8*1Kg"], {
    images: [{ segments: [[0x08000000, 3072]], blanks: [[0x08000800, 1024]] }],
    states: [[0, 0x08000000, 1, 1024, "unchanged"], [0, 0x08000400, 1, 1024, "blank"]],
  }));
  assertEquals(lines, [
    "0x08000000 unchanged 1024",
    "0x08000400 written 1024",
    "0x08000800 erased 1024",
    "0x08000C00 untouched 5120",
  ]);
});

Deno.test("findTreatments() says what happens to the rest of a page that is blank already", () => {
  const lines = spanLines(picture(["@Flash/0x08000000/2*1Kg"], {
    images: [{ segments: [[0x08000000, 16]] }],
    states: [[0, 0x08000000, 1, 1024, "blank"]],
  }));
  assertEquals(lines, [
    "0x08000000 written 16",
    "0x08000010 blank 1008",
    "0x08000400 untouched 1024",
  ]);
});

Deno.test("findTreatments() shows --erase all as loss, and --erase none as nothing", () => {
  const image = { images: [{ segments: [[0x08000000, 16]] as const }] };
  assertEquals(spanLines(picture(["@Flash/0x08000000/2*1Kg"], image, { erase: "all" })), [
    "0x08000000 written 16",
    "0x08000010 blanked 2032",
  ]);
  assertEquals(spanLines(picture(["@Flash/0x08000000/2*1Kg"], image, { erase: "none" })), [
    "0x08000000 written 16",
    "0x08000010 untouched 2032",
  ]);
});

Deno.test("findTreatments() keeps alternates apart that have the same addresses", () => {
  const layouts = ["@One/0x00000000/4*1Kg", "@Two/0x00000000/4*1Kg"];
  const images = [
    { alternate: 0, segments: [[0, 1024]] },
    { alternate: 1, segments: [[2048, 1024]] },
  ] as const;
  const first = ["0x00000000 written 1024", "0x00000400 untouched 3072"];
  assertEquals(spanLines(picture(layouts, { images })), [
    ...first,
    "0x00000000 untouched 2048",
    "0x00000800 written 1024",
    "0x00000C00 untouched 1024",
  ]);
  // Of a file with images for both, only one is flashed: the other's elements are not in its memory.
  const both = [images[0], { alternate: 1, segments: [[100, 1000]] }] as const;
  const chosen = picture(layouts, { images: both }, { alternate: 0 });
  assertEquals(spanLines(chosen), first);
  assertEquals(memoriesOf(chosen).flatMap(({ elements }) => elements).length, 1);
});

for (const [name, make] of Object.entries(SAMPLES)) {
  Deno.test(`findTreatments() covers each byte once and agrees with the plan: ${name}`, async () => {
    const sample = await make();
    const sums = { padded: 0, written: 0, blanked: 0, kept: 0 };
    for (const { target, spans } of memoriesOf(sample)) {
      const sizes = sizesOf(spans);
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      assertEquals(total, layoutSize(target.layout));
      spans.slice(1).forEach((span, index) => assert(endOf(spans[index]!) <= span.address));
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) {
        sums[key] += sizes.get(key) ?? 0;
      }
    }
    const { totals } = sample.plan;
    assertEquals(sums.kept, totals.preservedSize);
    // What is padded in an erased page is lost as well, and what is kept is written as well.
    assert(sums.blanked <= totals.blankedSize && totals.blankedSize <= sums.blanked + sums.padded);
    assert(sums.written + sums.padded <= totals.writtenSize);
    assert(totals.writtenSize <= sums.written + sums.padded + sums.kept);
  });

  Deno.test(`layOut() shows all memory, in order, in at most 40 rows a stretch: ${name}`, async () => {
    for (const { target, spans } of memoriesOf(await make())) {
      const stretches = layOut(target.layout, spans);
      for (const { address, size, rows, rowSize, regions } of stretches) {
        assertEquals(rows[0]!.address, address);
        rows.slice(1).forEach((row, index) => assertEquals(endOf(rows[index]!), row.address));
        assertEquals(endOf(rows.at(-1)!), address + size);
        assertEquals(regionEnd(regions.at(-1)!), address + size);
        assert(rows.length <= 40);
        for (const row of rows) {
          if (row.foldedRows === undefined) assert(row.size <= rowSize);
          else assertEquals(clipSpans(spans, row).length, 1);
        }
      }
    }
  });
}

Deno.test("layOut() keeps 2,000 pages apart, and any number on a screen", () => {
  const many = (layout: string) => {
    const sample = picture([layout], { images: [{ segments: [[0x08000000, 16]] }] });
    const [{ target, spans }] = memoriesOf(sample) as [ReturnType<typeof memoriesOf>[0]];
    return layOut(target.layout, spans)[0]!;
  };
  assertEquals(many("@Flash/0x08000000/2000*2Kg").rowSize, 64 * 2048);
  const huge = many("@Flash/0x08000000/9999*64Bg");
  assert(Math.ceil(huge.size / huge.rowSize) <= 40);
  assertEquals(many("@Flash/0x08000000/128*2Kg").rows.length, 1);
  assertEquals(many("@Flash/0x08000000/2*2Kg/0x90000000/2*2Kg").size, 4096);
});

Deno.test("columnsOf() never hides a change behind what stays, and tells the larger change", () => {
  const spans = [
    { address: 0, size: 990, treatment: "untouched" },
    { address: 990, size: 2, treatment: "blanked" },
    { address: 992, size: 8, treatment: "unchanged" },
    { address: 1000, size: 400, treatment: "written" },
    { address: 1400, size: 600, treatment: "blanked" },
  ] as const;
  assertEquals(columnsOf(spans, { address: 0, size: 2000 }, 2), [
    { treatment: "blanked", column: 0, columnCount: 2 },
  ]);
  assertEquals(columnsOf(spans, { address: 0, size: 2000 }, 4), [
    { treatment: "untouched", column: 0, columnCount: 1 },
    { treatment: "blanked", column: 1, columnCount: 1 },
    { treatment: "written", column: 2, columnCount: 1 },
    { treatment: "blanked", column: 3, columnCount: 1 },
  ]);
});
