import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";
const F405 = "stm32f405";

/** A folder of its own, removed afterwards, for parts that keep their memory between runs. */
async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function events(stdout: string): Record<string, unknown>[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("dfuse flash puts a file onto a simulated part, verifies and starts it", async () => {
  const run = await runDfuse(["flash", EXAMPLE, "--simulate", F405]);
  assertEquals(run.code, 0, run.stderr);
  assertStringIncludes(run.stdout, "Done: 80 KiB erased, 20.9 KiB written, 31.6 KiB verified");
  assertStringIncludes(run.stdout.replaceAll(/\s+/g, " "), "The program was started.");
  assertStringIncludes(run.stderr, "verify  31.6 KiB in ");
});

Deno.test("dfuse refuses options that contradict each other before it looks for a device", async () => {
  const cases = {
    "--erase all --preserve": "Cannot combine --erase all with --preserve",
    "--preserve --alternate 256": "Cannot use alternate setting 256",
    "--leave --no-leave": 'Option "--leave" can only occur once',
    "--no-leave --leave 0x08000000": 'Option "--leave" can only occur once',
    "--chip stm32f405 --chip stm32f407": 'Option "--chip" can only occur once',
  };
  for (const [options, error] of Object.entries(cases)) {
    for (const command of ["flash", "flash --dry-run", "flash --watch", "plan"]) {
      const args = [...command.split(" "), EXAMPLE, ...options.split(" ")];
      const run = await runDfuse([...args, "--device", "no-such-serial"]);
      assertEquals([run.code, run.stdout], [2, ""], args.join(" "));
      assertStringIncludes(run.stderr.replaceAll(/\s+/g, " "), error);
    }
  }
});

Deno.test("dfuse flash --detach brings a program into its boot loader, and tells of it without", async () => {
  for (const runtime of ["detaches", "waits"]) {
    const part = ["--simulate", `${F405},runtime=${runtime}`];
    const refused = await runDfuse(["flash", EXAMPLE, ...part]);
    assertEquals([refused.code, refused.stdout], [6, ""]);
    assertStringIncludes(refused.stderr, "found 1 running its program");
    assertStringIncludes(refused.stderr, "Add --detach");
    const run = await runDfuse(["flash", EXAMPLE, ...part, "--detach"]);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stdout, "Done: 80 KiB erased");
  }
});

Deno.test("dfuse flash twice has nothing to do the second time, and verify agrees", async () => {
  await withFolder(async (folder) => {
    const part = ["--simulate", `${F405},image=${folder}/part.img`];
    const verifyBefore = await runDfuse(["verify", EXAMPLE, ...part]);
    assertEquals(verifyBefore.code, 7);
    assertStringIncludes(verifyBefore.stderr, "0x08000000 holds 0x");
    assertEquals((await runDfuse(["flash", EXAMPLE, ...part])).code, 0);
    const again = await runDfuse(["flash", EXAMPLE, ...part]);
    assertEquals(again.code, 0);
    assertStringIncludes(again.stdout, "Nothing to do");
    assertEquals((await runDfuse(["verify", EXAMPLE, ...part])).code, 0);
  });
});

Deno.test("dfuse read refuses a file that cannot be made before it looks for a device", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.mkdir(`${folder}/locked`, { mode: 0o500 });
    const cases = {
      "missing/out.bin": "there is no such folder",
      "file/out.bin": "there is no such folder",
      // Nothing is forbidden to root, nor on Windows by this mode.
      ...(isForbidden(`${folder}/locked`) ? { "locked/out.bin": "permission denied" } : {}),
    };
    for (const [name, reason] of Object.entries(cases)) {
      const out = `${folder}/${name}`;
      const run = await runDfuse(["read", out, "--device", "no-such-serial"]);
      assertEquals([run.code, run.stdout], [2, ""], name);
      assertStringIncludes(run.stderr.replaceAll("\n  ", " "), `Cannot write ${out}: ${reason}`);
    }
    // Looking leaves nothing behind.
    await runDfuse(["read", `${folder}/out.bin`, "--device", "no-such-serial"]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["file", "locked"]);
  });
});

function isForbidden(folder: string): boolean {
  try {
    Deno.writeTextFileSync(`${folder}/try`, "");
    Deno.removeSync(`${folder}/try`);
    return false;
  } catch {
    return true;
  }
}

Deno.test("dfuse read gets back what flash wrote, in both formats, and replaces no file unasked", async () => {
  await withFolder(async (folder) => {
    const part = ["--simulate", `${F405},image=${folder}/part.img`];
    await runDfuse(["flash", EXAMPLE, ...part]);
    const dfu = await runDfuse(["read", `${folder}/all.dfu`, ...part]);
    assertEquals(dfu.code, 0, dfu.stderr);
    const verified = await runDfuse(["verify", `${folder}/all.dfu`, ...part]);
    assertEquals(verified.code, 0, verified.stderr);
    const range = ["--address", "0x08003F00", "--size", "64"];
    const bin = await runDfuse(["read", `${folder}/part.bin`, ...range, ...part]);
    assertEquals(bin.code, 0, bin.stderr);
    const bytes = await Deno.readFile(`${folder}/part.bin`);
    const file = await Deno.readFile(EXAMPLE);
    assertEquals(bytes, file.slice(12646, 12646 + 64));
    const json = await runDfuse(["read", `${folder}/json.bin`, ...range, ...part, "--json"]);
    const { durationMs: _, ...report } = JSON.parse(json.stdout.trim().split("\n").at(-1)!);
    const path = `${folder}/json.bin`;
    assertEquals(report, { event: "report", outcome: "done", exitCode: 0, file: path, size: 64 });
    const twice = await runDfuse(["read", `${folder}/part.bin`, ...range, ...part]);
    assertEquals(twice.code, 2);
    assertStringIncludes(twice.stderr, "--force");
  });
});

Deno.test("dfuse erase takes pages, ranges of whole pages and everything, and nothing else", async () => {
  await withFolder(async (folder) => {
    const part = ["--simulate", `${F405},image=${folder}/part.img`];
    const page = await runDfuse(["erase", "--page", "0x08005000", ...part]);
    assertEquals(page.code, 0, page.stderr);
    assertStringIncludes(page.stdout, "16 KiB erased");
    const bin = `${folder}/page.bin`;
    const range = ["--address", "0x08004000", "--size", "16K"];
    await runDfuse(["read", bin, ...range, ...part]);
    assert((await Deno.readFile(bin)).every((byte) => byte === 0xFF));
    const half = await runDfuse(["erase", "--address", "0x08004000", "--size", "8K", ...part]);
    assertEquals(half.code, 4);
    assertStringIncludes(half.stderr, "0x08004000..0x08008000");
    assertEquals((await runDfuse(["erase", ...part])).code, 2);
    const all = await runDfuse(["erase", "--all", ...part]);
    assertStringIncludes(all.stdout, "1 MiB erased");
  });
});

Deno.test("dfuse flash --dry-run prints the plan and changes nothing", async () => {
  await withFolder(async (folder) => {
    const part = ["--simulate", `${F405},image=${folder}/part.img`];
    const dry = await runDfuse(["flash", EXAMPLE, "--dry-run", ...part]);
    assertEquals(dry.code, 0, dry.stderr);
    assertStringIncludes(dry.stdout, "0x08000000  1 x 16 KiB  erase, write 12.1 KiB of 16 KiB");
    const plan = await runDfuse(["plan", EXAMPLE, ...part]);
    assertEquals(plan.stdout, dry.stdout);
    assertEquals((await runDfuse(["verify", EXAMPLE, ...part])).code, 7);
  });
});

Deno.test("dfuse flash --json tells events in order, and a report last", async () => {
  const run = await runDfuse(["flash", EXAMPLE, "--simulate", F405, "--json"]);
  assertEquals(run.stderr, "");
  const list = events(run.stdout);
  assertEquals(list[0]!["event"], "device");
  const stages = list.filter((event) => event["event"] === "stage").map((event) => event["stage"]);
  assertEquals(stages, ["survey", "erase", "write", "verify", "leave"]);
  const last = list.at(-1)!;
  assertEquals([last["event"], last["outcome"], last["exitCode"]], ["report", "done", 0]);
  assertEquals(last["bytes"], { read: 0, erased: 81920, written: 21412, verified: 32409 });
  const planAt = list.findIndex((event) => event["event"] === "plan");
  assert(planAt > 0 && list.slice(0, planAt).every((event) => event["stage"] !== "erase"));
});

const FAULTS: readonly (readonly [spec: string, code: number, says: string])[] = [
  [`${F405},rdp=1`, 5, "read-protected"],
  [`${F405},wrp=0x08010000`, 7, "0x08010000"],
  [`${F405},fault=disconnect@30`, 6, "run the same command"],
  [`${F405},fault=timeout@30`, 6, ""],
];

for (const [spec, code, says] of FAULTS) {
  Deno.test(`dfuse flash --simulate ${spec} ends with exit code ${code}`, async () => {
    const run = await runDfuse(["flash", EXAMPLE, "--simulate", spec]);
    assertEquals(run.code, code, run.stderr);
    assertStringIncludes((run.stdout + run.stderr).replaceAll(/\s+/g, " "), says);
    assert(run.stderr.includes("error: "), run.stderr);
    const json = await runDfuse(["flash", EXAMPLE, "--simulate", spec, "--json"]);
    const last = events(json.stdout).at(-1)!;
    assertEquals([json.code, last["event"], last["exitCode"]], [code, "report", code]);
  });
}

Deno.test("dfuse flash refuses a file for other memory, and the device stays untouched", async () => {
  const run = await runDfuse(["flash", EXAMPLE, "--simulate", "stm32f042", "--json"]);
  assertEquals(run.code, 4);
  const last = events(run.stdout).at(-1)!;
  assertEquals([last["event"], last["exitCode"]], ["error", 4]);
});

Deno.test("dfuse flash --vdd tells the part its voltage, and is faster; others have no such thing", async () => {
  const slow = await runDfuse(["flash", EXAMPLE, "--simulate", F405, "--json"]);
  const fast = await runDfuse(["flash", EXAMPLE, "--simulate", F405, "--vdd", "3.3", "--json"]);
  const time = (run: { stdout: string }) =>
    (events(run.stdout).at(-1)!["durations"] as { total: number }).total;
  assertEquals(fast.code, 0, fast.stderr);
  assert(time(fast) * 2 < time(slow), `${time(fast)} ms against ${time(slow)} ms`);
  const none = await runDfuse(["flash", EXAMPLE, "--simulate", "stm32l476", "--vdd", "3.3"]);
  assertEquals(none.code, 4);
  const wrong = await runDfuse(["flash", EXAMPLE, "--simulate", F405, "--vdd", "12"]);
  assertEquals(wrong.code, 2);
});

Deno.test("dfuse flash --quiet prints nothing when it worked", async () => {
  const run = await runDfuse(["flash", EXAMPLE, "--simulate", F405, "--quiet"]);
  assertEquals(run, { code: 0, stdout: "", stderr: "" });
});
