import { assert, assertEquals, assertRejects } from "@std/assert";
import { checkFiles } from "../../src/cli/station_firmware.ts";
import { FirmwareError, UsageError } from "../../src/errors.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";
import { inFolder } from "../station/folder.ts";

const EXAMPLE = "examples/example.dfu";
const SUM = "0b7b1428632de32a409936a955e3cad65f9a69f69f698ddf27ba4815f37c77e0";
const OTHER = "0".repeat(64);
const CHIP = "stm32f405";
/** Made for the tests of checkFirmware(); it has signed something else. */
const KEY = "RWS9yt3faSvcA/awi/GXgT16QuVNJCnhp4fAJYTrEuVl6w0zOFnfBL7O";

/** All ways to ask what a flash would do. */
const WAYS: readonly (readonly string[])[] = [
  ["plan", "--chip", CHIP],
  ["plan", "--simulate", CHIP],
  ["flash", "--dry-run", "--simulate", CHIP],
];

Deno.test("dfuse plan and flash --dry-run refuse a file that a flash would refuse", () =>
  inFolder(async (folder) => {
    const file = `${folder}/fw.dfu`;
    await Deno.copyFile(EXAMPLE, file);
    for (const [command, ...target] of WAYS) {
      const run = (...more: readonly string[]) => runDfuse([command!, file, ...target, ...more]);
      const wrong = await run("--sha256", OTHER);
      assertEquals([wrong.code, wrong.stdout], [3, ""], wrong.stderr);
      assert(wrong.stderr.includes("(--sha256)"), wrong.stderr);
      assertEquals((await run("--sha256", SUM)).code, 0);
      const unsigned = await run("--public-key", KEY, "--json");
      assertEquals(unsigned.code, 3, unsigned.stderr);
      const { schema, error, facts } = JSON.parse(unsigned.stdout);
      assertEquals([schema, error, facts.path], ["dfuse.error/1", "FirmwareError", file]);
      const keyless = await run("--public-key", "no.pub");
      assertEquals(keyless.code, 2);
      assert(keyless.stderr.includes("Cannot read no.pub: there is no such file"), keyless.stderr);
    }
    await Deno.writeTextFile(`${file}.sha256`, `${OTHER}  fw.dfu\n`);
    for (const [command, ...target] of WAYS) {
      assertEquals((await runDfuse([command!, file, ...target])).code, 3);
    }
  }));

Deno.test("dfuse verify compares with no file that a flash would refuse", () =>
  inFolder(async (folder) => {
    const file = `${folder}/fw.dfu`;
    const board = `${CHIP},image=${folder}/board.img`;
    await Deno.copyFile(EXAMPLE, file);
    assertEquals((await runDfuse(["flash", file, "--simulate", board])).code, 0);
    const verify = (...more: readonly string[]) =>
      runDfuse(["verify", file, "--simulate", board, ...more]);
    assertEquals((await verify("--sha256", SUM)).code, 0);
    for (const proof of [["--sha256", OTHER], ["--public-key", KEY]]) {
      const refused = await verify(...proof);
      assertEquals([refused.code, refused.stdout], [3, ""], refused.stderr);
    }
    await Deno.writeTextFile(`${file}.sha256`, `${SUM}  fw.dfu\n`);
    assertEquals((await verify()).code, 0);
    await Deno.writeTextFile(`${file}.sha256`, `${OTHER}  fw.dfu\n`);
    const changed = await verify();
    assertEquals([changed.code, changed.stdout], [3, ""], changed.stderr);
  }));

Deno.test("dfuse flash job.json --dry-run checks the sum in the job", () =>
  inFolder(async (folder) => {
    await Deno.copyFile(EXAMPLE, `${folder}/fw.dfu`);
    const job = `${folder}/job.json`;
    for (const [sha256, code] of [[SUM, 0], [OTHER, 3]] as const) {
      await Deno.writeTextFile(job, JSON.stringify({ firmware: "fw.dfu", simulate: CHIP, sha256 }));
      assertEquals((await runDfuse(["flash", job, "--dry-run"])).code, code);
    }
  }));

Deno.test("checkFiles() gives what it has checked, and leaves alone what it need not read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/fw.dfu`;
    const bytes = await Deno.readFile(EXAMPLE);
    await Deno.writeFile(path, bytes);
    const plain = { path, address: 0x08000000 };
    const check = (files: [typeof plain, ...typeof plain[]], flags = {}) =>
      checkFiles({ files, title: "fw" }, flags);
    assertEquals((await check([plain])).files, [plain]);
    assertEquals((await check([plain], { sha256: SUM })).files, [{ ...plain, bytes }]);
    await assertRejects(() => check([plain, plain], { sha256: SUM }), UsageError, "--sha256");
    await Deno.writeTextFile(`${path}.sha256`, `${SUM}  fw.dfu\n`);
    assertEquals((await check([plain])).files, [{ ...plain, bytes }]);
    await Deno.writeTextFile(`${path}.sha256`, `${OTHER}  fw.dfu\n`);
    await assertRejects(() => check([plain]), FirmwareError, "fw.dfu.sha256");
  }));
