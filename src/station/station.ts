import type { Clock } from "../usb/transport.ts";
import type { Attempt } from "./attempt.ts";
import type { DeviceSource, StationDevice } from "./device_source.ts";
import { flashUnit, type UnitJob, type UnitListener } from "./flash_unit.ts";
import { emptyPort, finishPort, observePort, type Port } from "./port.ts";

/** Whoever is told what happens at a station. `path` names the port. */
export interface StationListener {
  /** A port has changed. */
  onPort(port: Port): void;
  /** Who is told of the unit that is being flashed there. */
  unit(path: string): UnitListener;
  onAttempt(path: string, attempt: Attempt): void;
}

export interface StationOptions {
  readonly source: DeviceSource;
  readonly clock: Clock;
  readonly job: UnitJob;
  readonly listener: StationListener;
  /** Go on with every device that comes; otherwise those that are there now are flashed, and no other. */
  readonly watch: boolean;
  /** How many devices are flashed at once, at most. Default: all. */
  readonly jobs?: number | undefined;
  /** The name of a port, for people; default its path. */
  readonly portName?: (path: string) => string;
  /** Asks to begin with no further device. */
  readonly stop?: AbortSignal | undefined;
  /** Asks to end those that are under way too, at their next safe point. */
  readonly abort?: AbortSignal | undefined;
}

/** What a station did. */
export interface StationTotals {
  readonly passed: number;
  readonly failed: number;
  /** Stopped by the user. */
  readonly interrupted: number;
  /** Exit code of the first that did not pass; 0 if all did. */
  readonly exitCode: number;
  /** What ended the station: no further unit could be flashed. */
  readonly fault?: unknown;
}

/**
 * Flashes device after device, each on its own port, until there is no more to do or it is asked to stop. What fails on
 * one port disturbs no other. Where a unit's result cannot be written down, or no values are left for one, it begins with
 * no further unit: that is the `fault`.
 */
export async function runStation(options: StationOptions): Promise<StationTotals> {
  return await new Station(options).run();
}

/** Asking for the devices takes about 2 ms. */
const POLL_INTERVAL_MS = 250;

class Station {
  readonly #options: StationOptions;
  readonly #ports = new Map<string, Port>();
  readonly #running = new Set<Promise<void>>();
  readonly #counts = { passed: 0, failed: 0, interrupted: 0, unfinished: 0 };
  #exitCode = 0;
  /** What ends the station: no further unit is begun. */
  #fault: { readonly error: unknown } | undefined;
  #wake = () => {};

  constructor(options: StationOptions) {
    this.#options = options;
  }

  async run(): Promise<StationTotals> {
    const { source, stop, abort } = this.#options;
    const wake = () => this.#wake();
    const unwatch = source.watch(wake);
    stop?.addEventListener("abort", wake);
    abort?.addEventListener("abort", wake);
    try {
      await this.#loop();
    } finally {
      unwatch();
      stop?.removeEventListener("abort", wake);
      abort?.removeEventListener("abort", wake);
      // A fault of the source must not leave devices behind half done.
      await Promise.all(this.#running);
    }
    const { passed, failed, interrupted } = this.#counts;
    const ended = this.#fault === undefined ? {} : { fault: this.#fault.error };
    return { passed, failed, interrupted, exitCode: this.#exitCode, ...ended };
  }

  async #loop(): Promise<void> {
    const { clock, watch, source } = this.#options;
    for (let isFirst = true; !this.#isOver(); isFirst = false) {
      // Before the look: what changes while it is under way counts.
      const awoken = new Promise<void>((resolve) => this.#wake = resolve);
      const devices = watch || isFirst ? await source.devices() : undefined;
      if (devices !== undefined) this.#observe(devices);
      this.#startQueued();
      const isDone = this.#running.size === 0 && (!watch || this.#isStopping());
      if (isDone) return;
      await Promise.race(watch ? [clock.sleep(POLL_INTERVAL_MS), awoken] : [awoken]);
    }
  }

  #isOver(): boolean {
    return this.#isStopping() && this.#running.size === 0;
  }

  #isStopping(): boolean {
    const { stop, abort } = this.#options;
    return stop?.aborted === true || abort?.aborted === true || this.#fault !== undefined;
  }

  readonly #devices = new Map<string, StationDevice>();

  #observe(devices: readonly StationDevice[]): void {
    const nowMs = this.#options.clock.now();
    this.#devices.clear();
    for (const device of devices) this.#devices.set(device.path, device);
    const paths = new Set([...this.#ports.keys(), ...this.#devices.keys()]);
    for (const path of paths) {
      const before = this.#ports.get(path) ?? emptyPort(path);
      this.#set(observePort(before, { device: this.#devices.get(path), nowMs }));
    }
  }

  #startQueued(): void {
    const { jobs = Infinity } = this.#options;
    for (const port of this.#ports.values()) {
      if (this.#running.size >= jobs || this.#isStopping()) return;
      const device = this.#devices.get(port.path);
      if (port.state !== "queued" || device === undefined) continue;
      const run = this.#flash(port, device).finally(() => {
        this.#running.delete(run);
        this.#wake();
      });
      this.#running.add(run);
    }
  }

  async #flash(port: Port, device: StationDevice): Promise<void> {
    const { path } = port;
    const { clock, job, listener, portName = (path) => path, abort } = this.#options;
    this.#set({ ...port, state: "flashing" });
    try {
      const unit = { clock, port: portName(path), listener: listener.unit(path), signal: abort };
      const attempt = await flashUnit(device, job, unit);
      this.#counts[attempt.result]++;
      this.#exitCode ||= attempt.error?.exitCode ?? 0;
      listener.onAttempt(path, attempt);
      const passed = attempt.result === "passed";
      const hasLeft = attempt.finalState !== undefined && attempt.finalState !== "boot-loader";
      this.#set(finishPort(port, { passed, hasLeft }));
    } catch (error) {
      this.#fault ??= { error };
      this.#set(finishPort(port, { passed: false, hasLeft: false }));
    }
  }

  #set(port: Port): void {
    const before = this.#ports.get(port.path);
    this.#ports.set(port.path, port);
    if (before?.state !== port.state) this.#options.listener.onPort(port);
  }
}
