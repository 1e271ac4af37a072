import { Command, ValidationError } from "@cliffy/command";
import { DfuseError, ExitCode } from "../errors.ts";
import { chipsCommand } from "./chips.ts";
import { eraseCommand } from "./erase.ts";
import { flashCommand } from "./flash.ts";
import { infoCommand } from "./info.ts";
import { listCommand } from "./list.ts";
import { errorDocument, type Output, renderBug, renderError, ReportedError } from "./output.ts";
import { planCommand } from "./plan.ts";
import type { AnyCommand } from "./plan_options.ts";
import { readCommand } from "./read.ts";
import { usageErrorOf } from "./value_types.ts";
import { verifyCommand } from "./verify.ts";
import type { Build } from "./version.ts";

/** Runs one command line and gives the exit code. Every error ends here, as text on standard error. */
export async function run(
  args: readonly string[],
  context: { readonly output: Output; readonly build: Build },
): Promise<ExitCode> {
  const { output, build } = context;
  const command = dfuseCommand(output, build);
  try {
    if (args.length === 0) {
      output.err(command.getHelp() + "\n");
      return ExitCode.usage;
    }
    await command.parse([...args]);
    return ExitCode.done;
  } catch (error) {
    if (error instanceof ReportedError) return error.exitCode;
    const known = error instanceof ValidationError
      ? usageErrorOf(error, ["dfuse", commandNameIn(args)].join(" ").trim())
      : error;
    if (!(known instanceof DfuseError)) {
      output.err(renderBug(known));
      return ExitCode.bug;
    }
    if (args.includes("--json")) output.out(JSON.stringify(errorDocument(known)) + "\n");
    output.err(renderError(known, output.errorStyle));
    return known.exitCode;
  }
}

/** The whole command tree. */
export function dfuseCommand(output: Output, build: Build) {
  const root = new Command()
    .name("dfuse")
    .version(build.version)
    .description("Flash STM32-style microcontrollers over USB DFU, and see before what it does.")
    .example("See what a flash would do", "dfuse plan firmware.dfu --chip stm32f405")
    .example("See what is in a file", "dfuse info firmware.dfu")
    .noExit();
  for (const [name, create] of Object.entries(COMMANDS)) root.command(name, create(output));
  return root;
}

/** In the order in which the help lists them. */
const COMMANDS: Readonly<Record<string, (output: Output) => AnyCommand>> = {
  list: listCommand,
  info: infoCommand,
  plan: planCommand,
  flash: flashCommand,
  verify: verifyCommand,
  read: readCommand,
  erase: eraseCommand,
  chips: chipsCommand,
};

/** The name of the command that a command line begins with; nothing where there is none of that name. */
function commandNameIn(args: readonly string[]): string {
  const [name = ""] = args;
  return Object.hasOwn(COMMANDS, name) ? name : "";
}
