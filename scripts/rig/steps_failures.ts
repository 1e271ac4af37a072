import { dfuseFile, FLASH, program } from "./firmware.ts";
import { NOBODY } from "./guest.ts";
import { expect, expectText, reportOf, type Step } from "./step.ts";

const FILE = dfuseFile([{ address: FLASH, data: program(31, 40_000) }]);

/** What goes wrong on a real bus, and that a second run repairs it. */
export const failureSteps: readonly Step[] = [
  {
    name: "Unplugged in the middle of a write, then flashed again",
    async run(guest) {
      await guest.attach("slow");
      const file = await guest.write("file.dfu", FILE);
      const code = 6;
      const flashing = guest.startDfuse(["flash", file, "--json", "--no-leave"], { code });
      await guest.sent("slow", "write", 4);
      await guest.detachAll();
      const report = reportOf((await flashing.finish()).stdout);
      expect(report.outcome === "failed", "the outcome failed");
      expect(report.finalState === "lost", "the device lost");
      await guest.attach("slow");
      await guest.dfuse(["verify", file], { code: 7 });
      await guest.dfuse(["flash", file, "--no-leave"]);
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "A board that leaves by itself, then flashed again",
    async run(guest) {
      await guest.attach("leaving");
      const file = await guest.write("file.dfu", FILE);
      await guest.dfuse(["flash", file, "--no-leave"], { code: 6 });
      await guest.attach("leaving");
      await guest.dfuse(["flash", file]);
    },
  },
  {
    name: "A board that does not answer once, then flashed again",
    async run(guest) {
      await guest.attach("silent");
      const file = await guest.write("file.dfu", FILE);
      const { stderr } = await guest.dfuse(["flash", file, "--no-leave"], { code: 6 });
      expectText(stderr, "did not");
      await guest.dfuse(["flash", file, "--no-leave"]);
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "A boot loader that stalls requests at random",
    async run(guest) {
      await guest.attach("stalling");
      const file = await guest.write("file.dfu", FILE);
      await guest.dfuse(["flash", file, "--no-leave"]);
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "Another user may not open the board, and is told what to do",
    async run(guest) {
      await guest.attach("left");
      const file = await guest.write("file.dfu", FILE);
      await guest.letInOthers();
      const listed = await guest.dfuse(["list"], { user: NOBODY });
      expectText(listed.stdout, /permission|access/i);
      const { stderr } = await guest.dfuse(["flash", file], { code: 6, user: NOBODY });
      expectText(stderr, "udev");
    },
  },
];
