import { findChip } from "../../src/chips/chips.ts";
import { eraseTimeMs, programTimeMs } from "../../src/plan/estimate.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import { median } from "../bench/measure.ts";
import { type BoardName, BOARDS } from "./boards.ts";
import type { CommandResult } from "./command.ts";
import { FLASH, program } from "./firmware.ts";
import type { Guest } from "./guest.ts";
import type { TransferLine } from "./simulator_process.ts";
import { expect, type Step } from "./step.ts";

const SIZE = 256 * 1024;
const BLOCK = 2048;
const BYTES = program(41, SIZE);
/** The pages of the board that hold so much, in bytes. */
const PAGES = [...new Array(4).fill(16 * 1024), 64 * 1024, 128 * 1024];
const WHERE = `0x0${FLASH.toString(16)}`;
const WHERE_TO = ["--address", WHERE, "--no-leave"];

const F405 = findChip("stm32f405");
/** What most boards have, in volts; with it the F405 programs four bytes at a time instead of one. */
const SUPPLY_V = 3.3;

const ROUNDS = 8;
const COLD_ROUNDS = 3;

/** At most so many times dfu-util's time for a transfer. */
const MOST_OVERHEAD = 1.3;
/** At most so many times the least that is possible. */
const MOST_OVER_FLOOR = 1.06;
/** As fast as dfu-util where both wait for the flash only; the simulator's own pauses are up to 0.7 % of it. */
const SAME = 0.99;
/** At least so many times as fast as dfu-util where nothing has changed. */
const LEAST_GAIN_UNCHANGED = 5;

/** Has both programs and their libraries in memory. */
export async function warmUp(guest: Guest): Promise<void> {
  await guest.attach("main");
  await guest.dfuse(["flash", await guest.write("warm.bin", program(40, 4096)), ...WHERE_TO]);
  await guest.detachAll();
  await guest.attach("main");
  await guest.dfuUtil(["--list"]);
  await guest.detachAll();
}

/** dfuse and dfu-util side by side. Only times between requests that the boards saw are compared. */
export const figureSteps: readonly Step[] = [
  {
    name: "Time for a transfer, on a board that needs none for its work",
    async run(guest) {
      // Reading, for dfu-util sleeps while it writes. In turn, so that both meet the simulator in the same shape.
      const times: { readonly ours: number[]; readonly theirs: number[] } = {
        ours: [],
        theirs: [],
      };
      for (let round = 0; round < ROUNDS; round++) {
        times.ours.push(
          await readMs(guest, (out) => guest.dfuse(["read", out, "--size", `${SIZE}`])),
        );
        times.theirs.push(
          await readMs(
            guest,
            (out) =>
              guest.dfuUtil(["--alt", "0", "--dfuse-address", `${WHERE}:${SIZE}`, "--upload", out]),
          ),
        );
      }
      // The first rounds find the simulator cold.
      const ours = median(times.ours.slice(COLD_ROUNDS));
      const theirs = median(times.theirs.slice(COLD_ROUNDS));
      const ratio = ours / theirs;
      guest.log.push(JSON.stringify(times));
      guest.say(
        `     dfuse ${ours.toFixed(3)} ms, dfu-util ${theirs.toFixed(3)} ms for each transfer: ` +
          `${ratio.toFixed(2)} times (at most ${MOST_OVERHEAD})`,
      );
      expect(ratio <= MOST_OVERHEAD, `at most ${MOST_OVERHEAD} times as much`);
    },
  },
  flashStep("other contents", {
    boards: ["real", "realToo", "realAlso"],
    floorMs: eraseMs() + programMs() + 2 * wireMs(),
    gain: SAME,
  }),
  flashStep("other contents, with the supply voltage told", {
    boards: ["told", "realToo", "realAlso"],
    flags: ["--vdd", `${SUPPLY_V}`],
    gain: 2,
  }),
  flashStep("what it holds already", {
    boards: ["real", "realToo", "realAlso"],
    gain: LEAST_GAIN_UNCHANGED,
  }),
  flashStep("a blank part", {
    boards: ["blank", "blankToo", "blankAlso"],
    floorMs: programMs() + 2 * wireMs(),
    gain: 1,
  }),
];

interface Flash {
  /** One for dfuse, one for dfu-util, one for pydfu. */
  readonly boards: readonly [BoardName, BoardName, BoardName];
  /** More options of `dfuse flash`. */
  readonly flags?: readonly string[];
  /** The least time that erase, programming and the wire allow, where dfuse is measured against it. */
  readonly floorMs?: number;
  /** At least so many times as fast as dfu-util. */
  readonly gain: number;
}

/** A flash in real time: dfuse with its verify, dfu-util, which has none. */
function flashStep(before: string, { boards, flags = [], floorMs, gain }: Flash): Step {
  return {
    name: `Flash of ${SIZE / 1024} KiB over ${before}, in real time`,
    async run(guest) {
      const file = await guest.write("firmware.bin", BYTES);
      const ours = await measure(
        guest,
        boards[0],
        () => guest.dfuse(["flash", file, ...WHERE_TO, ...flags]),
      );
      const theirs = await measure(
        guest,
        boards[1],
        () => guest.dfuUtil(["--alt", "0", "--dfuse-address", WHERE, "--download", file]),
      );
      const times = theirs.ms / ours.ms;
      guest.say(
        `     dfuse ${describe(ours)}; dfu-util ${describe(theirs)}: ${times.toFixed(2)} times`,
      );
      const written = theirs.writtenMs / ours.writtenMs;
      guest.say(
        `     all written after ${ours.writtenMs.toFixed(0)} ms and ${
          theirs.writtenMs.toFixed(0)
        } ms: ${written.toFixed(2)} times`,
      );
      if (guest.job.pydfu !== undefined) {
        await measurePydfu(guest, { board: boards[2], file, ours });
      }
      if (floorMs !== undefined) {
        const over = ours.ms / floorMs;
        const theirsOver = theirs.ms / floorMs;
        guest.say(
          `     floor ${floorMs.toFixed(0)} ms: dfuse ${
            over.toFixed(3)
          } of it (at most ${MOST_OVER_FLOOR}), ` +
            `dfu-util ${theirsOver.toFixed(3)}`,
        );
        expect(over <= MOST_OVER_FLOOR, `at most ${MOST_OVER_FLOOR} of the floor`);
      }
      // dfu-util has no verify, so the same work is done when all is written.
      expect(written > gain, `dfuse more than ${gain} times as fast as dfu-util`);
    },
  };
}

/** pydfu has no verify either, and reads DfuSe files only. */
async function measurePydfu(
  guest: Guest,
  { board, file, ours }: { board: BoardName; file: string; ours: Measured },
): Promise<void> {
  const dfuFile = guest.path("firmware.dfu");
  await guest.dfuse(["convert", file, dfuFile, "--address", WHERE, "--force"]);
  const theirs = await measure(guest, board, () => guest.pydfu(["--upload", dfuFile]));
  guest.say(`     pydfu ${describe(theirs)}: ${(theirs.ms / ours.ms).toFixed(2)} times`);
}

interface Measured {
  readonly transfers: readonly TransferLine[];
  /** From the first to the last request, on the board's side. */
  readonly ms: number;
  /** To the end of the last write; of the whole where nothing was written. */
  readonly writtenMs: number;
  /** Of the whole process. */
  readonly seconds: number;
}

/** What a board sees of one command. */
async function measure(
  guest: Guest,
  board: BoardName,
  run: () => Promise<CommandResult>,
): Promise<Measured> {
  await guest.attach(board);
  const before = (await guest.transfersOf(board)).length;
  const { seconds } = await run();
  const transfers = (await guest.transfersOf(board)).slice(before);
  await guest.detachAll();
  const startMs = transfers[0]?.startMs ?? 0;
  const ms = (transfers.at(-1)?.endMs ?? 0) - startMs;
  return {
    transfers,
    ms,
    writtenMs: (writeEnd(transfers)?.endMs ?? startMs + ms) - startMs,
    seconds,
  };
}

/** The status request that waited for the end of the last block. */
function writeEnd(transfers: readonly TransferLine[]): TransferLine | undefined {
  const last = transfers.findLastIndex(({ name, value }) =>
    name === "DNLOAD" && value >= FIRST_BLOCK
  );
  const after = transfers.slice(last + 1);
  const count = after.findIndex(({ name }) => name !== "GETSTATUS");
  return last < 0 ? undefined : after.at(count < 0 ? -1 : count - 1);
}

/** The number of the first data block; lower ones are commands (AN3156 §5). */
const FIRST_BLOCK = 2;

function describe({ ms, seconds, transfers }: Measured): string {
  return `${ms.toFixed(0)} ms in ${transfers.length} transfers (${
    seconds.toFixed(1)
  } s with its start)`;
}

/** Real milliseconds from one block that is read to the next. */
async function readMs(
  guest: Guest,
  read: (out: string) => Promise<CommandResult>,
): Promise<number> {
  const out = guest.path(`out${performance.now()}.bin`);
  const transfers = (await measure(guest, "instant", () => read(out))).transfers
    .filter(({ name, size }) => name === "UPLOAD" && size === BLOCK);
  const [first, last] = [transfers[0], transfers.at(-1)];
  expect(first !== undefined && last !== undefined && transfers.length > 100, "many transfers");
  const speed = Number(/speed=(\d+)/.exec(BOARDS.instant.spec)?.[1]);
  return (last.startMs - first.startMs) / (transfers.length - 1) / speed;
}

function eraseMs(): number {
  return PAGES.reduce((sum, size) => sum + eraseTimeMs(size, F405.timing), 0);
}

function programMs(): number {
  return programTimeMs(SIZE, F405.timing);
}

function wireMs(): number {
  return SIZE / BLOCK * wireTimeMs(BLOCK);
}
