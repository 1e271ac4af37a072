import type { CommandFacts } from "./command_facts.ts";
import { usageOf } from "./render_reference.ts";
import type { Build } from "./version.ts";

/** The man page of all commands, for section 1, in the macros of man(7). */
export function renderMan(program: CommandFacts, build: Build): string {
  const { name, description, commands, examples } = program;
  const lines = [
    `.TH ${name.toUpperCase()} 1 "${build.date ?? ""}" "${name} ${build.version}"`,
    ".SH NAME",
    `${name} \\- ${text(description)}`,
    ".SH SYNOPSIS",
    `.B ${name}`,
    text("<command> [options]"),
    ...commands.flatMap((command) => commandLines(name, command)),
    ".SH EXIT STATUS",
    ...EXIT_STATUS.flatMap(([code, meaning]) => [".TP", `.B ${code}`, text(meaning)]),
    ".SH EXAMPLES",
    ...exampleLines(examples),
  ];
  return lines.join("\n") + "\n";
}

/** The meanings of `ExitCode`. */
const EXIT_STATUS: readonly (readonly [number, string])[] = [
  [0, "Done."],
  [1, "A bug in dfuse."],
  [2, "The command line is wrong."],
  [3, "The firmware file is damaged or not what it claims."],
  [4, "The plan is impossible; nothing was sent to a device."],
  [5, "The device refused."],
  [6, "USB: not found, no access, busy, lost."],
  [7, "Verify found a difference."],
  [8, "All was done, but the output could not be written."],
  [130, "Interrupted."],
];

function commandLines(program: string, command: CommandFacts): string[] {
  return [
    `.SH ${program.toUpperCase()} ${command.name.toUpperCase()}`,
    `.B ${text(usageOf(program, command))}`,
    ".PP",
    text(command.description),
    ...command.options.flatMap(({ usage, description }) => [
      ".TP",
      `.B ${text(usage)}`,
      text(description),
    ]),
    ...exampleLines(command.examples),
  ];
}

function exampleLines(examples: CommandFacts["examples"]): string[] {
  return examples.flatMap((example) => [
    ".PP",
    text(`${example.name}:`),
    ".PP",
    ".RS 4",
    ".nf",
    ...example.description.split("\n").map(text),
    ".fi",
    ".RE",
  ]);
}

/** Text that no macro can be read from: a backslash is the escape, a hyphen would become a dash, a dot begins a request. */
function text(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/, "\\&");
}
