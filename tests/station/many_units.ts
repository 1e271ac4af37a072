import { FAULT_KINDS } from "../../src/simulator/faults.ts";
import type { SimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { Attempt } from "../../src/station/attempt.ts";
import type { UnitJob } from "../../src/station/flash_unit.ts";
import { Journal } from "../../src/station/journal.ts";
import { parseJournal } from "../../src/station/journal_summary.ts";
import { parsePlace } from "../../src/station/place.ts";
import { findUsedEntry, UnitData } from "../../src/station/unit_data.ts";
import { seededRandom } from "../helpers/random.ts";
import { BASE, board, jobOf, program, runLine } from "./line.ts";

const CHIP = "stm32f042";
const SERIAL = { address: BASE + 0x700, size: 8 };
const NUMBER = BASE + 0x1000;

/** What a run of many units left behind, and all that is wrong with it. */
export interface ManyUnits {
  readonly units: number;
  readonly attempts: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

/**
 * Flashes many simulated units through a watching station, each with values of its own, while something on a third of
 * them fails at random; those that failed are tried again. Looks then whether anything is missing or twice.
 */
export async function flashManyUnits(
  count: number,
  options: { readonly seed: number; readonly folder: string },
): Promise<ManyUnits> {
  const { seed, folder } = options;
  const csvPath = `${folder}/units.csv`;
  const serials = Array.from({ length: count }, (_, n) => `SN${String(n).padStart(6, "0")}`);
  await Deno.writeTextFile(csvPath, `serial\n${serials.join("\n")}\n`);
  const places = ["serial=0x08000700:ascii:8", `number=0x${NUMBER.toString(16)}:counter:500:3`];
  const unitData = await UnitData.open({ path: csvPath, places: places.map(parsePlace) });
  const journal = await Journal.open(`${folder}/journal.jsonl`, { findEnd: findUsedEntry });
  const job = jobOf(program(3000, seed), { unitData, journal });
  const { attempts, boards } = await flashBoards(count, { seed, job });
  journal.close();
  unitData.close();
  const written = parseJournal(await Deno.readTextFile(`${folder}/journal.jsonl`));
  const image = job.input.images[0]!.image;
  const problems = [
    ...compareAttempts(attempts, written.attempts),
    ...Array.from({ length: written.unreadableLines }, () => "an unreadable line"),
    ...checkValues(written.attempts, serials),
    ...checkBoards(boards, written.attempts, image.segments[0]!.data),
  ];
  const failed = written.attempts.filter(({ result }) => result === "failed").length;
  return { units: boards.length, attempts: attempts.length, failed, problems };
}

/** Eight ports, on each of which a board stays until it has passed. */
async function flashBoards(
  count: number,
  options: { readonly seed: number; readonly job: UnitJob },
): Promise<{ attempts: readonly Attempt[]; boards: readonly SimulatedDevice[] }> {
  const random = seededRandom(options.seed);
  const boards: SimulatedDevice[] = [];
  const clock = new VirtualClock();
  const newBoard = (path: string) => {
    const fault = { kind: random.pick(FAULT_KINDS), transfer: random.between(1, 120) };
    const faults = random.chance(0.3) ? [fault] : [];
    const serial = random.chance(0.5) ? "CLONE" : `S${boards.length}`;
    boards.push(board(clock, CHIP, { seed: boards.length, serial, path, faults }));
    return boards.at(-1)!;
  };
  const { attempts } = await runLine({
    clock,
    ports: 8,
    watch: true,
    job: options.job,
    nextUnit(done, path) {
      const isRetried = done !== undefined && !done.passed;
      if (!isRetried) return boards.length < count ? newBoard(path) : undefined;
      done.device.replug();
      return done.device;
    },
  });
  return { attempts, boards };
}

/** Every board has passed, and holds the bytes that it passed with. */
function checkBoards(
  boards: readonly SimulatedDevice[],
  written: readonly Attempt[],
  data: Uint8Array,
): string[] {
  const passed = new Map<SimulatedDevice | undefined, Attempt>();
  for (const attempt of written.filter(({ result }) => result === "passed")) {
    passed.set(boards.find((board) => holdsSerial(board, attempt.unit!["serial"]!)), attempt);
  }
  const lost = passed.get(undefined);
  return [
    ...(lost === undefined ? [] : [`no board has ${lost.unit!["serial"]}`]),
    ...boards.flatMap((board) => {
      const attempt = passed.get(board);
      return attempt === undefined ? ["a board never passed"] : checkMemory(board, attempt, data);
    }),
  ];
}

/** Each attempt that was shown stands in the journal once, and no other does. */
function compareAttempts(shown: readonly Attempt[], written: readonly Attempt[]): string[] {
  const ids = written.map(({ id }) => id);
  return [
    ...(new Set(ids).size === ids.length ? [] : ["an attempt is in the journal twice"]),
    ...shown.filter(({ id }) => !ids.includes(id)).map(({ id }) => `attempt ${id} is missing`),
    ...(ids.length === shown.length ? [] : [`${ids.length} lines for ${shown.length} attempts`]),
  ];
}

/** Each value was passed with exactly once. */
function checkValues(written: readonly Attempt[], serials: readonly string[]): string[] {
  const used = written.filter(({ result }) => result === "passed")
    .map(({ unit }) => unit!["serial"]!).sort();
  return [
    ...(new Set(used).size === used.length ? [] : ["a value was used twice"]),
    ...(used.join() === serials.join() ? [] : [`${used.length} of ${serials.length} values used`]),
  ];
}

function holdsSerial(device: SimulatedDevice, serial: string): boolean {
  const bytes = device.readMemory(SERIAL.address, SERIAL.size);
  return new TextDecoder().decode(bytes) === serial;
}

/** The program with the unit's values in it, byte by byte, made here a second time. */
function checkMemory(device: SimulatedDevice, attempt: Attempt, data: Uint8Array): string[] {
  const { serial = "", number = "" } = attempt.unit ?? {};
  const expected = data.slice();
  expected.set(new TextEncoder().encode(serial), SERIAL.address - BASE);
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, Number(number), true);
  const isRight = device.readMemory(BASE, data.length).every((byte, n) => byte === expected[n]) &&
    device.readMemory(NUMBER, 4).every((byte, n) => byte === word[n]);
  const index = Number(serial.slice(2));
  return [
    ...(isRight ? [] : [`the board with ${serial} holds other bytes`]),
    ...(Number(number) === 500 + 3 * index ? [] : [`${serial} goes with ${number}`]),
  ];
}
