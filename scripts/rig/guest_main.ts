/** The program of the virtual machine: does the job of /rig/job.json, and leaves /rig/result.json. */
import { BOARDS } from "./boards.ts";
import { Guest, type Job } from "./guest.ts";
import { kernelLog, startSimulator } from "./simulator_process.ts";
import { detachSteps } from "./steps_detach.ts";
import { dfuseSteps } from "./steps_dfuse.ts";
import { dfuUtilSteps } from "./steps_dfu_util.ts";
import { failureSteps } from "./steps_failures.ts";
import { figureSteps, warmUp } from "./steps_figures.ts";
import { optionSteps } from "./steps_options.ts";
import { selectionSteps } from "./steps_selection.ts";
import { stationSteps } from "./steps_station.ts";
import { stationFigureSteps } from "./steps_station_figures.ts";
import type { Result, Step, StepResult } from "./step.ts";

const SHARE = "/rig";

const STEPS: readonly Step[] = [
  ...dfuUtilSteps,
  ...dfuseSteps,
  ...selectionSteps,
  ...failureSteps,
  ...stationSteps,
  ...optionSteps,
  ...detachSteps,
];

async function doJob(job: Job): Promise<Result> {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  const specs = Object.values(BOARDS).map(({ spec }) => spec);
  // Files of the computer outside take their time, which must not be measured.
  const dfuse = job.figures ? [await copyProgram(job.dfuse[0]!, folder)] : job.dfuse;
  const options = { specs, folder: job.figures ? folder : SHARE, cwd: job.project };
  const simulator = await startSimulator(dfuse, options);
  const guest = new Guest({ ...job, dfuse }, { folder, simulator, say: report });
  const steps: StepResult[] = [];
  const list = job.figures ? [...figureSteps, ...stationFigureSteps] : STEPS;
  if (job.figures) await warmUp(guest);
  for (const step of list.filter(({ name }) => name.includes(job.only ?? ""))) {
    steps.push(await doStep(step, guest));
  }
  const printed = await simulator.stop();
  if (!job.figures) steps.push(judgeBoards(printed));
  if (job.figures) await Deno.copyFile(`${folder}/transfers.jsonl`, `${SHARE}/transfers.jsonl`);
  return { steps };
}

/** The boards are strict: they count what a boot loader would take amiss. dfu-util may do as it likes. */
function judgeBoards(printed: string): StepResult {
  const name = "No board was asked for what its boot loader does not allow";
  const reports = printed.split(/^(?=\d-\d+ {2}\d+ transfers?,)/m).slice(1);
  const bad = reports.filter((report) =>
    !/no\s+violations/.test(report) && !report.startsWith(`${BOARDS.shared.busId} `)
  );
  const isWhole = reports.length === Object.keys(BOARDS).length;
  const error = isWhole ? bad.join("") : `A report of each board is missing in:\n${printed}`;
  report(`${error === "" ? "ok  " : "FAIL"}           ${name}${error === "" ? "" : `\n${error}`}`);
  return error === "" ? { name, seconds: 0 } : { name, seconds: 0, error };
}

async function copyProgram(program: string, folder: string): Promise<string> {
  await Deno.copyFile(program, `${folder}/dfuse`);
  return `${folder}/dfuse`;
}

async function doStep({ name, run }: Step, guest: Guest): Promise<StepResult> {
  const startMs = performance.now();
  guest.log.push(`\n== ${name}`);
  const seconds = () => Number(((performance.now() - startMs) / 1000).toFixed(1));
  try {
    await run(guest);
    await guest.detachAll();
    report(`ok   ${seconds().toFixed(1).padStart(6)} s  ${name}`);
    return { name, seconds: seconds() };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    guest.log.push(`FAILED: ${cause instanceof Error ? cause.stack : cause}`);
    report(
      `FAIL ${seconds().toFixed(1).padStart(6)} s  ${name}\n${error.replaceAll(/^/gm, "  | ")}`,
    );
    await guest.detachAll().catch((error) => guest.log.push(`${error}`));
    return { name, seconds: seconds(), error };
  } finally {
    await Deno.writeTextFile(`${SHARE}/steps.txt`, guest.log.join("\n"));
  }
}

/** The computer outside shows lines of the rig; the kernel may print others. */
function report(text: string): void {
  for (const line of text.split("\n")) console.log(`rig: ${line}`);
}

if (import.meta.main) {
  const job: Job = JSON.parse(await Deno.readTextFile(`${SHARE}/job.json`));
  try {
    const result = await doJob(job);
    await Deno.writeTextFile(`${SHARE}/result.json`, JSON.stringify(result, null, 2));
  } finally {
    await Deno.writeTextFile(`${SHARE}/kernel.txt`, await kernelLog());
  }
  // Whatever is left over must not keep the machine running.
  Deno.exit(0);
}
