import { describeCommand } from "./command_facts.ts";
import { createCommand } from "./create_command.ts";
import type { Output } from "./output.ts";
import type { AnyCommand } from "./plan_options.ts";
import { renderMan } from "./render_man.ts";
import { renderReference } from "./render_reference.ts";
import type { Build } from "./version.ts";

/** `dfuse man`: the man page, or the reference of docs/commands.md, made from the command tree. */
export function manCommand(output: Output, build: Build): AnyCommand {
  return createCommand()
    .description("Print the man page: dfuse man > dfuse.1")
    .option("--markdown", "Print it as Markdown instead.")
    .hidden()
    .action(async (options) => {
      // The tree that parses this command line is not all of it, and has options of its own by now.
      const { dfuseCommand } = await import("./run.ts");
      const program = describeCommand(await dfuseCommand({ output, build }));
      output.out(options.markdown === true ? renderReference(program) : renderMan(program, build));
    });
}
