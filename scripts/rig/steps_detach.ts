import { until } from "./bus.ts";
import { dfuseFile, FLASH, program } from "./firmware.ts";
import { expect, expectText, reportOf, type Step } from "./step.ts";

const FILE = dfuseFile([{ address: FLASH, data: program(41, 6_000) }]);

const PROGRAM_IDS = "0483:5740";
const LOADER_IDS = "0483:df11";

/** Boards that run a program with a DFU runtime interface. */
export const detachSteps: readonly Step[] = [
  {
    name: "A board that runs its program is listed with the remedy, and left alone without it",
    async run(guest) {
      const path = await guest.attach("detaching");
      const { stdout, stderr } = await guest.dfuse(["list"]);
      expectText(stdout, path);
      expectText(stdout, PROGRAM_IDS);
      expectText(stdout, "runs its program");
      expectText(stderr, "--detach");
      const { devices } = JSON.parse((await guest.dfuse(["list", "--json"])).stdout);
      expect(devices[0]?.mode === "runtime", "the mode runtime");
      const file = await guest.write("file.dfu", FILE);
      const refused = await guest.dfuse(["flash", file], { code: 6 });
      expectText(refused.stderr, "running its program");
      expectText(refused.stderr, "--detach");
      const asked = await guest.transfersOf("detaching");
      expect(asked.every(({ name }) => name !== "DETACH"), "no DETACH");
    },
  },
  {
    name: "A program that detaches by itself is flashed by one command, and runs again",
    async run(guest) {
      const path = await guest.attach("detaching");
      const file = await guest.write("file.dfu", FILE);
      const flashing = guest.startDfuse(["flash", file, "--detach", "--json"]);
      await guest.reattach("detaching", path);
      const report = reportOf((await flashing.finish()).stdout);
      expect(report.finalState === "left", "the program started");
      await guest.reattach("detaching", path);
      expectText((await guest.dfuse(["list"])).stdout, PROGRAM_IDS);
      const verifying = guest.startDfuse(["verify", file, "--detach"]);
      await guest.reattach("detaching", path);
      await verifying.finish();
    },
  },
  {
    name: "A program that waits for a bus reset is flashed by one command, with nobody's help",
    async run(guest) {
      const path = await guest.attach("waiting");
      const file = await guest.write("file.dfu", FILE);
      const flashed = await guest.dfuse(["flash", file, "--detach", "--json", "--no-leave"]);
      expect(reportOf(flashed.stdout).finalState === "boot-loader", "the boot loader");
      const { devices } = JSON.parse((await guest.dfuse(["list", "--json"])).stdout);
      expect(devices[0]?.usb === LOADER_IDS, `${LOADER_IDS}, found ${devices[0]?.usb}`);
      expect(devices[0]?.path === path, `${path}, found ${devices[0]?.path}`);
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "dfu-util resets a program that waits for it, and finds the boot loader",
    async run(guest) {
      await guest.attach("waiting");
      await guest.dfuUtil(["--detach", "--device", PROGRAM_IDS]);
      const listed = await until("the boot loader", async () => {
        const { stdout } = await guest.dfuUtil(["--list"]);
        return stdout.includes(`[${LOADER_IDS}]`) ? stdout : undefined;
      });
      expectText(listed, "@Internal Flash");
    },
  },
  {
    name:
      "All boards whose programs are meant are flashed at once, each with one line of the journal",
    async run(guest) {
      // No board that leaves the bus is among them: usbip cannot attach while others enumerate.
      const paths = [await guest.attach("waiting"), await guest.attach("waitingToo")];
      await guest.attach("left");
      const file = await guest.write("file.dfu", FILE);
      const journal = guest.path("detached.jsonl");
      const args = ["flash", file, "--all", "--detach", "--journal", journal, "--no-leave"];
      expectText((await guest.dfuse(args, { code: 2 })).stderr, "--device");
      await guest.dfuse([...args, "--device", PROGRAM_IDS]);
      const lines = new TextDecoder().decode(await guest.read("detached.jsonl")).trim().split("\n");
      const attempts = lines.map((line) => JSON.parse(line));
      const found = attempts.map(({ path, result }) => `${path} ${result}`).sort().join();
      const wanted = paths.map((path) => `${path} passed`).sort().join();
      expect(found === wanted, `${wanted}, found ${found}`);
      for (const path of paths) await guest.dfuse(["verify", file, "--device", path]);
    },
  },
  {
    name: "Programs come and go at a watched port, and each board is flashed once",
    async run(guest) {
      const file = await guest.write("file.dfu", FILE);
      const journal = guest.path("watched.jsonl");
      const options = ["--watch", "--detach", "--device", PROGRAM_IDS, "--no-leave", "--json"];
      const watching = guest.startDfuse(["flash", file, ...options, "--journal", journal]);
      const says = (state: string, count: number) =>
        until(`${state}, ${count} times`, () => {
          const times = watching.printed().split(`"state":"${state}"`).length - 1;
          return Promise.resolve(times >= count || undefined);
        });
      for (const [index, board] of (["waiting", "waitingToo"] as const).entries()) {
        const path = await guest.attach(board);
        await says("passed", index + 1);
        await guest.detach(path);
        await says("waiting", index + 1);
      }
      watching.interrupt();
      await watching.finish();
      const lines = new TextDecoder().decode(await guest.read("watched.jsonl")).trim().split("\n");
      const results = lines.map((line) => JSON.parse(line).result).join();
      expect(results === "passed,passed", `a line for each board, found ${results}`);
    },
  },
];
