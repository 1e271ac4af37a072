import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HAS_TERMINAL, runAtTerminal } from "../helpers/terminal.ts";
import { inFolder } from "../station/folder.ts";

const QUESTION = 'Type "yes":';
const CTRL_C = "\x03";
/** The end of the input, at the start of a line. */
const CTRL_D = "\x04";

/** Answers the question at a terminal; `isErased` tells what became of a board that keeps its memory. */
async function answer(type: string) {
  return await inFolder(async (folder) => {
    const part = ["--simulate", `stm32f072,rdp=1,image=${folder}/board.img`];
    const run = await runAtTerminal(["unprotect", ...part], { after: QUESTION, type });
    assertStringIncludes(run.stdout, "This erases the whole flash of STM32F072");
    const memory = await Deno.readFile(`${folder}/board.img`);
    // Somewhere in the flash.
    const isErased = memory.slice(-64 * 1024, -63 * 1024).every((byte) => byte === 0xFF);
    return { ...run, isErased };
  });
}

/** Without `script` of util-linux there is no terminal to ask at. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !HAS_TERMINAL, fn });
}

test("dfuse unprotect asks at a terminal, and takes yes for yes", async () => {
  for (const yes of ["yes\n", " YES \n"]) {
    const { code, stdout, isErased } = await answer(yes);
    assertEquals([code, isErased], [0, true], stdout);
    assert(stdout.endsWith("Done: read protection is off, and the flash is erased\n"), stdout);
  }
});

test("dfuse unprotect takes everything else for no", async () => {
  for (const no of ["no\n", "\n", "y\n", "yes please\n", CTRL_D, `yes${CTRL_D}${CTRL_D}`]) {
    const { code, stdout, isErased } = await answer(no);
    assertEquals([code, isErased], [2, false], stdout);
    assertStringIncludes(stdout, "it was not confirmed. Nothing was erased");
    // The error stands on a line of its own.
    assert(/^error: /m.test(stdout), stdout);
  }
});

test("dfuse unprotect ends at Ctrl-C, with the exit code of an interrupted run", async () => {
  const { code, stdout, isErased } = await answer(CTRL_C);
  assertEquals([code, isErased], [130, false], stdout);
  assert(/^error: Stopped, as asked: nothing was changed$/m.test(stdout), stdout);
});

test("dfuse unprotect asks on standard error: its output may be a file", () =>
  inFolder(async (folder) => {
    const args = ["unprotect", "--json", "--simulate", "stm32f072,rdp=1"];
    const redirect = `> '${folder}/out.json'`;
    const run = await runAtTerminal(args, { after: QUESTION, type: "yes\n", redirect });
    assertEquals(run.code, 0, run.stdout);
    const { outcome } = JSON.parse(await Deno.readTextFile(`${folder}/out.json`));
    assertEquals(outcome, "done");
  }));
