import { assertEquals } from "@std/assert";
import { dfuseCommand, projectRoot } from "../helpers/run_dfuse.ts";

const SPEC = "stm32f405,count=2,units=50,speed=1";

interface Ended {
  readonly code: number;
  /** How each attempt ended. */
  readonly results: readonly unknown[];
  readonly last: Readonly<Record<string, unknown>>;
}

/** Runs a watching station, and interrupts it once both devices are being erased; then at each `stopping`, if asked. */
async function interrupt(times: number): Promise<Ended> {
  const [program, ...first] = dfuseCommand();
  const child = new Deno.Command(program!, {
    args: [...first, "flash", "examples/example.dfu", "--watch", "--json", "--simulate", SPEC],
    cwd: projectRoot,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let sent = 0;
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    const isErasing = output.split(`"stage":"erase","total"`).length > 2;
    const isDue = sent === 0 ? isErasing : output.includes(`"event":"stopping"`);
    if (isDue && sent < times) {
      child.kill("SIGINT");
      sent++;
    }
  }
  const { code } = await child.status;
  const events = output.trim().split("\n").map((line) => JSON.parse(line));
  const attempts = events.filter(({ event }) => event === "attempt");
  return { code, results: attempts.map(({ result }) => result), last: events.at(-1)! };
}

Deno.test({
  name: "Ctrl-C lets what runs finish, begins nothing more, and prints the totals",
  // There is no way to send Ctrl-C to one process only.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { code, results, last } = await interrupt(1);
    assertEquals([code, results], [0, ["passed", "passed"]]);
    assertEquals([last["event"], last["passed"]], ["totals", 2]);
  },
});

Deno.test({
  name: "a second Ctrl-C ends what runs at its next safe point, and says so",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { code, results, last } = await interrupt(2);
    assertEquals([code, results], [130, ["interrupted", "interrupted"]]);
    assertEquals([last["event"], last["interrupted"]], ["totals", 2]);
  },
});
