import { Command, ValidationError } from "@cliffy/command";
import { DfuseError, ExitCode } from "../errors.ts";
import { checkCommandLine } from "./check_command_line.ts";
import { describeCommand } from "./command_facts.ts";
import { errorDocument, type Output, renderBug, renderError, ReportedError } from "./output.ts";
import type { AnyCommand } from "./plan_options.ts";
import { renderHelp } from "./render_help.ts";
import type { Style } from "./style.ts";
import { usageErrorOf } from "./value_types.ts";
import type { Build } from "./version.ts";

interface Context {
  readonly output: Output;
  readonly build: Build;
}

/** Runs one command line and gives the exit code. Every error ends here, as text on standard error. */
export async function run(
  args: readonly string[],
  context: Context,
): Promise<ExitCode> {
  const { output, build } = context;
  const name = commandNameIn(args);
  const command = await dfuseCommand(context, isAboutAll(name) ? undefined : [name]);
  try {
    if (args.length === 0) {
      output.err(helpOf(command, { build, style: output.errorStyle }));
      return ExitCode.usage;
    }
    await command.parse(checkCommandLine(command, args));
    return ExitCode.done;
  } catch (error) {
    if (error instanceof ReportedError) return error.exitCode;
    const known = error instanceof ValidationError
      ? usageErrorOf(error, ["dfuse", name].join(" ").trim())
      : error;
    if (!(known instanceof DfuseError)) {
      output.err(renderBug(known));
      return ExitCode.bug;
    }
    tell(known, { output, json: args.includes("--json") });
    return known.exitCode;
  }
}

/** Tells an error wherever that can be done: the exit code says it even if the disk is full behind the output. */
function tell(error: DfuseError, { output, json }: { output: Output; json: boolean }): void {
  if (json) output.out(JSON.stringify(errorDocument(error)) + "\n");
  output.err(renderError(error, output.errorStyle));
}

/** The command tree, or the part of it that has the named commands. */
export async function dfuseCommand(
  { output, build }: Context,
  names: readonly string[] = Object.keys(COMMANDS),
): Promise<AnyCommand> {
  const root = new Command()
    .name("dfuse")
    .version(build.version)
    .description("Flash STM32-style microcontrollers over USB DFU, and see before what it does.")
    .example("See what a flash would do", "dfuse plan firmware.dfu --chip stm32f405")
    .example("See what is in a file", "dfuse info firmware.dfu")
    .help((command: AnyCommand) => helpOf(command, { build, style: output.style }).trimEnd())
    .noExit();
  for (const name of names) {
    const create = await COMMANDS[name]?.();
    if (create !== undefined) root.command(name, create(output, build));
  }
  return root;
}

function helpOf(
  command: AnyCommand,
  { build, style }: { readonly build: Build; readonly style: Style },
): string {
  const facts = describeCommand(command);
  return renderHelp({ ...facts, path: command.getPath(), version: build.version }, style);
}

type CreateCommand = (output: Output, build: Build) => AnyCommand;

/** In the order in which the help lists them. Each is loaded when it is needed: that is most of a start. */
const COMMANDS: Readonly<Record<string, () => Promise<CreateCommand>>> = {
  list: async () => (await import("./list.ts")).listCommand,
  info: async () => (await import("./info.ts")).infoCommand,
  plan: async () => (await import("./plan.ts")).planCommand,
  flash: async () => (await import("./flash.ts")).flashCommand,
  verify: async () => (await import("./verify.ts")).verifyCommand,
  read: async () => (await import("./read.ts")).readCommand,
  convert: async () => (await import("./convert.ts")).convertCommand,
  erase: async () => (await import("./erase.ts")).eraseCommand,
  options: async () => (await import("./options.ts")).optionsCommand,
  unprotect: async () => (await import("./unprotect.ts")).unprotectCommand,
  journal: async () => (await import("./journal.ts")).journalCommand,
  simulate: async () => (await import("./simulate.ts")).simulateCommand,
  chips: async () => (await import("./chips.ts")).chipsCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  completions: async () => (await import("./completions.ts")).completionsCommand,
  man: async () => (await import("./man.ts")).manCommand,
};

/** Whether all commands are needed: to list them, or to say which is nearest to a misspelt one. */
function isAboutAll(name: string): boolean {
  return name === "" || name === "completions";
}

/** The name of the command that a command line begins with; nothing where there is none of that name. */
function commandNameIn(args: readonly string[]): string {
  const [name = ""] = args;
  return Object.hasOwn(COMMANDS, name) ? name : "";
}
