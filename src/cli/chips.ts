import { CHIPS, findChip } from "../chips/chips.ts";
import { createCommand } from "./create_command.ts";
import type { Output } from "./output.ts";
import { chipsDocument, renderChips } from "./render_chips.ts";

/** `dfuse chips`: the parts that dfuse knows. */
export function chipsCommand(output: Output) {
  return createCommand()
    .description("List the parts that --chip knows, with memory, timing and quirks.")
    .arguments("[name:string:chip]")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("All parts", "dfuse chips")
    .example("One part with its sources", "dfuse chips stm32f405")
    .action((options, name) => {
      const chips = name === undefined ? CHIPS : [findChip(name)];
      output.out(
        options.json === true
          ? JSON.stringify(chipsDocument(chips), null, 2) + "\n"
          : renderChips(chips, { style: output.style, details: name !== undefined }),
      );
    });
}
