import { CLONES } from "./boards.ts";
import { until } from "./bus.ts";
import { dfuseFile, FLASH, program } from "./firmware.ts";
import { expect, expectBytes, expectText, type Step } from "./step.ts";

const FILE = dfuseFile([{ address: FLASH, data: program(21, 6_000) }]);
const OTHER_FILE = dfuseFile([{ address: FLASH, data: program(22, 6_000) }]);

/** More than one board at the bus, and boards that are not there yet. */
export const selectionSteps: readonly Step[] = [
  {
    name: "Two boards, one chosen by its USB path and one by its serial number",
    async run(guest) {
      const left = await guest.attach("left");
      await guest.attach("right");
      const file = await guest.write("file.dfu", FILE);
      const other = await guest.write("other.dfu", OTHER_FILE);
      const { stderr } = await guest.dfuse(["flash", file], { code: 2 });
      expectText(stderr, "LEFT");
      expectText(stderr, "RIGHT");
      await guest.dfuse(["flash", file, "--device", left, "--no-leave"]);
      await guest.dfuse(["flash", other, "--device", "RIGHT", "--no-leave"]);
      await guest.dfuse(["verify", file, "--device", "LEFT"]);
      await guest.dfuse(["verify", file, "--device", "RIGHT"], { code: 7 });
    },
  },
  {
    name: "Eight boards with the same serial number, told apart by their USB paths",
    async run(guest) {
      const paths: string[] = [];
      for (const clone of CLONES) paths.push(await guest.attach(clone));
      const file = await guest.write("file.dfu", FILE);
      const ambiguous = await guest.dfuse(["flash", file, "--device", "STM32FxSTM32"], { code: 2 });
      for (const path of paths) expectText(ambiguous.stderr, path);
      const { devices } = JSON.parse((await guest.dfuse(["list", "--json"])).stdout);
      expect(devices.length === CLONES.length, `eight devices, found ${devices.length}`);
      const [first = "", second = ""] = paths;
      await guest.dfuse(["flash", file, "--device", second, "--no-leave"]);
      await guest.dfuse(["verify", file, "--device", second]);
      await guest.dfuse(["verify", file, "--device", first], { code: 7 });
    },
  },
  {
    name: "A board that comes later is waited for",
    async run(guest) {
      const file = await guest.write("file.dfu", FILE);
      await guest.dfuse(["flash", file], { code: 6 });
      const waiting = guest.startDfuse(["flash", file, "--wait", "60", "--no-leave"]);
      await until(
        "dfuse to wait",
        () => Promise.resolve(waiting.printed().includes("Waiting for the device") || undefined),
      );
      await guest.attach("left");
      await waiting.finish();
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "Two runs on one board: the second is turned away and harms nothing",
    async run(guest) {
      await guest.attach("slowest");
      const bytes = program(23, 30_000);
      const file = await guest.write("long.bin", bytes);
      const first = guest.startDfuse(["flash", file, "--address", "0x08000000", "--no-leave"]);
      await guest.sent("slowest", "erase", 1);
      const { stderr } = await guest.dfuse(["flash", file, "--address", "0x08000000"], { code: 6 });
      expectText(stderr, "hint:");
      await first.finish();
      await guest.dfuse(["read", guest.path("long-read.bin"), "--size", "30000"]);
      expectBytes(await guest.read("long-read.bin"), bytes);
    },
  },
];
