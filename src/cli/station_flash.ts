import { findChip } from "../chips/chips.ts";
import { flashInputOf } from "../dfu/flash_input.ts";
import { InterruptedError, PlanError, TransportError, UsageError } from "../errors.ts";
import { formatCount } from "../format.ts";
import { Journal } from "../station/journal.ts";
import type { UnitJob } from "../station/flash_unit.ts";
import { runStation, type StationTotals } from "../station/station.ts";
import { findUsedEntry, UnitData } from "../station/unit_data.ts";
import type { FileArguments } from "./file_arguments.ts";
import type { TargetFlags } from "./open_target.ts";
import { type Output, ReportedError } from "./output.ts";
import { type PlanFlags, planOptionsOf, voltageRangeOf } from "./plan_options.ts";
import { readCheckedFirmware } from "./station_firmware.ts";
import { expectationOf, jobsOf, portNamesOf, unitSourceOf } from "./station_options.ts";
import type { StationFlags } from "./station_flags.ts";
import { openStationSource, type StationSource } from "./station_source.ts";
import { addStopListener, removeStopListener } from "./stop_signals.ts";
import { createStationView, type StationView } from "./station_view.ts";
import type { Build } from "./version.ts";

/** What `dfuse flash` was given. */
export interface StationCommand {
  readonly files: FileArguments;
  readonly flags: StationFlags & PlanFlags & TargetFlags & { readonly quiet?: boolean };
  readonly build: Build;
}

/** `dfuse flash` as a production line does it. What does not pass ends the program with its exit code. */
export async function flashStation(output: Output, command: StationCommand): Promise<void> {
  const { flags } = command;
  checkFlags(flags);
  const names = portNamesOf(flags);
  const jobs = jobsOf(flags);
  const signals = new StationSignals(flags.all === true || flags.watch === true);
  await using resources = new AsyncDisposableStack();
  const job = await prepareJob(command, resources);
  resources.use(signals);
  const station = await openStationSource(output, flags, signals);
  resources.defer(() => station.close());
  await checkSupply(station, job, flags);
  const { source, clock } = station;
  const view = createStationView(output, { ...flags, title: command.files.title, names, clock });
  signals.onStop = () => view.stopping();
  // Boards that come one after the other have no end of their own: nobody would see what becomes of them.
  const endUnseen = () => flags.watch === true && !view.isSeen ? signals.end() : undefined;
  endUnseen();
  const totals = await runStation({
    ...{ source, clock, job, jobs, stop: signals.stop, abort: signals.abort },
    watch: flags.watch === true,
    portName: (path) => names.get(path) ?? path,
    listener: withChanges(view, station, endUnseen),
  });
  view.end(totals);
  conclude(totals);
}

function conclude({ exitCode, fault }: StationTotals): void {
  if (fault !== undefined) throw fault;
  if (exitCode !== 0) throw new ReportedError(exitCode as ReportedError["exitCode"]);
}

function checkFlags(flags: StationCommand["flags"]): void {
  const fail = (one: string, other: string, hint: string) =>
    new UsageError(`Cannot combine ${one} with ${other}`, { hint });
  if (flags.all !== true && flags.watch !== true) return;
  if (flags.all === true && flags.watch === true) {
    throw fail("--all", "--watch", "--watch flashes those that are there, too.");
  }
  if (flags.detach === true) checkDetach(flags);
}

/**
 * A program that comes onto a port after its unit has passed must be that of the next unit, and what is asked to leave its
 * program must be what the line is for.
 */
function checkDetach(flags: StationCommand["flags"]): void {
  if (flags.watch === true && flags.leave !== false) {
    throw new UsageError(
      "Cannot combine --detach with --watch: a unit that runs its new program looks like the next " +
        "one, and would be flashed again and again",
      { hint: "Add --no-leave: each unit then stays in its boot loader until it is taken out." },
    );
  }
  if (flags.device === undefined && flags.simulate === undefined) {
    throw new UsageError(
      "Cannot combine --detach with --all or --watch: docking stations, headsets and the like " +
        "would leave their programs, too, expected --device",
      { hint: "Say which programs are meant, for example with --device 0483:5740." },
    );
  }
}

/** Everything but the devices: what is wrong with it shows before one is touched. */
async function prepareJob(
  { files, flags, build }: StationCommand,
  resources: AsyncDisposableStack,
): Promise<UnitJob> {
  const { chip, vdd, transferSize, skipProgrammed = false } = flags;
  const options = planOptionsOf(flags);
  const expectation = expectationOf(flags);
  const source = unitSourceOf(flags);
  const checked = await readCheckedFirmware(files, flags);
  const unitData = source === undefined ? undefined : await UnitData.open(source);
  if (unitData !== undefined) resources.defer(() => unitData.close());
  const journal = flags.journal === undefined
    ? undefined
    : await Journal.open(flags.journal, { findEnd: findUsedEntry });
  if (journal !== undefined) resources.defer(() => journal.close());
  const part = chip === undefined ? undefined : findChip(chip);
  const voltage = vdd === undefined ? undefined : voltageRangeOf(vdd);
  return {
    ...{ options, expectation, skipProgrammed, unitData, journal, files: checked.files },
    input: flashInputOf(checked.firmware),
    open: { chip: part, voltage, transferSize },
    version: build.version,
    today: () => new Date(),
  };
}

/** Without --watch it is known how many devices there are, and so whether there is enough for them. */
async function checkSupply(
  { source }: StationSource,
  { unitData }: UnitJob,
  flags: StationFlags,
): Promise<void> {
  if (flags.watch === true) return;
  const { length } = await source.devices();
  if (length === 0) {
    throw new TransportError("not-found", "Cannot find a device in DFU mode", {
      hint: "Connect the devices and start their boot loaders, or wait for them with --watch.",
    });
  }
  const free = unitData?.countFree() ?? Infinity;
  if (length <= free) return;
  throw new PlanError(
    `Cannot flash ${formatCount(length, "device")}: there are values for ${free} only`,
    { hint: "Add rows to the file of unit data, or attach fewer devices." },
  );
}

/** The simulated operator changes a board when its result is shown; `onShown` is told whenever something was shown. */
function withChanges(view: StationView, { change }: StationSource, onShown: () => void) {
  return {
    onPort(port: Parameters<StationView["onPort"]>[0]) {
      view.onPort(port);
      onShown();
    },
    unit: (path: string) => view.unit(path),
    onAttempt(path: string, attempt: Parameters<StationView["onAttempt"]>[1]) {
      view.onAttempt(path, attempt);
      onShown();
      change?.(path, attempt.result === "passed");
    },
  };
}

/** Ctrl-C: the first lets what runs finish, the second ends it at its next safe point, a third ends the process. */
class StationSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  /** Called at the first. */
  onStop = () => {};
  readonly #listener: () => void;

  /** Of a single device, the first ends what runs. */
  constructor(isPatient: boolean) {
    this.#listener = () => this.#interrupt(isPatient);
    addStopListener(this.#listener);
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks to begin with nothing more. */
  end(): void {
    this.#stop.abort();
  }

  [Symbol.dispose](): void {
    if (!this.#abort.signal.aborted) removeStopListener(this.#listener);
  }

  #interrupt(isPatient: boolean): void {
    if (!this.#stop.signal.aborted) {
      this.#stop.abort(new InterruptedError("Stopped, as asked"));
      this.onStop();
      if (isPatient) return;
    }
    this.#abort.abort(new InterruptedError("Stopped, as asked"));
    removeStopListener(this.#listener);
  }
}
