import { until } from "./bus.ts";
import { changeByte, dfuseFile, FLASH, program } from "./firmware.ts";
import type { Guest } from "./guest.ts";
import { expect, expectBytes, expectText, reportOf, type Step } from "./step.ts";

const PROGRAM = [
  { address: FLASH, data: program(11, 12_345) },
  // In the same page as the end of the first, as settings often are.
  { address: FLASH + 0x3F00, data: program(12, 64) },
  { address: FLASH + 0x10000, data: program(13, 20_000) },
];
const CHANGED = [
  PROGRAM[0]!,
  PROGRAM[1]!,
  { address: FLASH + 0x10000, data: changeByte(PROGRAM[2]!.data, 19_999) },
];
/** Of the page in which the changed byte is, in bytes. */
const CHANGED_PAGE = 64 * 1024;
/** Of the small board. */
const SMALL_PAGE = 1024;

const OPTION_BYTES = 0x1FFFC000;

/** What a board goes through in the hands of dfuse. */
export const dfuseSteps: readonly Step[] = [
  {
    name: "dfuse lists the board",
    async run(guest) {
      const path = await guest.attach("main");
      const { stdout } = await guest.dfuse(["list"]);
      expectText(stdout, path);
      expectText(stdout, "0483:df11");
      expectText(stdout, "STM32FxSTM32");
      expectText(stdout, "Internal Flash");
      const { devices } = JSON.parse((await guest.dfuse(["list", "--json"])).stdout);
      expect(devices.length === 1 && devices[0].path === path, `one device at ${path}`);
    },
  },
  {
    name: "dfuse plans for the board and changes nothing",
    async run(guest) {
      await guest.attach("main");
      const file = await guest.write("program.dfu", dfuseFile(PROGRAM));
      const { stdout } = await guest.dfuse(["plan", file]);
      expectText(stdout, "erase, write");
      const dry = await guest.dfuse(["flash", file, "--dry-run"]);
      expectText(dry.stdout, "erase, write");
      await guest.dfuse(["verify", file], { code: 7 });
    },
  },
  {
    name: "dfuse flashes a DfuSe file and starts it",
    async run(guest) {
      await guest.attach("main");
      const report = await flash(guest, { elements: PROGRAM });
      expect(report.outcome === "done", "the outcome done");
      expect(report.finalState === "left", "the program started");
      await until(
        "the board to leave",
        async () => (await guest.attachedPaths()).length === 0 || undefined,
      );
    },
  },
  {
    name: "dfuse flashes what changed, and only that",
    async run(guest) {
      await guest.attach("main");
      await flash(guest, { elements: PROGRAM, more: ["--no-leave"] });
      const report = await flash(guest, { elements: CHANGED, more: ["--no-leave"] });
      expect(report.outcome === "done", "the outcome done");
      expect(report.bytes.erased === CHANGED_PAGE, `one page erased, not ${report.bytes.erased}`);
      const again = await flash(guest, { elements: CHANGED, more: ["--no-leave"] });
      expect(again.outcome === "nothing-to-do", `nothing to do, not ${again.outcome}`);
      expect(again.bytes.erased + again.bytes.written === 0, "nothing erased or written");
    },
  },
  {
    name: "dfuse verifies, reads back and compares",
    async run(guest) {
      await guest.attach("main");
      const file = await guest.write("changed.dfu", dfuseFile(CHANGED));
      await guest.dfuse(["flash", file, "--no-leave"]);
      await guest.dfuse(["verify", file]);
      const out = guest.path("back.bin");
      const where = ["--address", "0x08010000", "--size", "20000"];
      await guest.dfuse(["read", out, ...where]);
      expectBytes(await guest.read("back.bin"), CHANGED[2]!.data);
      const all = guest.path("back.dfu");
      await guest.dfuse(["read", all, "--size", "20K"]);
      await guest.dfuse(["verify", all]);
    },
  },
  {
    name: "dfuse erases a page, and then everything",
    async run(guest) {
      await guest.attach("small");
      const out = guest.path("memory.bin");
      await guest.dfuse(["read", out]);
      const wanted = await guest.read("memory.bin");
      await guest.dfuse(["erase", "--page", "0x08000600"]);
      await guest.dfuse(["read", out, "--force"]);
      expectBytes(await guest.read("memory.bin"), wanted.fill(0xFF, SMALL_PAGE, 2 * SMALL_PAGE));
      await guest.dfuse(["erase", "--all"]);
      await guest.dfuse(["read", out, "--force"]);
      expectBytes(await guest.read("memory.bin"), wanted.fill(0xFF));
    },
  },
  {
    name: "dfuse writes option bytes, after which the board resets",
    async run(guest) {
      await guest.attach("main");
      const out = guest.path("option.bin");
      await guest.dfuse(["read", out, "--alternate", "1"]);
      const data = changeByte(await guest.read("option.bin"), 8);
      const elements = [{ address: OPTION_BYTES, data }];
      const more = ["--allow-special"];
      const report = await flash(guest, { elements, alternate: 1, more });
      expect(report.finalState === "reset", `a reset, not ${report.finalState}`);
      await until(
        "the board to reset",
        async () => (await guest.attachedPaths()).length === 0 || undefined,
      );
      await guest.attach("main");
      await guest.dfuse(["read", out, "--force", "--alternate", "1"]);
      expectBytes(await guest.read("option.bin"), data);
    },
  },
];

async function flash(
  guest: Guest,
  what: {
    readonly elements: typeof PROGRAM;
    readonly alternate?: number;
    readonly more?: readonly string[];
  },
) {
  const { elements, alternate = 0, more = [] } = what;
  const file = await guest.write("flash.dfu", dfuseFile(elements, alternate));
  const { stdout } = await guest.dfuse(["flash", file, "--json", ...more]);
  return reportOf(stdout);
}
