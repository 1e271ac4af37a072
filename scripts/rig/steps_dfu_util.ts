import { until } from "./bus.ts";
import { changeByte, dfuseFile, FLASH, program } from "./firmware.ts";
import { expectBytes, expectText, type Step } from "./step.ts";

/**
 * dfu-util was written by others: what it writes and reads proves the simulated boards, and dfuse with them. It sends
 * what is in the file, so sizes here are multiples of four, as this part's flash demands.
 */
export const dfuUtilSteps: readonly Step[] = [
  {
    name: "dfu-util lists the alternate settings",
    async run(guest) {
      const path = await guest.attach("shared");
      const { stdout } = await guest.dfuUtil(["--list"]);
      expectText(stdout, `path="${path}"`);
      expectText(stdout, 'alt=0, name="@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"');
      expectText(stdout, /alt=1, name="@Option Bytes/);
      expectText(stdout, 'serial="STM32FxSTM32"');
    },
  },
  {
    name: "dfu-util writes a binary, dfuse verifies it and finds a changed byte",
    async run(guest) {
      await guest.attach("shared");
      const bytes = program(1, 40_004);
      const file = await guest.write("binary.bin", bytes);
      const changed = await guest.write("changed.bin", changeByte(bytes, 40_000));
      await guest.dfuUtil(["--alt", "0", "--dfuse-address", hex(FLASH), "--download", file]);
      await guest.dfuse(["verify", file, "--address", hex(FLASH)]);
      const { stderr } = await guest.dfuse(["verify", changed, "--address", hex(FLASH)], {
        code: 7,
      });
      expectText(stderr, hex(FLASH + 40_000));
    },
  },
  {
    name: "dfu-util writes a DfuSe file of several elements, dfuse verifies it",
    async run(guest) {
      await guest.attach("shared");
      const elements = [
        { address: FLASH, data: program(2, 10_000) },
        { address: FLASH + 0x8000, data: program(3, 5_000) },
        { address: FLASH + 0x10000, data: program(4, 20_004) },
      ];
      const file = await guest.write("elements.dfu", dfuseFile(elements));
      await guest.dfuUtil(["--alt", "0", "--download", file]);
      await guest.dfuse(["verify", file]);
    },
  },
  {
    name: "dfuse flashes, dfu-util reads the same",
    async run(guest) {
      await guest.attach("shared");
      const bytes = program(5, 70_001);
      const file = await guest.write("flashed.bin", bytes);
      await guest.dfuse(["flash", file, "--address", hex(FLASH), "--no-leave"]);
      const range = `${hex(FLASH)}:${bytes.length}`;
      const read = guest.path("read.bin");
      await guest.dfuUtil(["--alt", "0", "--dfuse-address", range, "--upload", read]);
      expectBytes(await guest.read("read.bin"), bytes);
    },
  },
  {
    name: "dfu-util starts the program",
    async run(guest) {
      await guest.attach("shared");
      const file = await guest.write("started.bin", program(6, 4_000));
      const address = `${hex(FLASH)}:leave`;
      await guest.dfuUtil(["--alt", "0", "--dfuse-address", address, "--download", file]);
      await until(
        "the board to leave",
        async () => (await guest.attachedPaths()).length === 0 || undefined,
      );
    },
  },
];

function hex(address: number): string {
  return `0x${address.toString(16).toUpperCase().padStart(8, "0")}`;
}
