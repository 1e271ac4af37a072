import { DfuseError, ExitCode, InterruptedError } from "../errors.ts";
import { type FlashDevice, flashDevice, type FlashInput, type FlashOptions } from "../dfu/flash.ts";
import { type DeviceFacts, openDevice, type OpenOptions } from "../dfu/open_device.ts";
import type { ProgressEvent, Report } from "../dfu/report.ts";
import { formatUsbIds } from "../format.ts";
import type { Plan } from "../plan/operation.ts";
import type { Clock } from "../usb/transport.ts";
import type { Attempt, AttemptError, AttemptFile, AttemptStart } from "./attempt.ts";
import type { StationDevice } from "./device_source.ts";
import { checkExpectation, type Expectation } from "./expectation.ts";
import type { Journal } from "./journal.ts";
import { patchInput } from "./patch_image.ts";
import { startIfProgrammed } from "./programmed.ts";
import type { UnitData } from "./unit_data.ts";
import type { UnitRow } from "./unit_rows.ts";

/** What is done to every unit. */
export interface UnitJob {
  readonly input: FlashInput;
  readonly files: readonly AttemptFile[];
  readonly options: FlashOptions;
  readonly open: Omit<OpenOptions, "clock">;
  readonly expectation: Expectation;
  /** Units that hold the image already pass as they are. */
  readonly skipProgrammed: boolean;
  readonly unitData?: UnitData | undefined;
  readonly journal?: Journal | undefined;
  /** Of dfuse. */
  readonly version: string;
  /** The time of day. */
  readonly today: () => Date;
}

/** Whoever is told of one unit. */
export interface UnitListener {
  onDevice(device: FlashDevice & { readonly facts: DeviceFacts }): void;
  onPlan(plan: Plan): void;
  onEvent(event: ProgressEvent): void;
}

export interface UnitRun {
  readonly clock: Clock;
  /** The station name of the port. */
  readonly port: string;
  readonly listener: UnitListener;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One attempt: takes a row of unit data, flashes, verifies, marks the row, writes the journal, in this order. Whatever
 * goes wrong with the device is in the attempt. What is thrown is wrong with the station, and no further unit may be
 * flashed: no row is left, or the result cannot be written down.
 */
export async function flashUnit(
  device: StationDevice,
  job: UnitJob,
  run: UnitRun,
): Promise<Attempt> {
  const { unitData, journal } = job;
  const id = crypto.randomUUID();
  const row = await unitData?.reserve(id);
  const start = startOf(device, job, { id, row, port: run.port });
  const source = unitData === undefined ? {} : { unitData: unitData.statePath };
  journal?.begin({ start, ...source });
  const done = await flash(device, job, { ...run, row });
  const attempt = { ...start, ...done };
  if (row !== undefined) {
    // The row is what makes a pass certain: the journal follows it, after a crash too.
    if (attempt.result === "passed" && attempt.skipped !== true) {
      await unitData?.commit(row, attempt);
    } else {
      await unitData?.release(row, id);
    }
  }
  await journal?.finish(attempt);
  return attempt;
}

function startOf(
  device: StationDevice,
  job: UnitJob,
  unit: { readonly id: string; readonly row: UnitRow | undefined; readonly port: string },
): AttemptStart {
  const { id, row, port } = unit;
  return {
    schema: "dfuse.attempt/1",
    id,
    time: job.today().toISOString(),
    port,
    path: device.path,
    ...(device.serial === undefined ? {} : { serial: device.serial }),
    files: job.files,
    ...(row === undefined ? {} : { unit: row.values }),
    dfuse: job.version,
  };
}

/** What comes of an attempt; gathered as it goes, so that a failure tells how far it came. */
type Outcome = Omit<Attempt, keyof AttemptStart> & Pick<AttemptStart, "serial" | "unit">;

async function flash(
  device: StationDevice,
  job: UnitJob,
  run: UnitRun & { readonly row: UnitRow | undefined },
): Promise<Outcome> {
  let known: Partial<Outcome> = {};
  const startMs = run.clock.now();
  try {
    const transport = await device.open(run.signal);
    try {
      const opened = await openDevice(transport, { ...job.open, clock: run.clock });
      run.listener.onDevice(opened);
      known = factsOf(opened);
      checkExpectation(opened.facts, job.expectation);
      const { report, ...done } = await flashOpened(opened, job, run);
      known = { ...known, ...done };
      return { ...known, ...outcomeOf(report) };
    } finally {
      await transport.close();
    }
  } catch (error) {
    const total = run.clock.now() - startMs;
    const durations = { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total };
    return { ...known, durations, ...failureOf(error) };
  }
}

async function flashOpened(
  device: FlashDevice,
  job: UnitJob,
  run: UnitRun & { readonly row: UnitRow | undefined },
): Promise<Pick<Outcome, "plan" | "skipped" | "unit"> & { readonly report: Report }> {
  const { listener, signal, row } = run;
  const { unitData } = job;
  const onEvent = (event: ProgressEvent) => listener.onEvent(event);
  const options = { ...job.options, onEvent, signal };
  if (job.skipProgrammed) {
    const found = await startIfProgrammed(device, job.input, { ...options, unitData });
    if (found !== undefined) return { ...found, plan: found.plan.totals, skipped: true };
  }
  const input = row === undefined ? job.input : patchInput(job.input, row);
  let totals: Outcome["plan"];
  const onPlan = (plan: Plan) => {
    totals = plan.totals;
    listener.onPlan(plan);
  };
  const report = await flashDevice(device, input, { ...options, onPlan });
  return { report, ...(totals === undefined ? {} : { plan: totals }) };
}

function factsOf({ facts, profile }: FlashDevice & { readonly facts: DeviceFacts }) {
  return {
    ...(facts.serial === undefined ? {} : { serial: facts.serial }),
    device: {
      name: profile.name,
      usb: formatUsbIds(facts),
      ...(profile.chip === undefined ? {} : { chip: profile.chip }),
    },
  };
}

function outcomeOf(report: Report): Outcome {
  const { bytes, durations, finalState, error } = report;
  const done = error === undefined ? { result: "passed" } as const : failureOf(error);
  return { ...done, bytes, durations: rounded(durations), finalState };
}

function failureOf(error: unknown): Pick<Outcome, "result" | "error"> {
  const result = error instanceof InterruptedError ? "interrupted" : "failed";
  return { result, error: errorOf(error) };
}

/** To the microsecond. */
function rounded(durations: Report["durations"]): Report["durations"] {
  const round = ([stage, ms]: [string, number]) => [stage, Math.round(ms * 1000) / 1000];
  return Object.fromEntries(Object.entries(durations).map(round));
}

/** A bug must not stop the other ports, and is as good a reason to fail as any. */
function errorOf(error: unknown): AttemptError {
  if (!(error instanceof DfuseError)) {
    const message = error instanceof Error ? error.stack ?? error.message : String(error);
    return { error: "Bug", exitCode: ExitCode.bug, message, facts: {} };
  }
  return {
    error: error.name,
    exitCode: error.exitCode,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    facts: error.facts,
  };
}
