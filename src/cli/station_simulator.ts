import { UsageError } from "../errors.ts";
import { createSimulatedDevice, type SimulatedDevice } from "../simulator/simulated_device.ts";
import { parseSimulatorSpec } from "../simulator/simulator_spec.ts";
import { VirtualClock } from "../simulator/virtual_clock.ts";
import { realClock } from "../usb/real_clock.ts";
import { RETURN_MS } from "../station/port.ts";
import type { DeviceSource, StationDevice } from "../station/device_source.ts";
import { openUsbDevice } from "../usb/open_device.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import { busOfSimulated } from "./simulated_bus.ts";

export interface BenchOptions {
  readonly clock: Clock;
  readonly paths: readonly string[];
  /** Whether boards that run their programs count too, to be brought into their boot loaders. */
  readonly detach?: boolean;
  /** The board that comes onto a port, after the one that was there is done; undefined for no more. */
  readonly nextUnit: (path: string, done?: UnitDone) => SimulatedDevice | undefined;
  /** Called when no board is left. */
  readonly onEmpty?: () => void;
}

/** A board that has been flashed, or not. */
export interface UnitDone {
  readonly device: SimulatedDevice;
  readonly passed: boolean;
}

/** How long the simulated operator takes to change a board. */
const CHANGE_MS = 2 * RETURN_MS;

/** Simulated boards, and an operator who changes each when it is done. */
export class SimulatedBench implements DeviceSource {
  readonly #options: BenchOptions;
  readonly #boards = new Map<string, SimulatedDevice>();
  /** Ports on which the operator is changing the board: they are not empty for good. */
  #changing = 0;

  constructor(options: BenchOptions) {
    this.#options = options;
    for (const path of options.paths) this.#plugIn(path, options.nextUnit(path));
  }

  devices(): Promise<readonly StationDevice[]> {
    const { detach = false } = this.#options;
    const attached = [...this.#boards].filter(([, board]) =>
      board.isAttached && (detach || board.describe().mode === "dfu")
    );
    return Promise.resolve(attached.map(([path, board]): StationDevice => {
      const { serial, mode } = board.describe();
      const program = mode === "runtime" ? { isProgram: true } : {};
      return { path, serial, ...program, open: (signal) => this.#open(board, signal) };
    }));
  }

  async #open(board: SimulatedDevice, signal: AbortSignal | undefined): Promise<Transport> {
    const { clock, detach = false } = this.#options;
    const bus = busOfSimulated(() => [board]);
    const options = { selector: {}, detach, waitMs: 0, clock, signal };
    return (await openUsbDevice(bus, options)).transport;
  }

  watch(): () => void {
    return () => {};
  }

  /** The board on a port is done: the operator takes it out and puts in the next one. */
  async change(path: string, passed: boolean): Promise<void> {
    const { clock, nextUnit, onEmpty } = this.#options;
    const device = this.#boards.get(path);
    if (device === undefined) return;
    this.#changing++;
    await clock.sleep(CHANGE_MS);
    device.unplug();
    this.#boards.delete(path);
    await clock.sleep(CHANGE_MS);
    this.#plugIn(path, nextUnit(path, { device, passed }));
    this.#changing--;
    if (this.#boards.size === 0 && this.#changing === 0) onEmpty?.();
  }

  #plugIn(path: string, board: SimulatedDevice | undefined): void {
    if (board !== undefined) this.#boards.set(path, board);
  }
}

/** What `--simulate CHIP,count=4,units=100` makes. */
export interface SimulatedStation {
  readonly source: SimulatedBench;
  readonly clock: Clock;
}

/**
 * Makes a bench of simulated boards: `count` ports, and `units` boards in all, one per port where it is missing. Their
 * serial numbers differ, and so do the files of `image=board-{unit}.img`.
 *
 * @throws {UsageError} for a description that cannot be read.
 */
export function createSimulatedStation(
  text: string,
  options: Pick<BenchOptions, "detach" | "onEmpty">,
): SimulatedStation {
  const { spec, count, units } = readCounts(text);
  const { speed } = parseSimulatorSpec(numbered(spec, 1));
  const clock = speed === undefined ? new VirtualClock() : realClock(speed);
  let made = 0;
  const nextUnit = (path: string): SimulatedDevice | undefined => {
    if (made === (units ?? count)) return undefined;
    made++;
    const { options: simulated } = parseSimulatorSpec(numbered(spec, made));
    const serial = `UNIT${String(made).padStart(6, "0")}`;
    return createSimulatedDevice({ serial, seed: made, ...simulated, path }, clock);
  };
  const paths = Array.from({ length: count }, (_, index) => `simulated-${index + 1}`);
  const source = new SimulatedBench({ clock, paths, nextUnit, ...options });
  return { source, clock };
}

/** Each board is an object with all its memory. */
const MAX_COUNT = 64;
const MAX_UNITS = 1_000_000;

function readCounts(
  text: string,
): { readonly spec: string; readonly count: number; readonly units: number | undefined } {
  const settings = text.split(",").map((setting) => setting.trim());
  const read = (key: string, most: number) => {
    const setting = settings.find((setting) => setting.startsWith(`${key}=`));
    if (setting === undefined) return undefined;
    const number = Number(setting.slice(key.length + 1));
    if (Number.isInteger(number) && number >= 1 && number <= most) return number;
    throw new UsageError(
      `Cannot read simulator setting "${setting}": expected a number of 1 to ${most}`,
    );
  };
  const count = read("count", MAX_COUNT) ?? 1;
  const units = read("units", MAX_UNITS);
  const spec = settings.filter((setting) => !/^(count|units)=/.test(setting)).join(",");
  return { spec, count, units };
}

function numbered(spec: string, unit: number): string {
  return spec.replaceAll("{unit}", String(unit));
}
