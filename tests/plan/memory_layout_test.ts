import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PlanError } from "../../src/errors.ts";
import { describeLayout, formatMemoryLayout } from "../../src/plan/layout_text.ts";
import {
  layoutEnd,
  layoutSize,
  type MemoryLayout,
  type MemoryRegion,
  pageAt,
  parseMemoryLayout,
  regionAt,
  regionEnd,
} from "../../src/plan/memory_layout.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";

const FIXTURE = new URL("../fixtures/layouts.tsv", import.meta.url);

/** Columns: string, device, origin notes, name, regions, notes or error. */
function fixtureRows(): string[][] {
  const lines = Deno.readTextFileSync(FIXTURE).split("\n").slice(1).filter((line) => line !== "");
  return lines.map((line) => line.split("\t"));
}

function regionText(region: MemoryRegion): string {
  const { address, pageCount, pageSize, readable, erasable, writable } = region;
  const access = (readable ? "r" : "") + (erasable ? "e" : "") + (writable ? "w" : "");
  const start = "0x" + address.toString(16).toUpperCase().padStart(8, "0");
  return `${start} ${pageCount}*${pageSize} ${access}`;
}

function regionsText(text: string): string {
  return parseMemoryLayout(text).regions.map(regionText).join(", ");
}

for (const [text, , , name, regions, told] of fixtureRows()) {
  Deno.test(`parseMemoryLayout() reads ${JSON.stringify(text)}`, () => {
    if (told!.startsWith("error: ")) {
      const error = assertThrows(() => parseMemoryLayout(text!), PlanError);
      assertStringIncludes(error.message, `Cannot read layout "${text}"`);
      assertStringIncludes(error.message, told!.slice("error: ".length));
      assertEquals(error.exitCode, 4);
      assertEquals(error.facts["layout"], text);
      return;
    }
    const layout = parseMemoryLayout(text!);
    assertEquals(layout.name, name);
    assertEquals(layout.regions.map(regionText).join(", "), regions);
    assertEquals(layout.notes.join(" | "), told);
  });
}

Deno.test("the fixture holds all 74 strings", () => assertEquals(fixtureRows().length, 74));

/** Damaged strings that are safe to use in part: regions and a piece of each note. */
const PARTLY_USABLE: readonly [text: string, regions: string, ...notes: string[]][] = [
  // After a bad group the addresses are unknown, until the next address.
  [
    "@F /0x08000000/04*016Kg,??,07*128Kg/0x90000000/2*4Kg",
    "0x08000000 4*16384 rew, 0x90000000 2*4096 rew",
    'Character 25: "??,07*128Kg" is no COUNT*SIZE with a type letter and is skipped',
  ],
  ["@F /0x1000/2*1Kg,,2*1Kg", "0x00001000 2*1024 rew", 'Character 18: ",2*1Kg" is no COUNT'],
  // Cut short anywhere, only whole groups count.
  ["@F /0x08000000/04*016Kg,01*064", "0x08000000 4*16384 rew", 'Character 25: "01*064" is no'],
  ["@F /0x08000000/04*016Kg,01*064K", "0x08000000 4*16384 rew", '"01*064K" is no'],
  ["@F /0x08000000/04*016Kg,", "0x08000000 4*16384 rew", "Character 24: a comma"],
  ["@F /0x1000/2*1Kg/0x2000", "0x00001000 2*1024 rew", 'Character 17: "/0x2000" is no address'],
  ["@F /0x1000/2*1Kg/0x2000/", "0x00001000 2*1024 rew", "Character 25: the end, where a group"],
  ["@F /0x1000/2*1Kg, /0x2000/1*1Kg", "0x00001000 2*1024 rew, 0x00002000 1*1024 rew", "a comma"],
  // What is not text, or a second layout, is not part of it.
  ["@F /0x1000/2*1Kg\0\0", "0x00001000 2*1024 rew", "text that is no layout", "\\u{0}\\u{0}"],
  [
    "@F /0x1000/2*1Kg@Option Bytes /0x2000/1*016 e",
    "0x00001000 2*1024 rew",
    "Character 17: a second layout follows and is ignored",
  ],
  ["@F /0x1000/2*1Kg,3*1\uFFFD/0x9000/1*1Kg", "0x00001000 2*1024 rew", '"3*1" is no', "no layout"],
  ["@F /0x1000/2*1Kg junk/0x9000/1*1Kg", "0x00001000 2*1024 rew, 0x00009000 1*1024 rew", "junk"],
  ["@F /0xZZ/2*1Kg/0x9000/1*1Kg", "0x00009000 1*1024 rew", '"/0xZZ/2*1Kg" is no address'],
  // Small slips.
  ["F /0x1000/2*1Kg", "0x00001000 2*1024 rew", "the @ before the name is missing"],
  ["@F /0x1000/2*1Kga", "0x00001000 2*1024 rew", "a second type letter, a, is ignored"],
  ["@F /0x9000/1*1Kg/0x1000/2*1Kg", "0x00001000 2*1024 rew, 0x00009000 1*1024 rew", "sorted"],
  ["@F /0x1000/0*1Kg,2*1Kg", "0x00001000 2*1024 rew", "has no pages and is ignored"],
  // A unit letter that is also a type letter is a type, as other hosts read it: never writable by guess.
  ["@F /0x1000/2*16bg", "0x00001000 2*16 e", "no unit", "a second type letter, g, is ignored"],
];

for (const [text, regions, ...notes] of PARTLY_USABLE) {
  Deno.test(`parseMemoryLayout() uses what is certain of ${JSON.stringify(text)}`, () => {
    const layout = parseMemoryLayout(text);
    assertEquals(layout.regions.map(regionText).join(", "), regions);
    for (const note of notes) assertStringIncludes(layout.notes.join(" | "), note);
  });
}

const UNUSABLE: readonly [text: string, problem: string, character: number][] = [
  ["", "it is empty", 1],
  ["   ", "it is empty", 1],
  ["@Internal Flash", "no address follows the name, expected /0x", 16],
  ["@F /0x1000/2*0Kg", '"2*0Kg" has pages of 0 bytes', 12],
  ["@F /0x1000/2*1Kg,/0x1400/1*1Kg", "overlap", 26],
  ["@F /0x1000/1*1Kg/0x1000/1*1Kg", "overlap", 25],
  ["@F /0x1000/1*016 g/0x100F/1*016 g", "0x00001000..0x00001010 and 0x0000100F", 27],
  ["@F /0x100000000/1*1Kg", "address 0x100000000 is beyond 0xFFFFFFFF", 4],
  ["@F /0xFFFFFC00/2*1Kg", '"2*1Kg" at 0xFFFFFC00 ends beyond 0xFFFFFFFF', 16],
  ["@F /0x0/999999999999*9999Mg", "ends beyond 0xFFFFFFFF", 9],
  ["@F /0x1000/2*1KG", "no group of pages is usable", 4],
  ["@F /0x1000/2*1K", "no group of pages is usable", 4],
  ["@F /0x1000/2*1Kh", "no group of pages is usable", 4],
  ["@F /0x1000/-2*1Kg", "no group of pages is usable", 4],
  ["@F /0x1000/0x2*1Kg", "no group of pages is usable", 4],
];

for (const [text, problem, character] of UNUSABLE) {
  Deno.test(`parseMemoryLayout() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseMemoryLayout(text), PlanError);
    assertStringIncludes(error.message, `Cannot read layout "${text}": at character ${character},`);
    assertStringIncludes(error.message, problem);
    assertEquals(error.facts["character"], character);
    assert(error.hint !== undefined);
  });
}

Deno.test("parseMemoryLayout() takes blanks anywhere between the parts", () => {
  const text = " @F  / 0x08000000 / 4 * 16 K g , 1 * 64 K g / 0X90000000 / 1 * 16 e ";
  const layout = parseMemoryLayout(text);
  assertEquals(
    layout.regions.map(regionText).join(", "),
    "0x08000000 4*16384 rew, 0x08010000 1*65536 rew, 0x90000000 1*16 rw",
  );
  assertEquals(layout.notes, []);
});

Deno.test("parseMemoryLayout() reads every type letter", () => {
  const text = "@F /0x0/1*1Ka,1*1Kb,1*1Kc,1*1Kd,1*1Ke,1*1Kf,1*1Kg";
  const letters = regionsText(text).split(", ").map((region) => region.split(" ")[2]);
  assertEquals(letters, ["r", "e", "re", "w", "rw", "ew", "rew"]);
});

Deno.test("parseMemoryLayout() allows memory up to the last address", () => {
  assertEquals(regionsText("@F /0xFFFFFC00/1*1Kg"), "0xFFFFFC00 1*1024 rew");
  assertEquals(layoutEnd(parseMemoryLayout("@F /0x80000000/2048*1Mg")), 2 ** 32);
});

Deno.test("parseMemoryLayout() shows no control characters, neither in names nor in errors", () => {
  const layout = parseMemoryLayout("@F\u001B[31m /0x1000/1*1Kg");
  assertEquals(layout.name, "F[31m");
  assertEquals(layout.notes.length, 1);
  const error = assertThrows(() => parseMemoryLayout("@\u001B[31m\n"), PlanError);
  assert(!/\p{C}/u.test(error.message), error.message);
});

Deno.test("parseMemoryLayout() refuses a string without end quickly", () => {
  const error = assertThrows(() => parseMemoryLayout("@F /0x0/" + "1*1Kg,".repeat(1e6)), PlanError);
  assert(error.message.length < 300, error.message);
});

Deno.test("parseMemoryLayout() never invents memory when a string is cut short or damaged", () => {
  for (const [text, , , , , told] of fixtureRows()) {
    if (told!.startsWith("error: ")) continue;
    const whole = parseMemoryLayout(text!);
    for (let length = 0; length < text!.length; length++) {
      const damaged = [text!.slice(0, length), text!.slice(0, length) + "\uFFFF"];
      for (const string of damaged) {
        const kept = regionsOrNone(string).map(regionText);
        const real = whole.regions.map(regionText);
        assert(kept.every((region) => real.includes(region)), `${string} gave ${kept}`);
      }
    }
  }
});

function regionsOrNone(text: string): readonly MemoryRegion[] {
  try {
    return parseMemoryLayout(text).regions;
  } catch (error) {
    if (error instanceof PlanError) return [];
    throw error;
  }
}

randomTest(
  "formatMemoryLayout() writes what parseMemoryLayout() reads, for random layouts",
  (seed) => {
    const random = seededRandom(seed);
    for (let round = 0; round < 2000; round++) {
      const layout = randomLayout(random);
      const text = formatMemoryLayout(layout);
      assertEquals(parseMemoryLayout(text), layout, text);
      assertEquals(formatMemoryLayout(parseMemoryLayout(text)), text);
    }
  },
);

Deno.test("formatMemoryLayout() writes every fixture back", () => {
  for (const [text, , , , , told] of fixtureRows()) {
    if (told!.startsWith("error: ")) continue;
    const layout = parseMemoryLayout(text!);
    assertEquals(parseMemoryLayout(formatMemoryLayout(layout)), { ...layout, notes: [] });
  }
});

Deno.test("formatMemoryLayout() spells like the loaders in ROM", () => {
  const text = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
  assertEquals(formatMemoryLayout(parseMemoryLayout(text)), text);
});

function randomLayout(random: Random): MemoryLayout {
  const units = [1, 3, 100, 128, 1024, 3072, 16384, 131072, 1048576];
  const regions: MemoryRegion[] = [];
  let address = random.below(2 ** 31);
  for (let index = random.below(6); index >= 0; index--) {
    const access = random.between(1, 7);
    regions.push({
      address,
      pageSize: random.pick(units) * random.between(1, 3),
      pageCount: random.between(1, 40),
      readable: access % 2 === 1,
      erasable: access % 4 >= 2,
      writable: access >= 4,
    });
    address = regionEnd(regions.at(-1)!) + random.below(2) * random.below(100_000);
  }
  return { name: "Random: M25P64", regions, notes: [] };
}

const GAPPED = parseMemoryLayout("@F /0x100/2*100Bg,1*3Ka/0x90000000/2*24Kg");

Deno.test("regionAt() finds the region of first and last bytes, and none in gaps", () => {
  const [hundreds, three, far] = GAPPED.regions;
  assertEquals(regionAt(GAPPED, 0x100), hundreds);
  assertEquals(regionAt(GAPPED, 0x1C7), hundreds);
  assertEquals(regionAt(GAPPED, 0x1C8), three);
  assertEquals(regionAt(GAPPED, 0x90000000), far);
  assertEquals(regionAt(GAPPED, 0xFF), undefined);
  assertEquals(regionAt(GAPPED, 0x1C8 + 3072), undefined);
  assertEquals(regionAt(GAPPED, 0x9000C000), undefined);
});

Deno.test("pageAt() counts pages from their region's start, whatever their size", () => {
  const [hundreds, , far] = GAPPED.regions;
  assertEquals(pageAt(GAPPED, 0x163), { address: 0x100, size: 100, region: hundreds! });
  assertEquals(pageAt(GAPPED, 0x164), { address: 0x164, size: 100, region: hundreds! });
  assertEquals(pageAt(GAPPED, 0x90006001), { address: 0x90006000, size: 24576, region: far! });
  assertEquals(pageAt(GAPPED, 0), undefined);
});

Deno.test("layoutEnd() and layoutSize() count all regions, not the gaps", () => {
  assertEquals(layoutEnd(GAPPED), 0x9000C000);
  assertEquals(layoutSize(GAPPED), 200 + 3072 + 49152);
});

Deno.test("describeLayout() groups what shares access, and names addresses after gaps", () => {
  const describe = (text: string) => describeLayout(parseMemoryLayout(text));
  assertEquals(
    describe("@F /0x08000000/04*016Kg,01*064Kg,07*128Kg"),
    "4 × 16 KiB, 1 × 64 KiB, 7 × 128 KiB (read, erase, write)",
  );
  assertEquals(
    describe("@F /0x08000000/8*1Ka,56*1Kg/0x90000000/1*512 e"),
    "8 × 1 KiB (read); 56 × 1 KiB (read, erase, write); at 0x90000000 1 × 512 B (read, write)",
  );
  assertEquals(
    describe("@F /0x1000/1*1Ka/0x9000/1*1Ka"),
    "1 × 1 KiB (read); at 0x00009000 1 × 1 KiB (read)",
  );
});
