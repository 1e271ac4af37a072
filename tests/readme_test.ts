import { assert, assertEquals } from "@std/assert";
import { runDfuse } from "./helpers/run_dfuse.ts";

/** One `$ dfuse …` of a console block, and what the page says that it prints. */
interface Example {
  readonly page: string;
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

const root = new URL("../", import.meta.url);

function findExamples(page: string, text: string): Example[] {
  const examples: Example[] = [];
  let current: { line: number; command: string; output: string[] } | undefined;
  let inConsole = false;
  for (const [index, line] of text.split("\n").entries()) {
    const isFence = line.startsWith("```");
    if (isFence || (inConsole && line.startsWith("$ "))) {
      if (current !== undefined) {
        examples.push({ page, ...current, output: current.output.join("\n") });
      }
      current = undefined;
    }
    if (isFence) inConsole = line === "```console";
    else if (inConsole && line.startsWith("$ ")) {
      current = { line: index + 1, command: line.slice(2), output: [] };
    } else current?.output.push(line);
  }
  return examples;
}

/** Splits as a shell does, for the quotes that the pages use. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

async function pages(): Promise<string[]> {
  const names = ["README.md"];
  for await (const entry of Deno.readDir(new URL("docs/", root))) {
    if (entry.name.endsWith(".md")) names.push(`docs/${entry.name}`);
  }
  return names.sort();
}

for (const page of await pages()) {
  const examples = findExamples(page, await Deno.readTextFile(new URL(page, root)));
  for (const { line, command, output } of examples) {
    Deno.test(`${page}:${line} prints what it says: ${command}`, async () => {
      const [program, ...args] = splitWords(command);
      assertEquals(program, "dfuse");
      const run = await runDfuse(args);
      assertEquals((run.stdout + run.stderr).trimEnd(), output.trimEnd());
    });
  }
}

Deno.test("README.md has examples", async () => {
  const text = await Deno.readTextFile(new URL("README.md", root));
  assert(findExamples("README.md", text).length >= 2);
});
