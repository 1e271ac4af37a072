import { TransportError } from "../errors.ts";
import type { Clock } from "../usb/transport.ts";
import type { SimulatedDevice } from "./simulated_device.ts";
import { requestName, type SimulatedTransport } from "./simulated_transport.ts";
import {
  COMMAND_HEADER_SIZE,
  decodeCommand,
  encodeSubmitReturn,
  encodeUnlinkReturn,
  malformed,
  type SubmitCommand,
  TRANSFER_STATUS,
  type UnlinkCommand,
} from "./usbip_protocol.ts";
import type { UsbipReader } from "./usbip_reader.ts";

/** One transfer that came to an end, for the record. */
export interface TransferRecord {
  /** On the device's clock. */
  readonly startMs: number;
  readonly endMs: number;
  /** `GETSTATUS`, `SET_INTERFACE`. */
  readonly name: string;
  readonly setup: SubmitCommand["setup"];
  /** wLength. */
  readonly length: number;
  /** What went out or came in. */
  readonly data: Uint8Array;
  readonly result: "ok" | "stall" | "timeout" | "fault" | "unlinked" | "disconnected";
}

export interface ImportOptions {
  readonly device: SimulatedDevice;
  /** The device's. */
  readonly clock: Clock;
  readonly transport: SimulatedTransport;
  readonly reader: UsbipReader;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly onTransfer?: ((record: TransferRecord) => void) | undefined;
}

/**
 * Does what the host asks of an imported device until the host ends the connection, or the device leaves the bus.
 *
 * @throws {TransportError} `fault` for a message that cannot be read.
 */
export async function serveImport(options: ImportOptions): Promise<void> {
  const { reader } = options;
  const pipe = new ControlPipe(options);
  while (true) {
    const header = await reader.read(COMMAND_HEADER_SIZE);
    if (header === undefined) return await pipe.failure;
    const command = decodeCommand(header);
    if (command.kind === "unlink") {
      await pipe.unlink(command);
      continue;
    }
    const size = command.direction === "out" ? command.size : 0;
    const data = await reader.read(size);
    if (data === undefined) throw malformed("message", "an end before its data", `${size} bytes`);
    checkLengths(command);
    pipe.submit(command, data);
  }
}

/** More than any host has under way on one endpoint; a bound for memory. */
const MAXIMUM_PENDING = 64;

/** The host decides how long it waits: it unlinks what takes too long. */
const PATIENCE_MS = Number.MAX_SAFE_INTEGER;

interface PendingTransfer {
  readonly command: SubmitCommand;
  readonly data: Uint8Array;
  isUnlinked: boolean;
}

type TransferResult = Pick<TransferRecord, "data" | "result">;

/** Endpoint 0: transfers in their order, one at a time. */
class ControlPipe {
  /** Why the pipe stopped, if it was not the device that left. */
  failure: Promise<void> = Promise.resolve();
  readonly #options: ImportOptions;
  /** The first one is under way. */
  readonly #pending: PendingTransfer[] = [];

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  submit(command: SubmitCommand, data: Uint8Array): void {
    if (this.#pending.length === MAXIMUM_PENDING) {
      throw malformed("command", "one more transfer", `at most ${MAXIMUM_PENDING} at a time`);
    }
    this.#pending.push({ command, data, isUnlinked: false });
    if (this.#pending.length === 1) this.#start(this.#perform());
  }

  async unlink({ sequence, target }: UnlinkCommand): Promise<void> {
    const index = this.#pending.findIndex(({ command, isUnlinked }) =>
      command.sequence === target && !isUnlinked
    );
    const transfer = this.#pending[index];
    const status = transfer === undefined ? TRANSFER_STATUS.done : TRANSFER_STATUS.unlinked;
    if (transfer !== undefined) transfer.isUnlinked = true;
    if (index === 0) this.#options.transport.cancel();
    if (index > 0) this.#pending.splice(index, 1);
    await this.#options.write(encodeUnlinkReturn(sequence, status));
  }

  /** Work beside the reading: its failure ends the reading, which then reports it. */
  #start(work: Promise<void>): void {
    work.catch((error) => {
      this.failure = Promise.reject(error);
      // Whoever reads is told; if nobody does any more, it is no failure either.
      this.failure.catch(() => {});
      this.#options.reader.cancel();
    });
  }

  async #perform(): Promise<void> {
    const { clock, reader, write, transport, onTransfer } = this.#options;
    for (let transfer = this.#pending[0]; transfer !== undefined; transfer = this.#pending[0]) {
      const { command } = transfer;
      const startMs = clock.now();
      const done = await this.#transfer(transfer);
      const result = transfer.isUnlinked ? "unlinked" : done.result;
      const { setup, setupLength: length, sequence } = command;
      onTransfer?.({
        ...{ startMs, endMs: clock.now(), name: requestName(setup), setup, length },
        ...{ data: done.data, result },
      });
      this.#pending.shift();
      if (result !== "unlinked" && result !== "disconnected") {
        await write(encodeSubmitReturn(sequence, returnOf(command, { ...done, result })));
      }
      if (result === "disconnected") return reader.cancel();
      if (transport.departsAtMs !== undefined && this.#pending.length === 0) this.#awaitDeparture();
    }
  }

  async #transfer({ command, data }: PendingTransfer): Promise<TransferResult> {
    const { setup, setupLength } = command;
    const { transport } = this.#options;
    if (command.endpoint !== 0) return { result: "fault", data: new Uint8Array(0) };
    try {
      const isReset = isPortReset(setup);
      if (isReset || isFirstOfEnumeration(command)) transport.busReset();
      if (isReset) return { result: "ok", data };
      if (setup.requestType < DEVICE_TO_HOST) {
        await transport.controlOut(setup, data, PATIENCE_MS);
      } else {
        const came = await transport.controlIn(setup, setupLength, PATIENCE_MS);
        return { result: "ok", data: came };
      }
      return { result: "ok", data };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return { result: resultOf(error), data: new Uint8Array(0) };
    }
  }

  /** It leaves by itself some time after the last transfer, even if the host asks nothing any more. */
  #awaitDeparture(): void {
    const { clock, transport, reader } = this.#options;
    const leave = async () => {
      await clock.sleep((transport.departsAtMs ?? 0) - clock.now());
      if (this.#hasLeft()) reader.cancel();
    };
    this.#start(leave());
  }

  /** Asking the device makes it see what time it is. */
  #hasLeft(): boolean {
    const { device, transport } = this.#options;
    return !device.isAttached || !transport.isConnected;
  }
}

/** USB 2.0 table 9-2, bit 7. */
const DEVICE_TO_HOST = 0x80;

/** SET_FEATURE(PORT_RESET) to a hub's port (USB 2.0 §11.24.2): how usbip-win2 passes a port reset on. */
function isPortReset({ requestType, request, value }: SubmitCommand["setup"]): boolean {
  return requestType === 0x23 && request === 3 && value === 4;
}

/**
 * GET_DESCRIPTOR of the device with room for 64 bytes, which is larger than it is: what Linux and Windows ask a device that
 * has just been reset, to learn the size of its packets, and nobody asks later. Linux tells nothing else of a port reset.
 */
function isFirstOfEnumeration({ setup, setupLength }: SubmitCommand): boolean {
  const { requestType, request, value } = setup;
  return requestType === DEVICE_TO_HOST && request === 6 && value === 0x0100 && setupLength === 64;
}

/** Data must go the way that the setup packet says, and there must be room for it. */
function checkLengths({ direction, endpoint, setup, setupLength, size }: SubmitCommand): void {
  if (endpoint !== 0) return;
  const wanted = setup.requestType < DEVICE_TO_HOST ? "out" : "in";
  if (direction !== wanted && setupLength > 0) {
    throw malformed("command", `direction ${direction}`, `${wanted} as in its setup packet`);
  }
  if (direction === "in" ? size >= setupLength : size === setupLength) return;
  throw malformed("command", `${size} bytes`, `wLength, which is ${setupLength}`);
}

function resultOf(error: TransportError): TransferRecord["result"] {
  switch (error.kind) {
    case "stall":
    case "timeout":
    case "disconnected":
      return error.kind;
    case "not-found":
    case "access-denied":
    case "no-driver":
    case "busy":
    case "fault":
      return "fault";
  }
}

function returnOf(command: SubmitCommand, { result, data }: TransferResult) {
  if (command.endpoint !== 0) return { status: TRANSFER_STATUS.noEndpoint, size: 0 };
  const status = result === "ok" || result === "unlinked" || result === "disconnected"
    ? TRANSFER_STATUS.done
    : TRANSFER_STATUS[result];
  return command.direction === "in"
    ? { status, size: data.length, data }
    : { status, size: data.length };
}
