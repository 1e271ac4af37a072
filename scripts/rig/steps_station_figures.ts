import type { BoardName } from "./boards.ts";
import { FLASH, program } from "./firmware.ts";
import type { Guest } from "./guest.ts";
import type { TransferLine } from "./simulator_process.ts";
import { expect, type Step } from "./step.ts";

const SIZE = 256 * 1024;

/** As slow as real ones. All are served by one process, so that their clocks can be compared. */
const LINE: readonly BoardName[] = [
  "line1",
  "line2",
  "line3",
  "line4",
  "line5",
  "line6",
  "line7",
  "line8",
];

/** At most so many times the time of one board. */
const MOST_FOR_ALL = 1.3;

/** Many boards by one command, in real time: what they wait for is their own flash, not each other. */
export const stationFigureSteps: readonly Step[] = [
  {
    name: `Flash of ${SIZE / 1024} KiB to ${LINE.length} boards at once, in real time`,
    async run(guest) {
      const one = await flashAll(guest, LINE.slice(0, 1), 51);
      const all = await flashAll(guest, LINE, 52);
      const ratio = all.ms / one.ms;
      guest.say(`     one board ${describe(one)}; ${LINE.length} boards ${describe(all)}`);
      guest.say(`     ${ratio.toFixed(3)} times on the boards (at most ${MOST_FOR_ALL})`);
      expect(ratio <= MOST_FOR_ALL, `at most ${MOST_FOR_ALL} times the time of one board`);
    },
  },
];

interface Measured {
  /** From the first request to any board to the last one. */
  readonly ms: number;
  /** Of the whole process; to be told only, as it has times of the computer outside in it. */
  readonly seconds: number;
  readonly transfers: number;
}

/** All boards at once get contents that they do not have. */
async function flashAll(
  guest: Guest,
  boards: readonly BoardName[],
  seed: number,
): Promise<Measured> {
  const file = await guest.write("firmware.bin", program(seed, SIZE));
  for (const board of boards) await guest.attach(board);
  const before = await Promise.all(boards.map((board) => guest.transfersOf(board)));
  const { seconds } = await guest.dfuse([
    ...["flash", file, "--address", `0x0${FLASH.toString(16)}`, "--all", "--no-leave"],
  ]);
  const after = await Promise.all(boards.map((board) => guest.transfersOf(board)));
  await guest.detachAll();
  const transfers: TransferLine[] = after.flatMap((lines, index) =>
    lines.slice(before[index]!.length)
  );
  const startMs = Math.min(...transfers.map(({ startMs }) => startMs));
  const endMs = Math.max(...transfers.map(({ endMs }) => endMs));
  return { ms: endMs - startMs, seconds, transfers: transfers.length };
}

function describe({ ms, seconds, transfers }: Measured): string {
  return `${ms.toFixed(0)} ms in ${transfers} transfers (${seconds.toFixed(1)} s with its start)`;
}
