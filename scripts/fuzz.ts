/**
 * Feeds the readers of firmware files with damaged ones: `deno task fuzz --seconds 60`. `--seed N` repeats a run.
 * Ends with 1, and the input, at the first that is not refused or read as it should.
 */
import { fuzz } from "./fuzz/fuzz.ts";

const seconds = numberOf("--seconds") ?? 10;
const seed = numberOf("--seed") ?? Math.floor(Math.random() * 2 ** 32);
const end = performance.now() + seconds * 1000;
console.log(`fuzz: --seed ${seed}, ${seconds} s`);
const report = await fuzz({ seed, goOn: () => performance.now() < end });
console.log(
  `${report.count} inputs: ${report.accepted} read, ${report.refused} refused; ` +
    `slowest ${report.slowestMs.toFixed(0)} ms, ` +
    `memory grew by at most ${(report.grown / 2 ** 20).toFixed(0)} MiB`,
);

function numberOf(flag: string): number | undefined {
  const index = Deno.args.indexOf(flag);
  if (index < 0) return undefined;
  const number = Number(Deno.args[index + 1]);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`error: ${flag} needs a number`);
  Deno.exit(2);
}
