import type { CommandFacts } from "./command_facts.ts";
import { paint, type Style } from "./style.ts";
import { fitsBeside, hang } from "./wrap.ts";

/** What the help of a command tells. */
export interface HelpFacts extends CommandFacts {
  /** The words that call it: `dfuse plan`. */
  readonly path: string;
  /** Of the program. */
  readonly version: string;
}

/** The help of a command: its usage, options, commands and examples, as wide as the style. */
export function renderHelp(facts: HelpFacts, style: Style): string {
  const { description, options, commands, examples } = facts;
  const sections = [
    headLines(facts, style),
    description.trim().split("\n").flatMap((line) => hang(line.trim(), style)),
    section("Options", rowLines([...ownOptions(facts), ...options].map(rowOf), style), style),
    section("Commands", rowLines(commands.map(commandRow), style), style),
    section("Examples", exampleLines(examples, style), style),
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n") + "\n")
    .join("\n");
}

function headLines({ path, version, ...command }: HelpFacts, style: Style): string[] {
  const below = command.commands.length === 0 ? [] : ["<command>"];
  const usage = [path, ...below, "[options]", command.arguments].join(" ").trim();
  const bold = { indent: 2, paintHead: "bold" } as const;
  return [
    ...hang(usage, style, { ...bold, head: "Usage:   ", paintText: "magenta" }),
    ...hang(version, style, { ...bold, head: "Version: ", paintText: "yellow" }),
  ];
}

/** Those that the library adds to every command. */
function ownOptions({ path }: HelpFacts): CommandFacts["options"] {
  const help = { usage: "-h, --help", description: "Show this help." };
  const version = { usage: "-V, --version", description: "Show the version number." };
  return path.includes(" ") ? [help] : [help, version];
}

/** A term and what it means. */
type Row = readonly [term: string, text: string];

function rowOf({ usage, description }: CommandFacts["options"][number]): Row {
  return [usage, description];
}

/** Of a longer description the first line is enough. */
function commandRow({ name, description, ...command }: CommandFacts): Row {
  return [`${name} ${command.arguments}`.trim(), description.trim().split("\n")[0]!];
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [paint(style, "bold", `${title}:`), ...lines];
}

/** All texts stand beside their terms, or all below. */
function rowLines(rows: readonly Row[], style: Style): string[] {
  const heads = headsOf(rows.map(([term]) => term));
  const below = !fitsBeside(heads[0] ?? "", rows.map(([, text]) => text), style);
  return rows.flatMap(([, text], index) => {
    const head = heads[index]!;
    const [first = "", ...more] = hang(text, style, { head, below });
    return [paintTerm(first.slice(0, head.length), style) + first.slice(head.length), ...more];
  });
}

/** Terms as a column of equal width. */
function headsOf(terms: readonly string[]): string[] {
  const width = Math.max(0, ...terms.map((term) => term.length));
  return terms.map((term) => `  ${term.padEnd(width)}  `);
}

/** A command line is to be copied: it stands beside its title only where none of them needs to be broken. */
function exampleLines(examples: CommandFacts["examples"], style: Style): string[] {
  const heads = headsOf(examples.map(({ name }) => name));
  const beside = examples.map(({ description }, index) =>
    hang(description, style, { head: heads[index]!, paintHead: "dim", below: false })
  );
  if (beside.every((lines) => lines.length === 1)) return beside.flat();
  return examples.flatMap(({ name, description }) => [
    ...hang(name, style, { head: "  ", paintText: "dim", indent: 4 }),
    ...description.split("\n").flatMap((line) => hang(line, style, { head: "    ", indent: 6 })),
  ]);
}

/** What is typed as it is in blue, what stands for something else in magenta. */
function paintTerm(term: string, style: Style): string {
  return term.replace(
    /([<[][^>\]]*[>\]])|([^\s<[][^<[]*[^\s<[])/g,
    (_, place?: string, word?: string) =>
      place === undefined ? paint(style, "blue", word!) : paint(style, "magenta", place),
  );
}
