import { assert, assertEquals, assertMatch } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { dfuseCommand, projectRoot } from "../helpers/run_dfuse.ts";
import { HAS_TERMINAL, runAtTerminal } from "../helpers/terminal.ts";
import { withTempFolder } from "../helpers/firmware_tools.ts";

/** Real time, slow enough that the flash is under way for seconds, and none of them is waited for. */
const SLOW_PART = "stm32f405,speed=1";

// Ctrl-C, the system that shuts down, a window that is closed. Windows has no way to send them to one process only.
for (const signal of Deno.build.os === "windows" ? [] : ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`dfuse flash stops at ${signal} after the current step, and reports`, async () => {
    const [program, ...first] = dfuseCommand();
    const child = new Deno.Command(program!, {
      args: [...first, "flash", "examples/example.dfu", "--simulate", SLOW_PART, "--json"],
      cwd: projectRoot,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    const events: Record<string, unknown>[] = [];
    for await (const line of lines) {
      const event = JSON.parse(line);
      events.push(event);
      const isFirstErase = event.stage === "erase" && event.done === event.size;
      if (event.event === "progress" && isFirstErase) child.kill(signal);
    }
    const { code } = await child.status;
    assertEquals(code, 130);
    const last = events.at(-1)!;
    assertEquals([last["event"], last["outcome"], last["exitCode"]], [
      "report",
      "interrupted",
      130,
    ]);
    assertEquals(last["finalState"], "boot-loader");
    assert(events.every((event) => event["stage"] !== "verify"));
  });
}

Deno.test({
  name: "dfuse read ends the line of its progress at Ctrl-C, and writes no file",
  ignore: !HAS_TERMINAL,
  fn: () =>
    withTempFolder(async (folder) => {
      const args = ["read", `${folder}/all.bin`, "--simulate", SLOW_PART];
      const run = await runAtTerminal(args, { after: "KiB of 1 MiB", type: "\x03" });
      assertEquals(run.code, 130);
      assertMatch(run.stdout, /read +[^\r\n]+ in [^\r\n]+\nerror: Stopped, as asked\n/);
      assertEquals([...Deno.readDirSync(folder)], []);
    }),
});
