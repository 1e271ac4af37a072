import { TransportError } from "../errors.ts";
import { formatRange } from "../format.ts";
import type { Clock } from "../usb/transport.ts";
import { BootLoader } from "./boot_loader.ts";
import { encodeConfiguration } from "./descriptor_bytes.ts";
import { loadImageFile, saveImageFile } from "./image_file.ts";
import { loadOptionBytes } from "./option_bytes.ts";
import { applyProtection, createPart, type Part, type SimulatorOptions } from "./part.ts";
import type { PartCode } from "./part_code.ts";
import type { LogEntry, SimulatorReport } from "./report.ts";
import { RuntimeProgram } from "./runtime_program.ts";
import {
  type DepartureReason,
  SimulatedTransport,
  type TransportHost,
} from "./simulated_transport.ts";
import { CLOCK_TOLERANCE_MS } from "./work_runner.ts";

/**
 * A board with a part in its boot loader, or in its program if the options say so, on a bus of its own.
 *
 * @throws {UsageError} if the image file is of another part.
 * @throws {FirmwareError} if the image file is damaged.
 */
export function createSimulatedDevice(options: SimulatorOptions, clock: Clock): SimulatedDevice {
  const part = createPart(options);
  if (options.image !== undefined) {
    loadImageFile(part, options.image);
    applyProtection(part);
  }
  return new SimulatedDevice(part, clock);
}

/** What the host learns of a device without opening it. */
export interface DeviceDescription {
  /** Whether it is in its boot loader, or runs a program that can be asked to start it. */
  readonly mode: "dfu" | "runtime";
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly serial: string;
  /** Class, subclass and protocol of each interface. */
  readonly interfaces: readonly (readonly [number, number, number])[];
  /** The configuration descriptor, whole. */
  readonly configuration: Uint8Array;
  /** USB path: bus and ports. */
  readonly path: string;
}

const ENUMERATION_MS = 300;
/** AN2606, STM32F105/107. */
const SLOW_ENUMERATION_MS = 13_700;

/** A simulated device with its cable: plugged in from the start. See `createSimulatedDevice()`. */
export class SimulatedDevice {
  readonly #part: Part;
  readonly #clock: Clock;
  #code: PartCode;
  #transport: SimulatedTransport | undefined;
  /** When it is on the bus; undefined while unplugged, or while a program runs that does not use the bus. */
  #readyMs: number | undefined;

  /** Use `createSimulatedDevice()`. */
  constructor(part: Part, clock: Clock) {
    this.#part = part;
    this.#clock = clock;
    this.#code = startCode(part, "power-cycled");
    this.#readyMs = this.#enumerationMs(clock.now(), { usualMs: 0 });
  }

  /** What happened so far. */
  get report(): SimulatorReport {
    this.#catchUp();
    return this.#part.recorder.report();
  }

  /** The last 256 transfers. */
  get log(): readonly LogEntry[] {
    return [...this.#part.recorder.log];
  }

  /** Whether it is on the bus. */
  get isAttached(): boolean {
    this.#catchUp();
    return this.#readyMs !== undefined && this.#clock.now() >= this.#readyMs - CLOCK_TOLERANCE_MS;
  }

  /** Whether it is on the bus, or will soon be by itself. */
  get isPresent(): boolean {
    this.#catchUp();
    return this.#readyMs !== undefined;
  }

  /** As it is now, or will be when it is plugged in. */
  describe(): DeviceDescription {
    this.#catchUp();
    const { description } = this.#code;
    const { mode, vendorId, productId, deviceVersion, serial, interfaces } = description;
    return {
      ...{ mode, vendorId, productId, deviceVersion, serial },
      interfaces: interfaces.map(({ classCodes }) => classCodes),
      configuration: encodeConfiguration(description),
      path: this.#part.options.path ?? "simulated-1",
    };
  }

  /**
   * Opens it, once it has enumerated.
   *
   * @throws {TransportError} `not-found` if it is not on the bus, `busy` if it is open already.
   */
  async open(): Promise<SimulatedTransport> {
    this.#catchUp();
    if (this.#transport !== undefined) {
      throw new TransportError("busy", "Cannot open the simulated device: it is open already");
    }
    if (this.#readyMs === undefined) throw notFound();
    const transport = new SimulatedTransport(this.#createHost());
    this.#transport = transport;
    await this.#clock.sleep(this.#readyMs - this.#clock.now());
    if (this.#transport !== transport) throw notFound();
    this.#part.recorder.opened(this.#clock.now());
    return transport;
  }

  /** Pulls the cable, which also takes the power away. */
  unplug(): void {
    this.#depart("pulled");
  }

  /** Plugs the cable in again, or pulls and plugs it. */
  replug(): void {
    this.#depart("power-cycled");
  }

  /**
   * A copy of memory, whichever alternate setting it belongs to; for tests.
   *
   * @throws {RangeError} if the part has no such memory.
   */
  readMemory(address: number, size: number): Uint8Array {
    return this.#memoryAt(address, size).slice();
  }

  /**
   * Sets memory as if it had always been so; for tests.
   *
   * @throws {RangeError} if the part has no such memory.
   */
  writeMemory(address: number, data: Uint8Array): void {
    this.#memoryAt(address, data.length).set(data);
  }

  #memoryAt(address: number, size: number): Uint8Array {
    this.#catchUp();
    const area = this.#part.memory.areaAt(address);
    const offset = address - (area?.address ?? 0);
    if (area === undefined || offset + size > area.bytes.length) {
      throw new RangeError(`Cannot reach ${formatRange({ address, size })}: no such memory`);
    }
    return area.bytes.subarray(offset, offset + size);
  }

  /** Time may have passed since the last transfer: work has ended, or what ran is gone. */
  #catchUp(): void {
    this.#code.settle(this.#clock.now());
    const reason = this.#dueDeparture();
    if (reason !== undefined) this.#depart(reason);
  }

  #dueDeparture(): DepartureReason | undefined {
    const { departure } = this.#code;
    const isDue = this.#clock.now() >= (departure?.atMs ?? Infinity) - CLOCK_TOLERANCE_MS;
    return isDue ? departure?.reason : undefined;
  }

  #depart(reason: DepartureReason): void {
    const nowMs = this.#clock.now();
    this.#code.breakOff(nowMs);
    loadOptionBytes(this.#part);
    this.#code = startCode(this.#part, reason);
    const isLoader = this.#code.description.mode === "dfu";
    const isGone = reason === "pulled" || (reason === "left" && isLoader);
    this.#readyMs = isGone ? undefined : this.#enumerationMs(nowMs, { usualMs: ENUMERATION_MS });
    this.#transport?.disconnect();
    this.#release();
  }

  /** When what runs now is on the bus, having started at a time; undefined if it never will be. */
  #enumerationMs(nowMs: number, { usualMs }: { readonly usualMs: number }): number | undefined {
    const { lockedForEver, quirks } = this.#part;
    if (this.#code.description.mode === "runtime") return nowMs + usualMs;
    if (lockedForEver) return undefined;
    return nowMs + (quirks.has("slow-enumeration") ? SLOW_ENUMERATION_MS : usualMs);
  }

  #busReset(): void {
    this.#code.busReset(this.#clock.now());
    const becomesLoader = this.#dueDeparture() === "detached" && !this.#part.lockedForEver;
    if (becomesLoader) this.#code = startCode(this.#part, "detached");
  }

  #release(): void {
    this.#transport = undefined;
    const { image } = this.#part.options;
    if (image !== undefined) saveImageFile(this.#part, image);
  }

  #createHost(): TransportHost {
    const getCode = () => this.#code;
    return {
      part: this.#part,
      clock: this.#clock,
      get code() {
        return getCode();
      },
      busReset: () => this.#busReset(),
      depart: (reason) => this.#depart(reason),
      closed: () => {
        this.#catchUp();
        this.#release();
      },
    };
  }
}

/** What runs after a start: power-on and the boot pins start the program where there is one. */
function startCode(part: Part, reason: DepartureReason): PartCode {
  const isProgram = part.options.runtime !== undefined && reason !== "detached";
  return isProgram ? new RuntimeProgram(part) : new BootLoader(part);
}

function notFound(): TransportError {
  return new TransportError(
    "not-found",
    "Cannot open the simulated device: it is not on the bus",
    { hint: "It has been unplugged, or its program runs: reset it into its boot loader." },
  );
}
