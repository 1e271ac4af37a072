import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { inFolder } from "../../tests/station/folder.ts";
import { killRuns } from "../../tests/station/kill_runs.ts";
import { board, jobOf, program, runLine } from "../../tests/station/line.ts";
import { flashManyUnits } from "../../tests/station/many_units.ts";
import { judge, printTable } from "./measure.ts";

const DEVICES = 16;
const UNITS = 1000;
const KILLS = 200;

/**
 * The production line: 16 devices against one in virtual time, 1,000 units with random faults, and kill -9 at 200 random
 * moments. Prints the seed of what is random; `DFUSE_SEED` repeats it.
 */
export async function benchStation(): Promise<void> {
  const rows = [["part", "1 device", `${DEVICES} devices`, "over one device"]];
  for (const chip of ["stm32f072", "stm32f405", "stm32l476", "stm32h743"]) {
    const [one, many] = [await flashDevices(chip, 1), await flashDevices(chip, DEVICES)];
    rows.push([chip, `${one.toFixed(0)} ms`, `${many.toFixed(0)} ms`, judge(many / one, 1.1)]);
  }
  printTable(rows);
  const seed = Number(Deno.env.get("DFUSE_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`\nDFUSE_SEED=${seed}\n`);
  await inFolder(async (folder) => {
    const { units, attempts, failed, problems } = await flashManyUnits(UNITS, { seed, folder });
    console.log(`${units} units, ${attempts} attempts, ${failed} of them failed`);
    tell(problems);
  });
  await inFolder(async (folder) => {
    const { attempts, passed, unfinished, problems } = await killRuns(KILLS, { seed, folder });
    const counts = `${passed} passed, ${unfinished} were cut off`;
    console.log(`${KILLS} times kill -9, ${attempts} attempts: ${counts}`);
    tell(problems);
  });
}

/** The virtual time of a flash of so many devices at once, each on a bus of its own. */
async function flashDevices(chip: string, count: number): Promise<number> {
  const clock = new VirtualClock();
  let made = 0;
  const nextUnit = () => board(clock, chip, { seed: ++made });
  const job = jobOf(program(60_000));
  const { ms, totals } = await runLine({ clock, ports: count, nextUnit, job });
  if (totals.passed !== count) throw new Error(`${totals.failed} of ${count} failed`);
  return ms;
}

function tell(problems: readonly string[]): void {
  console.log(problems.length === 0 ? "nothing lost, nothing twice" : "MISSED");
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
}
