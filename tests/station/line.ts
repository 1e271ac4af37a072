import { SimulatedBench, type UnitDone } from "../../src/cli/station_simulator.ts";
import { findChip } from "../../src/chips/chips.ts";
import type { FlashInput } from "../../src/dfu/flash.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import {
  createSimulatedDevice,
  type SimulatedDevice,
} from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { Attempt } from "../../src/station/attempt.ts";
import type { UnitJob } from "../../src/station/flash_unit.ts";
import type { Port } from "../../src/station/port.ts";
import { runStation, type StationOptions, type StationTotals } from "../../src/station/station.ts";
import { inputOf, withVectors } from "../dfu/rig.ts";
import { seededRandom } from "../helpers/random.ts";

export const BASE = 0x08000000;

/** A program of random bytes at the start of flash. */
export function program(size: number, seed = 1): FlashInput {
  return inputOf([{ address: BASE, data: withVectors(seededRandom(seed).bytes(size)) }]);
}

/** A job with nothing but firmware. */
export function jobOf(input: FlashInput, more: Partial<UnitJob> = {}): UnitJob {
  return {
    input,
    files: [{ path: "fw.dfu", sha256: "00".repeat(32) }],
    options: {},
    open: {},
    expectation: {},
    skipProgrammed: false,
    version: "0.0.0",
    today: () => new Date(Date.UTC(2030, 0, 1)),
    ...more,
  };
}

export interface LineOptions extends Partial<StationOptions> {
  readonly job: UnitJob;
  readonly ports: number;
  /** The boards in the order in which they come; `undefined` is no more. */
  readonly nextUnit: (done: UnitDone | undefined, path: string) => SimulatedDevice | undefined;
  readonly clock: VirtualClock;
}

export interface LineRun {
  readonly totals: StationTotals;
  readonly attempts: readonly Attempt[];
  readonly ports: readonly Port[];
  readonly ms: number;
}

/** Runs a station over simulated boards until none is left. */
export async function runLine(options: LineOptions): Promise<LineRun> {
  const { ports, nextUnit, clock, ...rest } = options;
  const attempts: Attempt[] = [];
  const seen: Port[] = [];
  const stop = new AbortController();
  const source = new SimulatedBench({
    clock,
    paths: Array.from({ length: ports }, (_, index) => `1-${index + 1}`),
    nextUnit: (path, done) => nextUnit(done, path),
    onEmpty: () => stop.abort(),
  });
  const startMs = clock.now();
  const changes: Promise<void>[] = [];
  const totals = await runStation({
    source,
    clock,
    watch: false,
    stop: stop.signal,
    ...rest,
    listener: {
      onPort: (port) => seen.push(port),
      unit: () => ({ onDevice() {}, onPlan() {}, onEvent() {} }),
      onAttempt(path, attempt) {
        attempts.push(attempt);
        if (options.watch === true) {
          changes.push(source.change(path, attempt.result === "passed"));
        }
      },
      ...rest.listener,
    },
  });
  const ms = clock.now() - startMs;
  await Promise.all(changes);
  return { totals, attempts, ports: seen, ms };
}

export function board(
  clock: VirtualClock,
  chip: string,
  options: Partial<SimulatorOptions> = {},
): SimulatedDevice {
  return createSimulatedDevice({ chip: findChip(chip), ...options }, clock);
}
