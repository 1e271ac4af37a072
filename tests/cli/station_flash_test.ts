import { assert, assertEquals } from "@std/assert";
import { parseAttempt } from "../../src/station/attempt.ts";
import { inFolder } from "../station/folder.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";
const CHIP = "stm32f405";

function flash(...args: readonly string[]) {
  return runDfuse(["flash", EXAMPLE, ...args]);
}

function events(text: string): Record<string, unknown>[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("dfuse flash --all flashes several devices and prints a line for each", async () => {
  const run = await flash("--all", "--simulate", `${CHIP},count=3`, "--port-name", "simulated-2=B");
  assertEquals(run.code, 0, run.stderr);
  assertEquals(
    run.stdout,
    "simulated-1  PASS  2.0 s  device serial UNIT000001\n" +
      "B  PASS  2.0 s  device serial UNIT000002\n" +
      "simulated-3  PASS  2.0 s  device serial UNIT000003\n" +
      "3 passed, 0 failed\n",
  );
});

Deno.test("dfuse flash --watch names the port in every event, and fails if a unit failed", async () => {
  const spec = `${CHIP},count=2,units=3,fault=disconnect@60`;
  const run = await flash("--watch", "--simulate", spec, "--json", "--port-name", "simulated-1=A");
  const all = events(run.stdout);
  assertEquals(run.code, 6, run.stderr);
  assertEquals([all[0]!["event"], all[0]!["schema"]], ["station", "dfuse.events/1"]);
  const last = all.at(-1)!;
  assertEquals([last["event"], last["passed"], last["failed"]], ["totals", 0, 3]);
  const inner = all.slice(1, -1);
  assert(inner.every(({ port, path }) => port === (path === "simulated-1" ? "A" : path)));
  const ends = inner.filter(({ event }) => event === "attempt");
  assertEquals(ends.map(({ result }) => result), ["failed", "failed", "failed"]);
});

Deno.test("dfuse flash --all says below a failure what to do about it", async () => {
  const run = await flash("--all", "--simulate", `${CHIP},fault=disconnect@60`);
  assertEquals([run.code, run.stdout.split("\n").slice(1)], [6, [
    "  hint: Check the cable, start the boot loader again, and run the same command",
    "    once more.",
    "0 passed, 1 failed",
    "",
  ]]);
  assert(/^simulated-1 {2}FAIL {2}.*Cannot /.test(run.stdout), run.stdout);
});

Deno.test("dfuse flash --bell rings once for a pass, three times for a failure", async () => {
  const rings = async (spec: string) =>
    (await flash("--all", "--bell", "--simulate", spec)).stderr.split("\x07").length - 1;
  assertEquals(await rings(CHIP), 1);
  assertEquals(await rings(`${CHIP},fault=disconnect@60`), 3);
});

Deno.test("dfuse flash --journal writes what dfuse journal sums up", () =>
  inFolder(async (folder) => {
    const path = `${folder}/line.jsonl`;
    const spec = `${CHIP},count=2,units=4`;
    const run = await flash("--watch", "--simulate", spec, "--journal", path, "--quiet");
    assertEquals([run.code, run.stdout], [0, ""], run.stderr);
    const lines = (await Deno.readTextFile(path)).trim().split("\n").map(parseAttempt);
    assertEquals(lines.map((line) => line?.result), Array(4).fill("passed"));
    assertEquals(lines[0]!.files[0]!.path, EXAMPLE);
    const summary = JSON.parse((await runDfuse(["journal", path, "--json"])).stdout);
    assertEquals([summary.schema, summary.attempts, summary.yield], ["dfuse.journal/1", 4, 1]);
    const text = (await runDfuse(["journal", path])).stdout;
    assert(text.includes("Passed     4, yield 100.0 %"), text);
    const csv = (await runDfuse(["journal", path, "--csv"])).stdout.trim().split("\n");
    assertEquals(csv.length, 5);
    assert(csv[0]!.startsWith("time,port,path,serial,result,"));
  }));

Deno.test("dfuse flash --journal and dfuse journal refuse a file that is no journal", () =>
  inFolder(async (folder) => {
    const path = `${folder}/fw.dfu`;
    await Deno.copyFile(EXAMPLE, path);
    const run = await flash("--simulate", CHIP, "--journal", path);
    assertEquals(run.code, 2);
    const text = run.stderr.replaceAll(/\s+/g, " ");
    assert(text.includes("does not begin with a line of JSON"), text);
    assertEquals(await Deno.readFile(path), await Deno.readFile(EXAMPLE));
    for (const option of ["--json", "--csv"]) {
      const { code, stderr } = await runDfuse(["journal", path, option]);
      assertEquals(code, 2);
      assert(stderr.replaceAll(/\s+/g, " ").includes("it has no line of a journal"), stderr);
    }
  }));

Deno.test("dfuse flash --unit-data gives each unit its row, and plan shows the next", () =>
  inFolder(async (folder) => {
    const csv = `${folder}/units.csv`;
    await Deno.writeTextFile(csv, "serial\nA1\nA2\nA3\n");
    const data = ["--unit-data", csv, "--place", "serial=0x08010100:ascii:16"];
    const plan = await runDfuse(["plan", EXAMPLE, "--chip", CHIP, ...data]);
    assert(plan.stdout.includes("0x08010100..0x08010110  serial A1"), plan.stdout);
    assert(plan.stdout.includes("The next unit gets (3 left)"), plan.stdout);
    const run = await flash("--all", "--simulate", `${CHIP},count=2`, ...data);
    assertEquals(run.code, 0, run.stderr);
    assert(
      /PASS .* {2}unit serial A1 {2}device serial UNIT.*\n.* unit serial A2 /.test(run.stdout),
      run.stdout,
    );
    const after = await runDfuse(["plan", EXAMPLE, "--chip", CHIP, "--json", ...data]);
    assertEquals(JSON.parse(after.stdout).unit.places[0].value, "A3");
    const few = await flash("--all", "--simulate", `${CHIP},count=2`, ...data);
    assertEquals(few.code, 4);
    assert(few.stderr.includes("there are values for 1 only"), few.stderr);
  }));

Deno.test("dfuse plan shows what the values of units add to the image, with and without a device", () =>
  inFolder(async (folder) => {
    const data = ["--unit-data", `${folder}/n`, "--place", "n=0x08020010:counter:7"];
    for (const target of [["--chip", CHIP], ["--simulate", CHIP]]) {
      const { stdout, stderr } = await runDfuse(["plan", EXAMPLE, ...target, ...data]);
      assert(stdout.includes("Added to the image: 0x08020010..0x08020014"), stdout + stderr);
      assert(/0x08020000 .*erase, write 4 B/.test(stdout), stdout);
    }
  }));

Deno.test("dfuse flash --skip-programmed passes a unit with the values it has, and gives it no others", () =>
  inFolder(async (folder) => {
    const board = `${CHIP},image=${folder}/board.img`;
    const data = ["--unit-data", `${folder}/n`, "--place", "n=0x08010100:counter:7"];
    const args = ["--simulate", board, "--skip-programmed", ...data, "--journal", `${folder}/j`];
    for (let times = 0; times < 3; times++) assertEquals((await flash(...args)).code, 0);
    const lines = (await Deno.readTextFile(`${folder}/j`)).trim().split("\n").map(parseAttempt);
    assertEquals(lines.map((line) => [line?.skipped, line?.unit?.["n"]]), [
      [undefined, "7"],
      [true, "7"],
      [true, "7"],
    ]);
    const other = await flash("--simulate", `${CHIP},seed=9`, "--skip-programmed", ...data);
    assert(other.stdout.includes("n 8"), other.stdout);
  }));

Deno.test("dfuse flash checks the file before anything else, in a plain flash too", () =>
  inFolder(async (folder) => {
    const file = `${folder}/fw.dfu`;
    await Deno.copyFile(EXAMPLE, file);
    await Deno.writeTextFile(`${file}.sha256`, `${"0".repeat(64)}  fw.dfu\n`);
    const journal = `${folder}/j`;
    for (const more of [[], ["--journal", journal], ["--dry-run"]]) {
      const run = await runDfuse(["flash", file, "--simulate", CHIP, ...more]);
      assertEquals([run.code, run.stdout], [3, ""]);
      assert(run.stderr.includes("fw.dfu.sha256"), run.stderr);
    }
    assertEquals((await flash("--simulate", CHIP, "--sha256", "12")).code, 2);
  }));

Deno.test("dfuse flash fails a board that is not the expected one", async () => {
  const wrong = await flash("--simulate", "stm32f072", "--expect-chip", CHIP);
  assertEquals(wrong.code, 4);
  assert(wrong.stdout.includes("FAIL") && wrong.stdout.includes("expected stm32f405"));
  const dry = await flash("--simulate", "stm32f072", "--expect-chip", CHIP, "--dry-run");
  assertEquals([dry.code, dry.stdout], [4, ""]);
  assert(/expected\s+stm32f405/.test(dry.stderr), dry.stderr);
  const right = ["--expect-chip", "stm32f407", "--expect-ids", "0483:*"];
  assertEquals((await flash("--simulate", CHIP, ...right, "--dry-run")).code, 0);
  assertEquals((await flash("--simulate", CHIP, ...right)).code, 0);
});

Deno.test("dfuse flash job.json does what the job says, and the command line goes first", () =>
  inFolder(async (folder) => {
    await Deno.copyFile(EXAMPLE, `${folder}/fw.dfu`);
    const job = {
      firmware: "fw.dfu",
      all: true,
      simulate: `${CHIP},count=2`,
      journal: "line.jsonl",
      leave: false,
    };
    await Deno.writeTextFile(`${folder}/job.json`, JSON.stringify(job));
    const run = await runDfuse(["flash", `${folder}/job.json`, "--simulate", `${CHIP},count=3`]);
    assertEquals(run.code, 0, run.stderr);
    const lines = (await Deno.readTextFile(`${folder}/line.jsonl`)).trim().split("\n");
    assertEquals(lines.map((line) => parseAttempt(line)?.finalState), Array(3).fill("boot-loader"));
    await Deno.writeTextFile(`${folder}/job.json`, `{"firmware": "fw.dfu",\n "jobs": "two"}`);
    const wrong = await runDfuse(["flash", `${folder}/job.json`]);
    assertEquals(wrong.code, 2);
    assert(/line 2, \$\.jobs\s+is "two"/.test(wrong.stderr), wrong.stderr);
  }));

Deno.test("dfuse flash --detach moves the programs on all ports, one line of the journal for each unit", () =>
  inFolder(async (folder) => {
    for (const [index, mode] of [["--all"], ["--watch", "--no-leave"]].entries()) {
      const path = `${folder}/${index}.jsonl`;
      const units = mode.includes("--watch") ? 5 : 2;
      const spec = `${CHIP},runtime=${index === 0 ? "waits" : "detaches"},count=2,units=${units}`;
      const run = await flash(...mode, "--detach", "--simulate", spec, "--journal", path);
      assertEquals(run.code, 0, run.stderr);
      const lines = (await Deno.readTextFile(path)).trim().split("\n").map(parseAttempt);
      assertEquals(lines.map((line) => line?.result), Array(units).fill("passed"));
      assertEquals(new Set(lines.map((line) => line?.serial)).size, units);
    }
  }));

Deno.test("dfuse flash leaves programs alone on all ports without --detach", async () => {
  const run = await flash("--all", "--simulate", `${CHIP},runtime=waits,count=2`);
  assertEquals(run.code, 6, run.stdout);
  assert(run.stderr.includes("Cannot find a device in DFU mode"), run.stderr);
});

Deno.test("dfuse flash --detach says on which ports it is not sound, and what to do instead", async () => {
  const simulated = ["--simulate", `${CHIP},runtime=waits`];
  const cases: [string[], string, string][] = [
    [["--watch", ...simulated], "looks like the next one", "Add --no-leave"],
    [["--watch", "--device", "0483:5740"], "looks like the next one", "Add --no-leave"],
    [["--all"], "would leave their programs, too", "--device 0483:5740"],
    [["--watch", "--no-leave"], "would leave their programs, too", "--device 0483:5740"],
  ];
  for (const [args, message, hint] of cases) {
    const { code, stdout, stderr } = await flash("--detach", ...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    const text = stderr.replaceAll(/\s+/g, " ");
    assert(text.includes(message) && text.includes(hint), stderr);
  }
});

Deno.test("dfuse flash refuses options that contradict each other", async () => {
  const cases = [
    ["--all", "--watch"],
    ["--jobs", "0"],
    ["--port-name", "A"],
    ["--expect-ids", "x"],
    ["--place", "n=0x08010100:counter:7"],
    ["--unit-data", "x", "--place", "n=0x08010100:counter:7", "--no-verify"],
    ["--unit-data", "x"],
  ];
  for (const args of cases) {
    const run = await flash("--simulate", CHIP, ...args);
    assertEquals([run.code, run.stdout], [2, ""], args.join(" "));
  }
  const unverified = ["--unit-data", "x", "--place", "n=0x08010100:counter:7", "--no-verify"];
  assertEquals((await flash("--simulate", CHIP, "--dry-run", ...unverified)).code, 2);
  assertEquals((await runDfuse(["plan", EXAMPLE, "--chip", CHIP, ...unverified])).code, 2);
});
