import type { CommandFacts, OptionFacts } from "./command_facts.ts";
import { wrapText } from "./wrap.ts";

/** Characters in a line, as the formatter of this project's pages wraps them. */
const WIDTH = 100;

/** The reference of all commands as a Markdown page. */
export function renderReference(program: CommandFacts): string {
  const blocks = [
    `# Commands`,
    `This page is made from what \`${program.name} --help\` knows: \`${program.name} man --markdown\`.`,
    program.description,
    ...program.commands.flatMap((command) => commandBlocks(program.name, command)),
  ];
  return blocks.join("\n\n") + "\n";
}

function commandBlocks(program: string, command: CommandFacts): string[] {
  return [
    `## ${program} ${command.name}`,
    wrapText(command.description, WIDTH).join("\n"),
    fenced("text", [usageOf(program, command), ...optionLines(command.options)]),
    ...(command.examples.length === 0
      ? []
      : [fenced("sh", command.examples.map((one) => `# ${one.name}\n${one.description}`))]),
  ];
}

/** `dfuse plan [options] <file>`. */
export function usageOf(program: string, command: CommandFacts): string {
  const options = command.options.length === 0 ? [] : ["[options]"];
  const parts = [program, command.name, ...options, command.arguments];
  return parts.filter((part) => part !== "").join(" ");
}

function optionLines(options: readonly OptionFacts[]): string[] {
  if (options.length === 0) return [];
  const width = Math.max(...options.map((option) => option.usage.length));
  return [
    "",
    ...options.flatMap(({ usage, description }) => {
      const lines = wrapText(description, WIDTH - width - 4);
      return lines.map((line, index) => `  ${(index === 0 ? usage : "").padEnd(width)}  ${line}`);
    }),
  ];
}

function fenced(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}
