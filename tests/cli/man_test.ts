import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describeCommand } from "../../src/cli/command_facts.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { renderMan } from "../../src/cli/render_man.ts";
import { dfuseCommand } from "../../src/cli/run.ts";
import { ExitCode } from "../../src/errors.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

const output = {
  style: PLAIN_STYLE,
  errorStyle: PLAIN_STYLE,
  errorIsTerminal: false,
  out: () => {},
  err: () => {},
};

Deno.test("docs/commands.md is what dfuse man --markdown prints", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
  const run = await runDfuse(["man", "--markdown"]);
  assertEquals(run.stderr, "");
  assertEquals(run.stdout, page, "Run: deno task dfuse man --markdown > docs/commands.md");
});

Deno.test("describeCommand() tells all commands, each with a description and an example", async () => {
  const build = { version: "1.2.3" };
  const program = describeCommand(await dfuseCommand({ output, build }));
  const names = program.commands.map((command) => command.name);
  for (const name of ["list", "info", "plan", "flash", "doctor", "completions"]) {
    assert(names.includes(name), name);
  }
  assert(!names.includes("man"), "man is hidden");
  for (const command of program.commands) {
    assert(command.description.length > 10, command.name);
    assert(command.examples.length > 0, command.name);
    for (const option of command.options) assert(!option.usage.includes(":"), option.usage);
  }
});

Deno.test("renderMan() lets no text be taken for a macro, and tells every exit code", () => {
  const page = renderMan({
    name: "dfuse",
    description: "Flash.",
    arguments: "",
    options: [],
    examples: [],
    commands: [{
      name: "plan",
      description: ".so dangerous \\(em text",
      arguments: "<file>",
      options: [{ usage: "-c, --chip <name>", description: "'quoted' --first" }],
      examples: [{ name: "One", description: "dfuse plan a\n.hidden" }],
      commands: [],
    }],
  }, { version: "1.2.3", date: "2025-01-31" });
  const lines = page.split("\n");
  assertEquals(lines[0], '.TH DFUSE 1 "2025-01-31" "dfuse 1.2.3"');
  assertStringIncludes(page, "\n\\&.so dangerous \\e(em text\n");
  assertStringIncludes(page, "\n\\&'quoted' \\-\\-first\n");
  assertStringIncludes(page, "\n\\&.hidden\n");
  assertStringIncludes(page, ".B dfuse plan [options] <file>");
  const macros = new Set(
    lines.filter((line) => line.startsWith(".")).map((line) => line.slice(0, 3)),
  );
  assertEquals([...macros].sort(), [".B ", ".PP", ".RE", ".RS", ".SH", ".TH", ".TP", ".fi", ".nf"]);
  for (const code of Object.values(ExitCode)) assert(lines.includes(`.B ${code}`), `${code}`);
});
