import { TransportError } from "../errors.ts";
import { formatRange } from "../format.ts";
import type { Clock } from "../usb/transport.ts";
import { BootLoader } from "./boot_loader.ts";
import { deviceVersionOf, serialOf } from "./descriptor_bytes.ts";
import { loadImageFile, saveImageFile } from "./image_file.ts";
import { loadOptionBytes } from "./option_bytes.ts";
import { applyProtection, createPart, type Part, type SimulatorOptions } from "./part.ts";
import type { LogEntry, SimulatorReport } from "./report.ts";
import {
  type DepartureReason,
  SimulatedTransport,
  type TransportHost,
} from "./simulated_transport.ts";
import { CLOCK_TOLERANCE_MS } from "./work_runner.ts";

/**
 * A board with a part in its boot loader, on a bus of its own.
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
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly serial: string;
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
  #loader: BootLoader;
  #transport: SimulatedTransport | undefined;
  /** When it is on the bus; undefined while unplugged, or while its program runs. */
  #readyMs: number | undefined;

  /** Use `createSimulatedDevice()`. */
  constructor(part: Part, clock: Clock) {
    this.#part = part;
    this.#clock = clock;
    this.#loader = new BootLoader(part);
    const isSlow = part.quirks.has("slow-enumeration");
    this.#readyMs = part.lockedForEver
      ? undefined
      : clock.now() + (isSlow ? SLOW_ENUMERATION_MS : 0);
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

  /** Whether it is on the bus, in its boot loader. */
  get isAttached(): boolean {
    this.#catchUp();
    return this.#readyMs !== undefined && this.#clock.now() >= this.#readyMs - CLOCK_TOLERANCE_MS;
  }

  describe(): DeviceDescription {
    const { chip, options } = this.#part;
    const { vendorId, productId } = chip;
    const deviceVersion = deviceVersionOf(chip);
    const path = options.path ?? "simulated-1";
    return { vendorId, productId, deviceVersion, serial: serialOf(this.#part), path };
  }

  /**
   * Opens it, once it has enumerated.
   *
   * @throws {TransportError} `not-found` if it is unplugged or its program runs, `busy` if it is open already.
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

  /** Plugs the cable in again, or pulls and plugs it: the part starts in its boot loader. */
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

  /** Time may have passed since the last transfer: work has ended, or the loader is gone. */
  #catchUp(): void {
    const nowMs = this.#clock.now();
    this.#loader.settle(nowMs);
    const { departure } = this.#loader;
    if (departure !== undefined && nowMs >= departure.atMs - CLOCK_TOLERANCE_MS) {
      this.#depart(departure.reason);
    }
  }

  #depart(reason: DepartureReason): void {
    const nowMs = this.#clock.now();
    this.#loader.breakOff(nowMs);
    loadOptionBytes(this.#part);
    this.#loader = new BootLoader(this.#part);
    const isGone = reason === "left" || reason === "pulled" || this.#part.lockedForEver;
    const isSlow = this.#part.quirks.has("slow-enumeration");
    this.#readyMs = isGone ? undefined : nowMs + (isSlow ? SLOW_ENUMERATION_MS : ENUMERATION_MS);
    this.#transport?.disconnect();
    this.#release();
  }

  #release(): void {
    this.#transport = undefined;
    const { image } = this.#part.options;
    if (image !== undefined) saveImageFile(this.#part, image);
  }

  #createHost(): TransportHost {
    const getLoader = () => this.#loader;
    return {
      part: this.#part,
      clock: this.#clock,
      get loader() {
        return getLoader();
      },
      depart: (reason) => this.#depart(reason),
      closed: () => {
        this.#catchUp();
        this.#release();
      },
    };
  }
}

function notFound(): TransportError {
  return new TransportError(
    "not-found",
    "Cannot open the simulated device: it is not on the bus",
    { hint: "It has been unplugged, or its program runs: reset it into its boot loader." },
  );
}
