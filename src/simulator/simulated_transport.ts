import { TransportError } from "../errors.ts";
import type { Clock, ControlSetup, Transport } from "../usb/transport.ts";
import { DFU_REQUESTS } from "./dfu_numbers.ts";
import { type Fault, flipBit } from "./faults.ts";
import type { Part } from "./part.ts";
import type { Departure, PartCode } from "./part_code.ts";
import { standardRequestName } from "./standard_requests.ts";
import { isClassRequest, type Reply, STALL, type UsbRequest } from "./usb_request.ts";
import { CLOCK_TOLERANCE_MS } from "./work_runner.ts";
import { dataTimeMs, TRANSFER_OVERHEAD_MS } from "./wire_time.ts";

/** Why a device is no longer on the bus. */
export type DepartureReason = Departure["reason"] | "pulled" | "power-cycled";

/** The device behind a transport. */
export interface TransportHost {
  readonly part: Part;
  readonly clock: Clock;
  /** What runs now. */
  readonly code: PartCode;
  /** The hub has reset the port. Whatever the device is then, it keeps its transport. */
  busReset(): void;
  depart(reason: DepartureReason): void;
  closed(): void;
}

/** A hub holds a port in reset for this long (USB 2.0 §7.1.7.5, TDRSTR). */
const PORT_RESET_MS = 50;

/** One transfer under way: where it must end, and what is to go wrong. */
interface Attempt {
  readonly request: UsbRequest;
  readonly name: string;
  readonly deadlineMs: number;
  readonly fault: Fault | undefined;
}

/** Control transfers to a simulated device, with the time they take. One at a time: others queue. */
export class SimulatedTransport implements Transport {
  readonly #host: TransportHost;
  #isConnected = true;
  #turn: Promise<void> = Promise.resolve();
  #interrupt: ((error: TransportError) => void) | undefined;

  constructor(host: TransportHost) {
    this.#host = host;
  }

  async controlOut(setup: ControlSetup, data: Uint8Array, timeoutMs: number): Promise<void> {
    await this.#inTurn({ setup, data: data.slice(), length: data.length }, timeoutMs);
  }

  controlIn(setup: ControlSetup, length: number, timeoutMs: number): Promise<Uint8Array> {
    return this.#inTurn({ setup, data: new Uint8Array(0), length }, timeoutMs);
  }

  /** The device stays where it is, with its state machine as after power-on, unless the reset makes it another one. */
  async reset(): Promise<void> {
    await this.#exclusively(async () => {
      await this.#pass(PORT_RESET_MS);
      const { clock, code } = this.#host;
      code.busReset(clock.now());
      this.#leaveIfDue();
    });
  }

  /**
   * The host has reset the port itself, which took its time there. As on a real bus the connection is the same afterwards,
   * even if the device is another one: the host sees that when it asks what is there.
   */
  busReset(): void {
    this.#host.busReset();
  }

  close(): Promise<void> {
    if (this.#isConnected) {
      this.disconnect();
      this.#host.closed();
    }
    return Promise.resolve();
  }

  /** Until the device is found to be gone, or the transport is closed. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** When the device will leave the bus by itself; undefined while it has no reason to. */
  get departsAtMs(): number | undefined {
    return this.#host.code.departure?.atMs;
  }

  /** The host gives up the transfer under way: it rejects with `timeout`. Its request may have arrived or not. */
  cancel(): void {
    this.#interrupt?.(
      new TransportError("timeout", "Cannot complete the transfer: the host gave it up"),
    );
  }

  /** From now on, and for a transfer that is under way, everything rejects with `disconnected`. */
  disconnect(): void {
    this.#isConnected = false;
    this.#interrupt?.(disconnected());
  }

  #inTurn(request: UsbRequest, timeoutMs: number): Promise<Uint8Array> {
    return this.#exclusively(async () => {
      const { clock, part } = this.#host;
      const name = requestName(request.setup);
      part.recorder.transfers++;
      part.recorder.request(name);
      const { transfers } = part.recorder;
      const fault = part.options.faults?.find((fault) => fault.transfer === transfers);
      const attempt = { request, name, deadlineMs: clock.now() + timeoutMs, fault };
      try {
        const bytes = await this.#transfer(attempt);
        this.#log(
          attempt,
          request.length === 0 ? "ok" : `ok, ${bytes.length || request.length} bytes`,
        );
        return bytes;
      } catch (error) {
        if (error instanceof TransportError) this.#log(attempt, error.kind);
        throw error;
      }
    });
  }

  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      if (!this.#isConnected) throw disconnected();
      return await action();
    } finally {
      resolve();
    }
  }

  async #transfer(attempt: Attempt): Promise<Uint8Array> {
    const { request, fault } = attempt;
    const { code } = this.#host;
    this.#leaveIfDue();
    if (fault?.kind === "timeout") await this.#passUntil(Infinity, attempt);
    if (fault?.kind === "disconnect") this.#vanish("pulled");
    if (fault?.kind === "reconnect") this.#vanish("power-cycled");
    await this.#wire(TRANSFER_OVERHEAD_MS + dataTimeMs(request.data.length), attempt);
    const reply = await this.#replyTo(attempt);
    if (reply.kind === "stall") {
      this.#host.part.recorder.stalls++;
      throw new TransportError("stall", `Cannot complete ${attempt.name}: the device stalled it`);
    }
    if (reply.kind !== "answer") this.#vanish(code.departure?.reason ?? "pulled");
    const bytes = this.#damage(reply.bytes, attempt);
    if (bytes.length > 0) await this.#wire(dataTimeMs(bytes.length), attempt);
    reply.afterwards?.(this.#host.clock.now());
    return bytes;
  }

  /** Asks the device until it has an answer; each wait ends at the deadline at the latest. */
  async #replyTo(attempt: Attempt): Promise<Reply> {
    const { fault } = attempt;
    const { clock, code } = this.#host;
    const arrivedMs = clock.now();
    if (fault?.kind === "stall") return STALL;
    if (fault?.kind === "busy") code.stayBusy();
    if (fault?.kind === "status") {
      code.fail(fault.status, arrivedMs);
      // What dfuERROR forbids is stalled, and the host is not to blame.
      if (["DNLOAD", "UPLOAD", "ABORT", "DETACH"].includes(attempt.name)) return STALL;
    }
    const request = damagedRequest(attempt, this.#host.part);
    while (true) {
      const reply = code.handle(request, { nowMs: clock.now(), arrivedMs });
      if (reply.kind !== "wait") return reply;
      await this.#passUntil(reply.untilMs, attempt);
      this.#leaveIfDue();
    }
  }

  /** Data that changed or was cut on its way to the host. */
  #damage(bytes: Uint8Array, { request, name, fault }: Attempt): Uint8Array {
    if (fault?.kind === "short") return bytes.subarray(0, Math.floor(bytes.length / 2));
    const isData = name === "UPLOAD" && request.setup.value >= 2;
    const flips = fault?.kind === "flip" && isData;
    return flips ? flipBit(bytes, this.#host.part.random.next()) : bytes;
  }

  /** Time on the bus. A transfer cut short by its time-out never arrives. */
  async #wire(ms: number, attempt: Attempt): Promise<void> {
    const { clock, part } = this.#host;
    const startMs = clock.now();
    if (startMs + ms > attempt.deadlineMs) await this.#passUntil(Infinity, attempt);
    await this.#pass(ms);
    part.recorder.activity("wire", { startMs, endMs: clock.now() });
  }

  /** Waits as long as the deadline lets it. */
  async #passUntil(untilMs: number, { name, deadlineMs }: Attempt): Promise<void> {
    const nowMs = this.#host.clock.now();
    await this.#pass(Math.min(untilMs, deadlineMs) - nowMs);
    if (untilMs > deadlineMs) {
      throw new TransportError(
        "timeout",
        `Cannot complete ${name}: no answer within the time-out`,
        {
          hint: "Unplug the device, plug it in again, and run the same command once more.",
        },
      );
    }
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#host.clock.sleep(ms).then(resolve, reject);
    });
  }

  /** What runs may have stopped since the last transfer, or during this one. */
  #leaveIfDue(): void {
    const { departure } = this.#host.code;
    if (departure === undefined || this.#host.clock.now() < departure.atMs - CLOCK_TOLERANCE_MS) {
      return;
    }
    this.#vanish(departure.reason);
  }

  #vanish(reason: DepartureReason): never {
    this.#host.depart(reason);
    throw disconnected();
  }

  #log({ request, name }: Attempt, result: string): void {
    const { setup, length } = request;
    const text = `${name} value ${setup.value}, index ${setup.index}, ${length} bytes: ${result}`;
    this.#host.part.recorder.logTransfer(this.#host.clock.now(), text);
  }
}

/** `GETSTATUS`, `SET_INTERFACE`; unknown ones by their numbers. */
export function requestName(setup: ControlSetup): string {
  const name = isClassRequest(setup) ? DFU_REQUESTS[setup.request] : standardRequestName(setup);
  return name ?? `request ${setup.request} of type ${formatHex(setup.requestType)}`;
}

function formatHex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** Data that changed on its way to the device. */
function damagedRequest({ request, name, fault }: Attempt, part: Part): UsbRequest {
  const isData = name === "DNLOAD" && request.setup.value >= 2;
  if (fault?.kind !== "flip" || !isData) return request;
  return { ...request, data: flipBit(request.data, part.random.next()) };
}

function disconnected(): TransportError {
  return new TransportError(
    "disconnected",
    "Cannot reach the simulated device: it is disconnected",
    { hint: "Check the cable, start the boot loader again, and run the same command once more." },
  );
}
