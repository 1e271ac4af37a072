import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDfuse } from "../../helpers/run_dfuse.ts";
import { readMarkup } from "./markup_reader.ts";

const PLAN = ["plan", "examples/example.dfu", "--chip", "stm32f405"];

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("dfuse plan --svg --html writes the picture of README and a report, and prints as ever", async () => {
  await withFolder(async (folder) => {
    const files = ["--svg", `${folder}/plan.svg`, "--html", `${folder}/plan.html`];
    const run = await runDfuse([...PLAN, ...files]);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(run.stdout, (await runDfuse(PLAN)).stdout);
    const svg = await Deno.readTextFile(`${folder}/plan.svg`);
    assertEquals(svg, await Deno.readTextFile("docs/images/plan.svg"));
    const html = await Deno.readTextFile(`${folder}/plan.html`);
    assertStringIncludes(html, "0b7b1428632de32a409936a955e3cad65f9a69f69f698ddf27ba4815f37c77e0");
  });
});

Deno.test("dfuse plan --svg replaces no file unasked, and says so before it plans", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/plan.svg`;
    await Deno.writeTextFile(file, "mine");
    const refused = await runDfuse([...PLAN, "--svg", file]);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertStringIncludes(refused.stderr, "--force");
    assertEquals(await Deno.readTextFile(file), "mine");
    assertEquals((await runDfuse([...PLAN, "--svg", file, "--force"])).code, 0);
    readMarkup(await Deno.readTextFile(file));
  });
});

Deno.test("dfuse plan --svg draws what a device holds: nothing to do after a flash", async () => {
  await withFolder(async (folder) => {
    const part = ["--simulate", `stm32f405,image=${folder}/part.img`];
    assertEquals((await runDfuse(["flash", "examples/example.dfu", ...part])).code, 0);
    const file = `${folder}/plan.svg`;
    const run = await runDfuse(["plan", "examples/example.dfu", ...part, "--svg", file]);
    assertEquals(run.code, 0, run.stderr);
    const svg = await Deno.readTextFile(file);
    assertStringIncludes(svg, "unchanged: holds the image already · 80 KiB");
    assert(!svg.includes('fill="url(#fill-written)"'));
  });
});

const WRONG: readonly (readonly [args: readonly string[], says: string])[] = [
  [["--svg", "a.svg", "--html", "a.svg"], "twice"],
  [["--svg", "-"], "standard output"],
  [["--html", "no/such/folder/a.html"], "Cannot write"],
];

for (const [args, says] of WRONG) {
  Deno.test(`dfuse plan ${args.join(" ")} is a usage error`, async () => {
    const run = await runDfuse([...PLAN, ...args]);
    assertEquals(run.code, 2, run.stderr);
    assertStringIncludes(run.stderr, says);
  });
}

Deno.test("dfuse plan --svg without a memory to plan for is an error, not a missing file", async () => {
  const run = await runDfuse(["plan", "examples/example.dfu", "--svg", "never.svg"]);
  assertEquals(run.code, 2, run.stderr);
  assertStringIncludes(run.stderr, "--chip");
});
