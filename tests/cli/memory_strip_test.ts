import { assert, assertEquals } from "@std/assert";
import { renderMemoryStrip } from "../../src/cli/memory_strip.ts";
import type { Picture } from "../../src/cli/pictures/picture.ts";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";
import { SAMPLES } from "./pictures/sample_pictures.ts";

const BLOCKS: Style = { color: false, blocks: true, columns: 80 };

/** The strips of a plan's memories, with and without blocks, as wide as the columns. */
function strips({ profile, plan }: Picture, columns: number): string {
  const used = profile.alternates.filter(({ alternate }) =>
    plan.pages.some((run) => run.alternate === alternate)
  );
  return [PLAIN_STYLE, BLOCKS].flatMap((style) =>
    used.map(({ alternate, layout }) => {
      const runs = plan.pages.filter((run) => run.alternate === alternate);
      return renderMemoryStrip(layout, runs, { ...style, columns });
    })
  ).join("\n");
}

const GOLDEN: readonly (readonly [name: string, columns: number, text: string])[] = [
  [
    "example",
    80,
    `
  [#...####........................................................]
  # erase and write   . not touched
  [█···████························································]
  █ erase and write   · not touched`,
  ],
  [
    "example",
    40,
    `
  [#.###..............................]
  # erase and write   . not touched
  [█·███······························]
  █ erase and write   · not touched`,
  ],
  [
    "2000_pages",
    80,
    `
  [#####...........#..............##############...................]
  # erase and write   . not touched
  [█████···········█··············██████████████···················]
  █ erase and write   · not touched`,
  ],
  [
    "alternates",
    40,
    `
  [-########..........................]
  # erase and write   . not touched
  - read-only
  [++++++++++++++++++.................]
  + write   . not touched
  [-████████··························]
  █ erase and write   · not touched
  - read-only
  [▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓·················]
  ▓ write   · not touched`,
  ],
  [
    "sparse_qspi",
    40,
    `
  0x08000000 [###.....................]
  0x90000000 [#...........#..........#]
  # erase and write   . not touched
  0x08000000 [███·····················]
  0x90000000 [█···········█··········█]
  █ erase and write   · not touched`,
  ],
  [
    "one_page",
    20,
    `
  [################]
  # erase and write
  [████████████████]
  █ erase and write`,
  ],
  [
    "nothing_to_do",
    40,
    `
  [=========..........................]
  = unchanged   . not touched
  [░░░░░░░░░··························]
  ░ unchanged   · not touched`,
  ],
];

for (const [name, columns, text] of GOLDEN) {
  Deno.test(`renderMemoryStrip() at ${columns} columns: ${name}`, async () => {
    const drawn = strips(await SAMPLES[name]!(), columns);
    assertEquals("\n" + drawn, text);
    for (const line of drawn.split("\n")) assert(line.length < Math.max(columns, 21), line);
  });
}
