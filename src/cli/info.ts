import { summarizeFile } from "../firmware/summarize.ts";
import { createCommand } from "./create_command.ts";
import { readFileArguments } from "./file_arguments.ts";
import type { Output } from "./output.ts";
import { infoDocument, renderInfo } from "./render_info.ts";

/** `dfuse info`: what is in a firmware file. */
export function infoCommand(output: Output) {
  return createCommand()
    .description("Show what is in a firmware file, and check it.")
    .arguments("<file:string>")
    .option("-s, --address <address:address>", "Where a file without addresses belongs.")
    .option("--ignore-crc", "Show the file although its CRC is wrong.")
    .option("--no-hash", "Leave out the SHA-256 sums: faster for huge files.")
    .option("--map", "Show where the bytes belong, also where the output is no terminal.", {
      conflicts: ["json"],
    })
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("What is in a file", "dfuse info firmware.dfu")
    .example("From a pipe", "curl -s https://example.org/fw.dfu | dfuse info -")
    .action(async (options, file) => {
      const [{ path, address }] = readFileArguments([file], options).files;
      const summary = await summarizeFile(path, {
        address,
        ignoreCrc: options.ignoreCrc,
        sha256: options.hash,
      });
      output.out(
        options.json === true
          ? JSON.stringify(infoDocument(file, summary), null, 2) + "\n"
          : renderInfo(file, summary, {
            style: output.style,
            map: options.map ?? output.style.blocks,
          }),
      );
    });
}
