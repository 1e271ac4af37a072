import { findChip } from "../../src/chips/chips.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import type { TransferRecord } from "../../src/simulator/usbip_import.ts";
import { type ByteDuplex, type ServedDevice, UsbipBus } from "../../src/simulator/usbip_server.ts";
import type { Clock } from "../../src/usb/transport.ts";
import { littleEndian } from "./host.ts";

/** Time that passes at once, but for waits without end: those last until the host gives up. */
export class PatientClock implements Clock {
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    if (ms >= ENDLESS_MS) return new Promise(() => {});
    this.#nowMs += Math.max(0, ms);
    return Promise.resolve();
  }
}

/** Longer than any work of a part. */
const ENDLESS_MS = 500_000;

/** A bus with one simulated part for each set of options, and what it told. */
export function createBus(...parts: Partial<SimulatorOptions>[]) {
  const log: string[] = [];
  const transfers: [string, TransferRecord][] = [];
  const devices: ServedDevice[] = parts.map((options) => {
    const clock = new PatientClock();
    return {
      clock,
      device: createSimulatedDevice({ chip: findChip("stm32f405"), ...options }, clock),
    };
  });
  const bus = new UsbipBus(devices, {
    log: (text) => log.push(text),
    transfer: (busId, record) => transfers.push([busId, record]),
  });
  return { bus, log, transfers, devices: devices.map(({ device }) => device) };
}

/** A host at the other end of a connection: it sends bytes that are written out here, with no code of the server. */
export class UsbipClient {
  /** Resolves when the server is done with the connection. */
  readonly served: Promise<void>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #chunkSize: number;
  #rest = new Uint8Array(0);
  #sequence = 0;

  constructor(bus: UsbipBus, { chunkSize = Infinity } = {}) {
    const toServer = new TransformStream<Uint8Array, Uint8Array>();
    const toClient = new TransformStream<Uint8Array, Uint8Array>();
    this.#writer = toServer.writable.getWriter();
    this.#reader = toClient.readable.getReader();
    this.#chunkSize = chunkSize;
    this.served = bus.serve(connectionOf(toServer.readable, toClient.writable), "test");
  }

  /** A client that has imported the device at this bus id. */
  static async attach(bus: UsbipBus, busId = "1-1", options = {}): Promise<UsbipClient> {
    const client = new UsbipClient(bus, options);
    client.send(importRequest(busId));
    const reply = await client.take(8);
    if (reply[7] !== 0) throw new Error(`Cannot attach ${busId}: status ${reply[7]}`);
    await client.take(312);
    return client;
  }

  /** Does not wait for anybody to read it. */
  send(bytes: Uint8Array | readonly number[]): void {
    const all = Uint8Array.from(bytes);
    for (let offset = 0; offset < all.length; offset += this.#chunkSize) {
      // The server may close the connection before it has read all.
      this.#writer.write(all.slice(offset, offset + this.#chunkSize)).catch(() => {});
    }
  }

  /** Ends the connection, as `usbip detach` does; resolves when the server is done with it. */
  async detach(): Promise<void> {
    // Neither side may wait for the other one to read first.
    await Promise.all([this.#writer.close().catch(() => {}), this.takeAll(), this.served]);
  }

  /** The next bytes of the server. */
  async take(size: number): Promise<Uint8Array> {
    while (this.#rest.length < size) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`The server sent ${this.#rest.length} bytes, expected ${size}`);
      this.#rest = Uint8Array.from([...this.#rest, ...value]);
    }
    const bytes = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(size);
    return bytes;
  }

  /** Everything until the server ends the connection. */
  async takeAll(): Promise<Uint8Array> {
    for (let { done, value } = await this.#reader.read(); !done;) {
      this.#rest = Uint8Array.from([...this.#rest, ...value!]);
      ({ done, value } = await this.#reader.read());
    }
    return this.#rest;
  }

  /** Submits a transfer; its sequence number. */
  submit(request: Submit): number {
    this.send(submitCommand(++this.#sequence, request));
    return this.#sequence;
  }

  unlink(target: number): number {
    const bytes = new Uint8Array(48);
    bytes.set([...u32(2), ...u32(++this.#sequence), ...u32(0x10002)]);
    bytes.set(u32(target), 20);
    this.send(bytes);
    return this.#sequence;
  }

  /** The next return of the server. */
  async takeReturn(isIn = false): Promise<Return> {
    const header = await this.take(48);
    const view = new DataView(header.buffer);
    const size = view.getUint32(24);
    return {
      command: view.getUint32(0),
      sequence: view.getUint32(4),
      status: view.getInt32(20),
      size,
      data: isIn ? [...await this.take(size)] : [],
    };
  }

  /** A transfer from its begin to its end. */
  async transfer(request: Submit): Promise<Return> {
    this.submit(request);
    return await this.takeReturn((request.setup[0]! & 0x80) !== 0);
  }

  async download(block: number, data: readonly number[]): Promise<Return> {
    const setup = [0x21, 1, block % 256, block >> 8, 0, 0, ...u16(data.length)];
    return await this.transfer({ setup, data });
  }

  async status(): Promise<Return> {
    return await this.transfer({ setup: GET_STATUS });
  }

  /** DNLOAD of an erase or of an address, and both status requests. */
  async command(code: number, address: number): Promise<Return> {
    await this.download(0, [code, ...littleEndian(address)]);
    await this.status();
    return await this.status();
  }
}

/** A connection as the server sees it, made of two streams. */
function connectionOf(
  readable: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): ByteDuplex {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  let rest = new Uint8Array(0);
  return {
    async read(buffer) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return null;
        rest = Uint8Array.from(value);
      }
      const part = rest.subarray(0, buffer.length);
      buffer.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    async write(bytes) {
      await writer.write(bytes);
      return bytes.length;
    },
    close() {
      reader.cancel().catch(() => {});
      writer.close().catch(() => {});
    },
  };
}

/** Setup packet of a DFU GETSTATUS. */
export const GET_STATUS = [0xA1, 3, 0, 0, 0, 0, 6, 0] as const;

/** A transfer as the host asks for it; sizes follow from the setup packet and the data unless they are given. */
export interface Submit {
  readonly setup: readonly number[];
  readonly data?: readonly number[];
  readonly endpoint?: number;
  readonly direction?: number;
  readonly size?: number;
}

export interface Return {
  readonly command: number;
  readonly sequence: number;
  readonly status: number;
  readonly size: number;
  readonly data: readonly number[];
}

export const LIST_REQUEST = [0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0] as const;

export function importRequest(busId: string): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes.set([0x01, 0x11, 0x80, 0x03]);
  bytes.set(new TextEncoder().encode(busId), 8);
  return bytes;
}

export function submitCommand(sequence: number, request: Submit): Uint8Array {
  const { setup, data = [], endpoint = 0 } = request;
  const isIn = (setup[0]! & 0x80) !== 0;
  const length = setup[6]! + setup[7]! * 256;
  const bytes = new Uint8Array(48 + data.length);
  bytes.set([...u32(1), ...u32(sequence), ...u32(0x10002)]);
  bytes.set([...u32(request.direction ?? (isIn ? 1 : 0)), ...u32(endpoint)], 12);
  bytes.set(u32(request.size ?? (isIn ? length : data.length)), 24);
  bytes.set(setup, 40);
  bytes.set(data, 48);
  return bytes;
}

function u32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xFF);
}

function u16(value: number): number[] {
  return [value % 256, value >> 8];
}
