import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Output } from "../../src/cli/output.ts";
import { type HelpFacts, renderHelp } from "../../src/cli/render_help.ts";
import { dfuseCommand } from "../../src/cli/run.ts";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";
import { HAS_TERMINAL, runAtTerminal } from "../helpers/terminal.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

const FACTS: HelpFacts = {
  name: "check",
  path: "dfuse check",
  version: "1.2.3",
  description: "Compare a device's memory with a file; nothing is changed.",
  arguments: "<files...>",
  options: [
    { usage: "-s, --address <address>", description: "Where a file without addresses belongs." },
    { usage: "--wait [seconds]", description: "Wait for the device. Default: 60 s." },
  ],
  commands: [],
  examples: [{ name: "Is it there?", description: "dfuse check firmware.dfu --wait 10" }],
};

Deno.test("renderHelp() at 80 columns", () => {
  assertEquals(
    renderHelp(FACTS, PLAIN_STYLE),
    `Usage:   dfuse check [options] <files...>
Version: 1.2.3

Compare a device's memory with a file; nothing is changed.

Options:
  -h, --help               Show this help.
  -s, --address <address>  Where a file without addresses belongs.
  --wait [seconds]         Wait for the device. Default: 60 s.

Examples:
  Is it there?  dfuse check firmware.dfu --wait 10
`,
  );
});

Deno.test("renderHelp() at 40 columns", () => {
  assertEquals(
    renderHelp(FACTS, { ...PLAIN_STYLE, columns: 40 }),
    `Usage:   dfuse check [options]
  <files...>
Version: 1.2.3

Compare a device's memory with a file;
nothing is changed.

Options:
  -h, --help
    Show this help.
  -s, --address <address>
    Where a file without addresses
    belongs.
  --wait [seconds]
    Wait for the device. Default: 60 s.

Examples:
  Is it there?
    dfuse check firmware.dfu --wait 10
`,
  );
});

Deno.test("renderHelp() lists the commands below, each by the first line of its description", () => {
  const below = { ...FACTS, name: "more", description: "Do more.\n\nAnd explain it.", options: [] };
  const help = renderHelp(
    { ...FACTS, path: "dfuse", arguments: "", commands: [below], examples: [] },
    PLAIN_STYLE,
  );
  assertStringIncludes(help, "Usage:   dfuse <command> [options]\n");
  assertStringIncludes(help, "\nCommands:\n  more <files...>  Do more.\n");
  assertStringIncludes(help, "  -V, --version ");
});

Deno.test("renderHelp() paints what is typed as it is, and what stands for something else", () => {
  const help = renderHelp(FACTS, { ...PLAIN_STYLE, color: true });
  assertStringIncludes(help, "\x1b[94m-s, --address\x1b[39m \x1b[95m<address>\x1b[39m  Where");
  assertStringIncludes(help, "\x1b[94m--wait\x1b[39m \x1b[95m[seconds]\x1b[39m ");
  assertStringIncludes(help, "\x1b[1mOptions:\x1b[22m\n");
});

/** The tree of all commands, of which each prints help as wide as the style. */
async function helpTree(style: Style) {
  const output: Output = {
    style,
    errorStyle: style,
    errorIsTerminal: false,
    out: () => {},
    err: () => {},
  };
  return await dfuseCommand({ output, build: { version: "1.2.3" } });
}

Deno.test("the help of every command is as wide as its window, the same before and after a run", async () => {
  for (let columns = 40; columns <= 120; columns += 4) {
    const root = await helpTree({ ...PLAIN_STYLE, columns });
    for (const command of [root, ...root.getBaseCommands()]) {
      const help = command.getHelp();
      for (const line of help.split("\n")) {
        assert(line.length < columns || !line.trim().includes(" "), `${columns} columns: ${line}`);
      }
      assertEquals(help.match(/--help/g)?.length, 1);
      assertEquals(command.getHelp(), help);
      assert(help.includes(command.getPath()), help);
    }
  }
});

Deno.test("dfuse COMMAND --help prints it, also for commands below a command", async () => {
  const root = await helpTree(PLAIN_STYLE);
  const found = root.getBaseCommands().find((command) => command.getName() === "verify")!;
  const run = await runDfuse(["verify", "--help"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const lines = (text: string) => text.split("\n").filter((line) => !line.startsWith("Version"));
  assertEquals(lines(run.stdout), lines(found.getHelp() + "\n"));
  const below = await runDfuse(["completions", "bash", "--help"], { env: { NO_COLOR: "" } });
  assertEquals(below.code, 0, below.stderr);
  assert(!below.stdout.includes("\x1b"), below.stdout);
  assertStringIncludes(below.stdout, "Usage:   dfuse completions bash ");
});

Deno.test("dfuse --help works at a terminal", { ignore: !HAS_TERMINAL }, async () => {
  const options = { after: "never", type: "", env: { NO_COLOR: "" } };
  const { code, stdout } = await runAtTerminal(["verify", "--help"], options);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, "\x1b[95mdfuse verify [options] <files...>\x1b[39m");
});
