/**
 * Stand-in for the part of `@cliffy/command` that dfuse uses, over npm's `commander`. Parsing and checking are
 * commander's; this file only says in commander's words what dfuse says in Cliffy's.
 */
import { Command as Commander, CommanderError, Option } from "commander";
import {
  attributeName,
  BUILT_IN_TYPES,
  collector,
  splitType,
  type TypeHandler,
} from "./cliffy_values.ts";

export type { ArgumentValue } from "./cliffy_values.ts";

// deno-lint-ignore no-explicit-any
type Action = (options: any, ...args: any[]) => unknown;

interface OptionSettings {
  default?: unknown;
  required?: boolean;
  collect?: boolean;
  conflicts?: string[];
  depends?: string[];
  hidden?: boolean;
}

/** As in Cliffy, as far as dfuse reads it: an option as it was defined. */
export interface OptionFacts {
  flags: string[];
  typeDefinition?: string;
  description: string;
  hidden: boolean;
}

type CompleteHandler = () => string[] | Promise<string[]>;

type HelpHandler = (command: Command) => string;

/** As in Cliffy: the command line cannot be understood. */
export class ValidationError extends Error {
  readonly exitCode: number;
  cmd?: Command;

  constructor(message: string, options: { exitCode?: number } = {}) {
    super(message);
    this.exitCode = options.exitCode ?? 2;
  }
}

/** As in Cliffy: a command with options, arguments, an action and commands below it. */
// deno-lint-ignore no-explicit-any
export class Command<_Options = any> {
  readonly #inner = new Commander();
  readonly #types = new Map<string, TypeHandler>();
  readonly #depends: { name: string; on: string[] }[] = [];
  #selected: Command = this;
  #examples: { name: string; description: string }[] = [];
  #argumentsDefinition = "";
  readonly #options: OptionFacts[] = [];
  /** What of them the command line has had so far. */
  readonly #given = new Set<string>();
  readonly #commands: Command[] = [];
  readonly #completions = new Map<string, CompleteHandler>();
  #parent: Command | undefined;
  #help: HelpHandler | undefined;

  constructor() {
    this.#inner.exitOverride().helpOption("-h, --help", "Show this help.").helpCommand(false);
    // To look for colours by itself commander needs more permissions than dfuse has.
    this.#inner.configureOutput({ writeErr: () => {}, getOutHasColors: () => true });
    this.#inner.helpInformation = () => this.getHelp() + "\n";
  }

  name(name: string): this {
    this.#selected.#inner.name(name);
    return this;
  }

  version(version: string): this {
    this.#selected.#inner.version(version, "-V, --version", "Show the version number.");
    return this;
  }

  description(text: string): this {
    this.#selected.#inner.description(text);
    return this;
  }

  hidden(): this {
    // commander takes this from the parent only, where the command is added.
    (this.#selected.#inner as unknown as { _hidden: boolean })._hidden = true;
    return this;
  }

  example(name: string, description: string): this {
    this.#selected.#examples.push({ name, description });
    return this;
  }

  throwErrors(): this {
    return this;
  }

  noExit(): this {
    return this;
  }

  /** Also for the commands below it. */
  help(handler: HelpHandler): this {
    this.#selected.#help = handler;
    return this;
  }

  reset(): this {
    this.#selected = this;
    return this;
  }

  type(name: string, handler: TypeHandler): this {
    if (this.#selected.#types.has(name)) {
      throw new Error(`Type with name "${name}" already exists.`);
    }
    this.#selected.#types.set(name, handler);
    return this;
  }

  complete(name: string, handler: CompleteHandler): this {
    this.#selected.#completions.set(name, handler);
    return this;
  }

  arguments(definition: string): this {
    this.#selected.#argumentsDefinition = definition;
    for (const word of definition.split(" ").filter((word) => word !== "")) {
      const { flags, type } = splitType(word);
      this.#selected.#inner.argument(
        flags,
        "",
        collector(this.#selected.#parser(type, flags), flags),
      );
    }
    return this;
  }

  option(flags: string, description: string, settings: OptionSettings = {}): this {
    const self = this.#selected;
    const { flags: plain, type } = splitType(flags);
    const option = new Option(plain, description);
    if (/[<[]/.test(plain)) {
      const parse = self.#parser(type, option.long ?? plain);
      option.argParser(settings.collect === true ? collector(parse, "...") : parse);
    }
    if (settings.default !== undefined && option.negate === false) option.default(settings.default);
    if (settings.required === true) option.makeOptionMandatory();
    if (settings.hidden === true) option.hideHelp();
    if (settings.conflicts !== undefined) option.conflicts(settings.conflicts.map(attributeName));
    if (settings.depends !== undefined) {
      self.#depends.push({ name: option.attributeName(), on: settings.depends });
    }
    self.#inner.addOption(option);
    if (settings.collect !== true) self.#refuseTwice(option);
    const [, names = "", typeDefinition] = /^([^<[]*)(.*)$/.exec(flags) ?? [];
    self.#options.push({
      flags: names.split(/[ ,]+/).filter((name) => name !== ""),
      ...(typeDefinition === "" ? {} : { typeDefinition }),
      description,
      hidden: settings.hidden === true,
    });
    return this;
  }

  action(action: Action): this {
    const self = this.#selected;
    self.#inner.action(async (...values: unknown[]) => {
      values.pop();
      const options = values.pop() as Record<string, unknown>;
      self.#checkDepends(options);
      self.#dropImpliedNegations(options);
      // Cliffy hands the values of a variadic argument over one by one as well.
      await action.call(self, options, ...values.flat());
    });
    return this;
  }

  command(name: string, command: Command): this {
    command.#inner.name(name);
    this.#inner.addCommand(command.#inner, {
      hidden: (command.#inner as unknown as { _hidden: boolean })._hidden,
    });
    this.#commands.push(command);
    command.#parent = this;
    this.#selected = command;
    return this;
  }

  getName(): string {
    return this.#inner.name();
  }

  getDescription(): string {
    return this.#inner.description();
  }

  getArgsDefinition(): string {
    return this.#argumentsDefinition;
  }

  getBaseOptions(hidden = false): OptionFacts[] {
    return this.#options.filter((option) => hidden || !option.hidden);
  }

  getBaseCommands(hidden = false): Command[] {
    const isHidden = (command: Command) =>
      (command.#inner as unknown as { _hidden: boolean })._hidden;
    return this.#commands.filter((command) => hidden || !isHidden(command));
  }

  getExamples(): { name: string; description: string }[] {
    return this.#examples;
  }

  getMainCommand(): Command {
    return this.#parent?.getMainCommand() ?? this;
  }

  getCompletion(name: string): { complete: CompleteHandler } | undefined {
    const complete = this.#completions.get(name);
    return complete === undefined ? undefined : { complete };
  }

  getPath(): string {
    return [this.#parent?.getPath() ?? [], this.getName()].flat().join(" ");
  }

  showHelp(): void {
    this.#inner.outputHelp();
  }

  /** The help of `command`, as the nearest handler above it has it. */
  getHelp(command: Command = this): string {
    return this.#help?.(command) ?? this.#parent?.getHelp(command) ?? "";
  }

  async parse(args: readonly string[]): Promise<void> {
    try {
      await this.#inner.parseAsync([...args], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return;
      throw new ValidationError(error.message.replace(/^error: /, ""));
    }
  }

  #parser(type: string, label: string): (value: string) => unknown {
    return (value) => {
      const handler = this.#types.get(type) ?? BUILT_IN_TYPES[type];
      if (handler === undefined) throw new Error(`Unknown type "${type}" of ${label}`);
      return handler({ label: "Option", name: label, value, type });
    };
  }

  /** commander takes the last of several, also of `--x` and `--no-x`; Cliffy refuses them. */
  #refuseTwice(option: Option): void {
    this.#inner.on(`option:${option.name()}`, () => {
      const name = option.name().replace(/^no-/, "");
      if (this.#given.has(name)) {
        throw new ValidationError(
          `Option "--${name}" can only occur once, but was found several times.`,
        );
      }
      this.#given.add(name);
    });
  }

  #checkDepends(options: Record<string, unknown>): void {
    for (const { name, on } of this.#depends) {
      const missing = on.find((other) => options[attributeName(other)] === undefined);
      if (options[name] !== undefined && missing !== undefined) {
        throw new ValidationError(`Option "--${name}" depends on option "--${missing}".`);
      }
    }
  }

  /** commander sets `x` to true wherever `--no-x` exists; Cliffy does so unless `--x` exists too. */
  #dropImpliedNegations(options: Record<string, unknown>): void {
    for (const option of this.#inner.options.filter((option) => option.negate)) {
      const name = option.attributeName();
      const hasPositive = this.#inner.options.some((other) =>
        !other.negate && other.attributeName() === name
      );
      if (hasPositive && this.#inner.getOptionValueSource(name) === "default") delete options[name];
    }
  }
}
