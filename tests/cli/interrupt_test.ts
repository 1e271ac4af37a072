import { assert, assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { dfuseCommand, projectRoot } from "../helpers/run_dfuse.ts";

/** Real time, slow enough that the flash is under way for seconds, and none of them is waited for. */
const SLOW_PART = "stm32f405,speed=1";

Deno.test("dfuse flash stops at Ctrl-C after the current step, and reports", async () => {
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
    if (event.event === "progress" && isFirstErase) child.kill("SIGINT");
  }
  const { code } = await child.status;
  assertEquals(code, 130);
  const last = events.at(-1)!;
  assertEquals([last["event"], last["outcome"], last["exitCode"]], ["report", "interrupted", 130]);
  assertEquals(last["finalState"], "boot-loader");
  assert(events.every((event) => event["stage"] !== "verify"));
});
