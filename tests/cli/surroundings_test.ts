import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "../../scripts/tasks.ts";
import { dfuseCommand, runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = fromFileUrl(new URL("../../examples/example.dfu", import.meta.url));

Deno.test("dfuse needs no home folder and no temporary folder to plan", async () => {
  const usual = await runDfuse(["plan", EXAMPLE, "--chip", "stm32f405"]);
  const bare = await runDfuse(["plan", EXAMPLE, "--chip", "stm32f405"], {
    env: { HOME: "", TMPDIR: "/nonexistent" },
  });
  assertEquals(bare, usual);
});

Deno.test("dfuse works from any folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.copyFile(EXAMPLE, `${folder}/a.dfu`);
    const run = await runDfuse(["info", "a.dfu"], { cwd: folder });
    assertEquals(run.code, 0);
    assertEquals(run.stdout.split("\n")[0], "a.dfu");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "dfuse ends quietly when its reader has seen enough",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const start = dfuseCommand().map((word) => `'${word}'`).join(" ");
    const script =
      `set -o pipefail; ${start} chips | head -1; echo "$?"; ${start} chips >&-; echo "$?"`;
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", script],
      env: { NO_COLOR: "1" },
    }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assertEquals(lines.slice(1), ["0", "0"]);
    assert(lines[0]!.length > 0);
    assertEquals(new TextDecoder().decode(stderr), "");
  },
});

Deno.test({
  name: "dfuse leaves no USB addon in the temporary folder",
  // Windows keeps the file of a loaded addon, and names its temporary folder otherwise.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Promise.all([1, 2, 3].map(() => runDfuse(["doctor"], { env: { TMPDIR: folder } })));
      const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      assertEquals(left.filter((name) => !/^deno-compile-.*\.cache$/.test(name)), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
