import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkCommandLine } from "../../src/cli/check_command_line.ts";
import type { AnyCommand } from "../../src/cli/plan_options.ts";
import { dfuseCommand } from "../../src/cli/run.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { UsageError } from "../../src/errors.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

const program = await dfuseCommand({
  output: {
    style: PLAIN_STYLE,
    errorStyle: PLAIN_STYLE,
    errorIsTerminal: false,
    out: () => {},
    err: () => {},
  },
  build: { version: "1.2.3" },
});

/** The words of a line that has no quotes but `''`. */
function wordsOf(line: string): string[] {
  return line.split(" ").filter((word) => word !== "").map((word) => word === "''" ? "" : word);
}

/** What is wrong with a line, and what to do about it. */
function problemOf(line: string): string[] {
  const error = assertThrows(() => checkCommandLine(program, wordsOf(line)), UsageError);
  return [error.message, error.hint ?? ""];
}

const PROBLEMS: readonly (readonly [line: string, message: string, hint: string])[] = [
  ["flsh a.bin", 'Unknown command "flsh"', "Did you mean dfuse flash? See: dfuse --help"],
  ["mam", 'Unknown command "mam"', "See: dfuse --help"],
  ["xyzzy", 'Unknown command "xyzzy"', "See: dfuse --help"],
  [
    "completions bashh",
    'Unknown command "bashh"',
    "Did you mean dfuse completions bash? See: dfuse completions --help",
  ],
  ["--json list", 'Unknown option "--json"', "Options follow the command. See: dfuse --help"],
  [
    "flash --simulat stm32f405 a.bin",
    'Unknown option "--simulat"',
    "Did you mean --simulate? See: dfuse flash --help",
  ],
  ["info --map2 FILE", 'Unknown option "--map2"', "Did you mean --map? See: dfuse info --help"],
  ["info --ignore FILE", 'Unknown option "--ignore"', helpOf("Did you mean --ignore-crc?")],
  [
    "plan -chip stm32f405 F",
    'Unknown option "-chip"',
    "Did you mean --chip? See: dfuse plan --help",
  ],
  ["convert IN OUT --bogus", 'Unknown option "--bogus"', "See: dfuse convert --help"],
  ["convert IN OUT -fx", 'Unknown option "-x"', "See: dfuse convert --help"],
  ["options --bogus", 'Unknown option "--bogus"', "See: dfuse options --help"],
  ["chips ---json", 'Unknown option "---json"', "Did you mean --json? See: dfuse chips --help"],
  ["flash FILE --version", 'Unknown option "--version"', "See: dfuse flash --help"],
  ["info", "Cannot run dfuse info: found no <file>, expected dfuse info <file>", helpOf()],
  ["info a b", 'Cannot run dfuse info: found "b" as well, expected dfuse info <file>', helpOf()],
  ["info ''", "Cannot run dfuse info: found an empty word, expected dfuse info <file>", helpOf()],
  [
    "flash --wait a.bin",
    "Cannot run dfuse flash: found no <files...>, expected dfuse flash <files...>",
    '"a.bin" is the value of --wait here. See: dfuse flash --help',
  ],
  [
    "erase --all foo",
    'Cannot run dfuse erase: found "foo", expected no arguments',
    "See: dfuse erase --help",
  ],
  [
    "flash --json",
    "Cannot run dfuse flash: found no <files...>, expected dfuse flash <files...>",
    "See: dfuse flash --help",
  ],
  [
    "info FILE --address",
    "Cannot take the value of --address: none follows, expected --address <address>",
    helpOf(),
  ],
  [
    "info FILE -s --json",
    'Cannot take the value of -s: "--json" follows, expected -s <address>',
    helpOf(),
  ],
  [
    "info --address= FILE",
    "Cannot take the value of --address: it is empty, expected --address <address>",
    helpOf(),
  ],
  [
    "info --address '' FILE",
    "Cannot take the value of --address: it is empty, expected --address <address>",
    helpOf(),
  ],
  [
    "info --json=yes FILE",
    'Cannot give --json a value: found "yes", expected --json alone',
    helpOf(),
  ],
];

function helpOf(first = ""): string {
  return `${first} See: dfuse info --help`.trim();
}

for (const [line, message, hint] of PROBLEMS) {
  Deno.test(`checkCommandLine() says what is wrong with: ${line}`, () => {
    assertEquals(problemOf(line), [message, hint]);
  });
}

const CHECKED: readonly (readonly [line: string, checked: string])[] = [
  ["flash a.bin --simulate stm32f405 b.bin", "flash a.bin --simulate stm32f405 b.bin"],
  ["flash --wait 5 a.bin --leave=0x08000000", "flash --wait 5 a.bin --leave=0x08000000"],
  ["flash a.bin --wait --json", "flash a.bin --wait --json"],
  ["convert - out.dfu", "convert - out.dfu"],
  ["convert IN OUT -fqa0 --target-name=-x", "convert IN OUT -f -q -a 0 --target-name=-x"],
  ["info -s=0x08000000 FILE", "info -s 0x08000000 FILE"],
  ["info --map -- -strange", "info --map ./-strange"],
  ["info -- -", "info -"],
  ["--help flash", "flash --help"],
  ["flash -h --json", "flash -h"],
  ["-V", "-V"],
  ["completions", "completions"],
  ["completions complete chip plan", "completions complete chip plan"],
  ["man --markdown", "man --markdown"],
];

for (const [line, checked] of CHECKED) {
  Deno.test(`checkCommandLine() takes: ${line}`, () => {
    assertEquals(checkCommandLine(program, wordsOf(line)), wordsOf(checked));
  });
}

Deno.test("checkCommandLine() names an unknown option of any command, at any position", () => {
  for (const command of commandsBelow(program)) {
    const words = [...command.getPath().split(" ").slice(1), "a", "b", "c"];
    for (let at = 0; at <= words.length; at++) {
      const line = words.toSpliced(at, 0, "--qqqqqqqq").join(" ");
      const [message] = problemOf(line);
      const isTold = message === 'Unknown option "--qqqqqqqq"' ||
        message === 'Unknown command "a"';
      assert(isTold, `${line}: ${message}`);
    }
  }
});

function commandsBelow(command: AnyCommand): AnyCommand[] {
  return command.getBaseCommands(true)
    .flatMap((below: AnyCommand) => [below, ...commandsBelow(below)]);
}

Deno.test("checkCommandLine() takes every option of every command, with a value that is not empty", () => {
  for (const command of commandsBelow(program)) {
    const path = command.getPath().split(" ").slice(1);
    const operands = (command.getArgsDefinition() ?? "").split(" ").filter((name) => name !== "");
    if (command.getBaseCommands(true).length > 0) continue;
    for (const { flags, typeDefinition } of command.getBaseOptions(true)) {
      for (const flag of flags) {
        const line = [...path, flag, ...(typeDefinition ? ["value"] : []), ...operands];
        assertEquals(checkCommandLine(program, line), line);
        // The parser would go on without the option: `--expect-chip ""` would check nothing.
        const empty = line.map((word) => word === "value" ? "" : word);
        if (typeDefinition) {
          assertThrows(() => checkCommandLine(program, empty), UsageError, "empty");
        }
      }
    }
  }
});

Deno.test("dfuse ends a command line that is wrong with exit code 2, before anything is read", async () => {
  const lines = ["flash --simulat stm32f405 none.bin", "convert none.bin none.hex --bogus", "inf"];
  for (const run of await Promise.all(lines.map((line) => runDfuse(line.split(" "))))) {
    assertEquals(run.code, 2);
    assert(/^error: Unknown (option|command) "/.test(run.stderr), run.stderr);
    assertEquals(run.stdout, "");
  }
});

Deno.test("dfuse takes a file whose name begins with a dash behind --", async () => {
  const run = await runDfuse(["info", "--no-hash", "--", "-no-such-file"]);
  assertEquals(run.code, 3);
  assert(run.stderr.includes("./-no-such-file"), run.stderr);
});
