import type { AnyCommand } from "./plan_options.ts";

/** A command as its help has it: plain data, from which reference and man page are made. */
export interface CommandFacts {
  /** `plan`. */
  readonly name: string;
  readonly description: string;
  /** What follows the options: `<file>`. */
  readonly arguments: string;
  readonly options: readonly OptionFacts[];
  readonly examples: readonly { readonly name: string; readonly description: string }[];
  /** Commands below it, but hidden ones. */
  readonly commands: readonly CommandFacts[];
}

export interface OptionFacts {
  /** `-c, --chip <name>`. */
  readonly usage: string;
  readonly description: string;
}

/** The facts of a command and of those below it, without the options that the library adds once it is run. */
export function describeCommand(command: AnyCommand): CommandFacts {
  return {
    name: command.getName(),
    description: withoutColors(command.getDescription()),
    arguments: withoutTypes(command.getArgsDefinition() ?? ""),
    options: command.getBaseOptions().filter(({ flags }) => !flags.some(isAdded))
      .map(({ flags, typeDefinition, description }) => ({
        usage: [flags.join(", "), withoutTypes(typeDefinition ?? "")].join(" ").trim(),
        description,
      })),
    examples: command.getExamples().map(({ name, description }) => ({ name, description })),
    commands: command.getBaseCommands().map((child) => describeCommand(child)),
  };
}

function isAdded(flag: string): boolean {
  return flag === "--help" || flag === "--version";
}

/** The library paints in the descriptions of its own commands. */
function withoutColors(text: string): string {
  return text.replace(/\p{Cc}\[[\d;]*m/gu, "");
}

/** `<name:string:chip>` is `<name>` to a reader. */
function withoutTypes(definition: string): string {
  return definition.replace(/:[a-z:-]+/g, "");
}
