import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chipWords } from "../../src/cli/completion_words.ts";
import { dfuseCommand, runDfuse } from "../helpers/run_dfuse.ts";

Deno.test("dfuse completions prints a script for each shell", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const run = await runDfuse(["completions", shell]);
    assertEquals(run.code, 0);
    assertEquals(run.stderr, "");
    for (const word of ["plan", "flash", "chip"]) assertStringIncludes(run.stdout, word);
    assert(!/\bman\b/.test(run.stdout), "hidden commands are not offered");
  }
});

Deno.test("chipWords() has other names of a part as well", () => {
  const words = chipWords();
  for (const name of ["stm32f405", "stm32f407"]) assert(words.includes(name), name);
});

Deno.test("dfuse completions complete gives the words of now", async () => {
  const chips = await runDfuse(["completions", "complete", "chip", "plan"]);
  assertEquals(chips.stdout.trimEnd().split("\n"), chipWords());
  const devices = await runDfuse(["completions", "complete", "device", "flash"]);
  assertEquals(devices.code, 0);
  assertEquals(devices.stderr, "");
});

/** What bash offers for the last word of a command line, with the script that dfuse prints. */
async function completeInBash(words: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const start = dfuseCommand().map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(`${folder}/dfuse`, `#!/bin/bash\nexec ${start} "$@"\n`, {
      mode: 0o755,
    });
    const script = 'source <(dfuse completions bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' +
      '_dfuse; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await new Deno.Command("bash", {
      args: ["--norc", "-c", script, "bash", ...words],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((word) => word !== "").sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "bash completes commands, options, parts and other values",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const [command, option, chip, simulated, erase] = await Promise.all([
      completeInBash(["dfuse", "pl"]),
      completeInBash(["dfuse", "flash", "--dry"]),
      completeInBash(["dfuse", "plan", "--chip", "stm32f40"]),
      completeInBash(["dfuse", "simulate", "gd32v"]),
      completeInBash(["dfuse", "flash", "--erase", ""]),
    ]);
    const startingWith = (start: string) => chipWords().filter((w) => w.startsWith(start)).sort();
    assertEquals(command, ["plan"]);
    assertEquals(option, ["--dry-run"]);
    assertEquals(chip, startingWith("stm32f40"));
    assertEquals(simulated, startingWith("gd32v"));
    assertEquals(erase, ["all", "needed", "none", "touched"]);
  },
});
