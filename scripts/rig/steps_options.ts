import { dfuseFile, FLASH, program } from "./firmware.ts";
import { expect, expectBytes, expectText, type Step } from "./step.ts";

const BYTES = program(71, 6_000);
const FILE = dfuseFile([{ address: FLASH, data: BYTES }]);
const CHIP = ["--chip", "stm32f405"];

/** Boards that reset themselves while dfuse works on them. A virtual one has to be plugged in again then. */
export const optionSteps: readonly Step[] = [
  {
    name: "dfuse sets option bytes, waits for the board to come back, and reads them there",
    async run(guest) {
      const path = await guest.attach("unset");
      const set = ["options", "set", "BOR_LEV=2", "WRP=11", "--json", ...CHIP];
      const setting = guest.startDfuse(set);
      await guest.left(path);
      const back = await guest.attach("unset");
      expect(back === path, `the board to be back at ${path}, not ${back}`);
      const { outcome, hasReset, changes } = JSON.parse((await setting.finish()).stdout);
      expect(outcome === "verified" && hasReset, `a reset and a look at it, not ${outcome}`);
      expect(changes.length === 2, `two changes, not ${changes.length}`);
      const again = JSON.parse((await guest.dfuse(set)).stdout);
      expect(again.outcome === "nothing-to-do", `nothing to do, not ${again.outcome}`);
    },
  },
  {
    name: "dfuse lifts read protection, which erases everything, and flashes the board then",
    async run(guest) {
      const path = await guest.attach("readProtected");
      const file = await guest.write("file.dfu", FILE);
      const refused = await guest.dfuse(["flash", file], { code: 5 });
      expectText(refused.stderr, "dfuse unprotect");
      // Nobody can be asked, so nothing is done.
      await guest.dfuse(["unprotect"], { code: 2 });
      const lifting = guest.startDfuse(["unprotect", "--yes", "--json"]);
      await guest.left(path);
      await guest.attach("readProtected");
      const { outcome } = JSON.parse((await lifting.finish()).stdout);
      expect(outcome === "done", `the outcome done, not ${outcome}`);
      const out = guest.path("erased.bin");
      await guest.dfuse(["read", out, "--size", "64K"]);
      expectBytes(await guest.read("erased.bin"), new Uint8Array(64 * 1024).fill(0xFF));
      await guest.dfuse(["flash", file, "--no-leave"]);
      await guest.dfuse(["read", out, "--size", "6000", "--force"]);
      expectBytes(await guest.read("erased.bin"), BYTES);
    },
  },
];
