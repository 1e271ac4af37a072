/** Stand-in for `@cliffy/command/completions`: the same commands, with simpler scripts. */
import { Command, type OptionFacts, ValidationError } from "./cliffy_command.ts";

/** As in Cliffy: prints completion scripts for the program that it is a command of. */
export class CompletionsCommand extends Command {
  constructor() {
    super();
    this.description("Generate shell completions.").action(() => this.showHelp());
    for (const [shell, script] of Object.entries(SCRIPTS)) {
      const command = new Command()
        .description(`Generate shell completions for ${shell}.`)
        .action(() => console.log(script(this.getMainCommand())));
      this.command(shell, command).reset();
    }
    this.command("complete", this.#complete()).reset();
  }

  #complete(): Command {
    return new Command()
      .hidden()
      .arguments("<action:string> [command...:string]")
      .action(async (_options, action: string, ...path: string[]) => {
        let command: Command | undefined = this.getMainCommand();
        for (const name of path) {
          command = command?.getBaseCommands(true).find((child) => child.getName() === name);
        }
        if (command === undefined) throw new ValidationError(`Unknown command ${path.join(" ")}.`);
        console.log((await command.getCompletion(action)?.complete() ?? []).join("\n"));
      });
  }
}

const SCRIPTS: Readonly<Record<string, (program: Command) => string>> = {
  bash: bashScript,
  zsh: (program) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`,
  fish: fishScript,
};

/** What gives the values of an option or argument: the third part of `<name:type:action>`, or the type. */
function actionOf(command: Command, definition = ""): string | undefined {
  const [, type, action] = /^[<[][^:>\]]*:([^:>\]]*):?([^:>\]]*)/.exec(definition) ?? [];
  return [action, type].find((name) => command.getCompletion(name ?? "") !== undefined);
}

function bashScript(program: Command): string {
  const name = program.getName();
  const commands = program.getBaseCommands();
  const lists = commands.map((command) => {
    const flags = [...command.getBaseOptions().flatMap((option) => option.flags), "--help"];
    const names = command.getBaseCommands().map((child) => child.getName());
    const action = actionOf(command, command.getArgsDefinition());
    const values = action === undefined ? "" : ` ${ask(program, command, action)}`;
    return `    ${command.getName()}:*) words="${[...flags, ...names].join(" ")}${values}" ;;`;
  });
  const values = commands.flatMap((command) =>
    command.getBaseOptions().flatMap((option) => {
      const action = actionOf(command, option.typeDefinition);
      if (option.typeDefinition === undefined) return [];
      const patterns = option.flags.map((flag) => `${command.getName()}:${flag}`).join("|");
      const list = action === undefined ? "" : ask(program, command, action);
      return [`    ${patterns}) words="${list}" ;;`];
    })
  );
  return `_${name}() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}:\${COMP_WORDS[COMP_CWORD-1]}" in
${[...values, ...lists].join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${namesOf(commands)} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}`;
}

function fishScript(program: Command): string {
  const name = program.getName();
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const first = program.getBaseCommands().map((command) =>
    `complete -c ${name} -n __fish_use_subcommand -a ${command.getName()} ` +
    `-d ${quote(command.getDescription())}`
  );
  const rest = program.getBaseCommands().flatMap((command) => {
    const where = `-n '__fish_seen_subcommand_from ${command.getName()}'`;
    const list = (action: string | undefined) =>
      action === undefined
        ? ""
        : ` -a '(${name} completions complete ${action} ${command.getName()})'`;
    const options = command.getBaseOptions().map((option) => {
      const value = option.typeDefinition === undefined ? "" : " -r";
      const words = `${flagsOf(option)}${value}${list(actionOf(command, option.typeDefinition))}`;
      return `complete -c ${name} ${where} ${words} -d ${quote(option.description)}`;
    });
    const names = namesOf(command.getBaseCommands());
    const own = names === ""
      ? list(actionOf(command, command.getArgsDefinition()))
      : ` -a ${quote(names)}`;
    return own === "" ? options : [...options, `complete -c ${name} ${where} -f${own}`];
  });
  return [...first, ...rest].join("\n");
}

function flagsOf(option: OptionFacts): string {
  return option.flags
    .map((flag) => flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)
    .join(" ");
}

function namesOf(commands: readonly Command[]): string {
  return commands.map((command) => command.getName()).join(" ");
}

/** The words that the program itself gives at the time of asking. */
function ask(program: Command, command: Command, action: string): string {
  return `$(${program.getName()} completions complete ${action} ${command.getName()} 2>/dev/null)`;
}
