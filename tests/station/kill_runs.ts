import { findChip } from "../../src/chips/chips.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { type Attempt, parseAttempt } from "../../src/station/attempt.ts";
import { Journal } from "../../src/station/journal.ts";
import { parseJournal } from "../../src/station/journal_summary.ts";
import { parsePlace } from "../../src/station/place.ts";
import { findUsedEntry, UnitData } from "../../src/station/unit_data.ts";
import { parseUnitRecord } from "../../src/station/unit_ledger.ts";
import { withVectors } from "../dfu/rig.ts";
import { seededRandom } from "../helpers/random.ts";
import { dfuseCommand } from "../helpers/run_dfuse.ts";
import { BASE } from "./line.ts";

const CHIP = "stm32f042";
const PLACE = "serial=0x08000700:ascii:8";
const ROWS = 5_000;

export interface KillRuns {
  readonly attempts: number;
  readonly passed: number;
  readonly unfinished: number;
  /** Attempts whose result was shown before the kill. */
  readonly shown: number;
  readonly problems: readonly string[];
}

/**
 * Kills dfuse at random moments while it flashes simulated units, always two processes at once on one journal and one file
 * of unit data. Looks then whether anything is missing, twice, or wrong.
 */
export async function killRuns(
  kills: number,
  options: { readonly seed: number; readonly folder: string },
): Promise<KillRuns> {
  const { folder } = options;
  const random = seededRandom(options.seed);
  const program = withVectors(random.bytes(2500));
  await Deno.writeFile(`${folder}/fw.bin`, program);
  const serials = Array.from({ length: ROWS }, (_, n) => `S${String(n).padStart(7, "0")}`);
  await Deno.writeTextFile(`${folder}/units.csv`, `serial\n${serials.join("\n")}\n`);
  const shown: Attempt[] = [];
  for (let kill = 0; kill < kills; kill += 2) {
    const runs = [kill, kill + 1].map((name) =>
      runAndKill(folder, { name: `K${name}`, afterMs: random.below(300) })
    );
    shown.push(...(await Promise.all(runs)).flat());
  }
  await recover(folder);
  const journal = parseJournal(await Deno.readTextFile(`${folder}/journal.jsonl`));
  const passed = journal.attempts.filter(({ result }) => result === "passed");
  const problems = [
    ...compareShown(shown, journal.attempts),
    ...(journal.unreadableLines === 0 ? [] : [`${journal.unreadableLines} unreadable lines`]),
    ...await compareUsed(folder, passed),
    ...passed.flatMap((attempt) => checkBoard(folder, attempt, program)),
  ];
  const unfinished = journal.attempts.filter(({ result }) => result === "unfinished").length;
  const { length: attempts } = journal.attempts;
  return { attempts, passed: passed.length, unfinished, shown: shown.length, problems };
}

/** Gives the attempts whose results were shown. The time counts from the first line of output. */
async function runAndKill(
  folder: string,
  run: { readonly name: string; readonly afterMs: number },
): Promise<Attempt[]> {
  const { name, afterMs } = run;
  const [program, ...first] = dfuseCommand();
  const board = `serial=${name}-{unit},image=${folder}/${name}-{unit}.img`;
  const child = new Deno.Command(program!, {
    args: [
      ...[...first, "flash", `${folder}/fw.bin`, "--address", "0x08000000", "--watch", "--json"],
      ...["--simulate", `${CHIP},count=3,units=100000,${board}`],
      ...["--journal", `${folder}/journal.jsonl`, "--unit-data", `${folder}/units.csv`],
      ...["--place", PLACE],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
  }
  clearTimeout(timer);
  await child.status;
  return output.split("\n").flatMap((line) => parseAttempt(line) ?? []);
}

/** What the next start does. */
async function recover(folder: string): Promise<void> {
  const places = [parsePlace(PLACE)];
  const unitData = await UnitData.open({ path: `${folder}/units.csv`, places });
  unitData.close();
  const journal = await Journal.open(`${folder}/journal.jsonl`, { findEnd: findUsedEntry });
  journal.close();
}

function compareShown(shown: readonly Attempt[], written: readonly Attempt[]): string[] {
  const byId = new Map(written.map((attempt) => [attempt.id, attempt]));
  return [
    ...(byId.size === written.length ? [] : ["an attempt is in the journal twice"]),
    ...shown.filter(({ id, result }) => byId.get(id)?.result !== result)
      .map(({ id }) => `attempt ${id} was shown, and is not in the journal so`),
  ];
}

/** A value is used if and only if a unit has passed with it, once; and none stays reserved. */
async function compareUsed(folder: string, passed: readonly Attempt[]): Promise<string[]> {
  const lines = (await Deno.readTextFile(`${folder}/units.csv.used`)).split("\n");
  const states = new Map(
    lines.flatMap((line) => parseUnitRecord(line) ?? [])
      .map(({ unit, state }) => [unit["serial"], state]),
  );
  const used = [...states].filter(([, state]) => state === "used").map(([serial]) => serial);
  const given = passed.map(({ unit }) => unit!["serial"]);
  return [
    ...(new Set(given).size === given.length ? [] : ["two units passed with one value"]),
    ...(used.toSorted().join() === given.toSorted().join() ? [] : ["used is not what passed"]),
    ...([...states.values()].includes("reserved") ? ["a row stays reserved"] : []),
  ];
}

function checkBoard(folder: string, attempt: Attempt, program: Uint8Array): string[] {
  const image = `${folder}/${attempt.serial}.img`;
  const device = createSimulatedDevice({ chip: findChip(CHIP), image }, new VirtualClock());
  const expected = program.slice();
  expected.set(new TextEncoder().encode(attempt.unit!["serial"]), 0x700);
  const found = device.readMemory(BASE, expected.length);
  return found.every((byte, index) => byte === expected[index])
    ? []
    : [`the board ${attempt.serial} holds other bytes`];
}
