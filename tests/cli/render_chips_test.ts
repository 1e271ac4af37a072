import { assert, assertEquals } from "@std/assert";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { renderChips } from "../../src/cli/render_chips.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";

function detailsOf(chip: string, columns: number): string[] {
  const style = { ...PLAIN_STYLE, columns };
  return renderChips([findChip(chip)], { style, details: true }).trimEnd().split("\n");
}

Deno.test("renderChips() leaves no line empty, and lets only a name reach beyond the window", () => {
  for (const { id } of CHIPS) {
    for (let columns = 40; columns <= 120; columns++) {
      for (const line of detailsOf(id, columns)) {
        const fits = line.length < columns || !line.trim().includes(" ");
        assert(line.length > 0 && fits, `${id}, ${columns} columns: "${line}"`);
      }
    }
  }
});

Deno.test("renderChips() puts quirks below their label where a name is too long to stand beside it", () => {
  const lines = detailsOf("stm32l476", 40);
  const start = lines.indexOf("  Quirks");
  assertEquals(lines.slice(start, start + 6), [
    "  Quirks",
    "    early-poll-stalls: GETSTATUS before",
    "      bwPollTimeout has passed stalls",
    "      instead of waiting",
    "    corrupts-uneven-long-blocks: A",
    "      block beyond 256 bytes whose",
  ]);
});
