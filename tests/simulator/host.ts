import { findChip } from "../../src/chips/chips.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import {
  createSimulatedDevice,
  type SimulatedDevice,
} from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import type { ControlSetup, Transport } from "../../src/usb/transport.ts";

/** A host that only says what a test tells it to: raw DFU requests, no retries, no waiting. */
export class Host {
  constructor(readonly transport: Transport, readonly timeoutMs = 60_000) {}

  static async open(device: SimulatedDevice, timeoutMs?: number): Promise<Host> {
    return new Host(await device.open(), timeoutMs);
  }

  download(block: number, data: Uint8Array | readonly number[] = []): Promise<void> {
    return this.out(1, block, Uint8Array.from(data));
  }

  upload(block: number, size: number): Promise<Uint8Array> {
    return this.in(2, block, size);
  }

  async status(): Promise<{ status: number; pollTimeoutMs: number; state: number }> {
    const bytes = await this.in(3, 0, 6);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return {
      status: bytes[0]!,
      pollTimeoutMs: view.getUint32(1, true) % 2 ** 24,
      state: bytes[4]!,
    };
  }

  clearStatus(): Promise<void> {
    return this.out(4);
  }

  async state(): Promise<number> {
    return (await this.in(5, 0, 1))[0]!;
  }

  abort(): Promise<void> {
    return this.out(6);
  }

  /** DNLOAD and both GETSTATUS; answers the second. */
  async command(block: number, data: Uint8Array | readonly number[]) {
    await this.download(block, data);
    await this.status();
    return await this.status();
  }

  setAddress(address: number) {
    return this.command(0, [0x21, ...littleEndian(address)]);
  }

  erase(address: number) {
    return this.command(0, [0x41, ...littleEndian(address)]);
  }

  selectAlternate(alternate: number): Promise<void> {
    return this.control({ requestType: 0x01, request: 11, value: alternate, index: 0 });
  }

  descriptor(type: number, index: number, length = 1024): Promise<Uint8Array> {
    const setup = { requestType: 0x80, request: 6, value: type * 256 + index, index: 0 };
    return this.transport.controlIn(setup, length, this.timeoutMs);
  }

  control(setup: ControlSetup, data = new Uint8Array(0)): Promise<void> {
    return this.transport.controlOut(setup, data, this.timeoutMs);
  }

  out(request: number, value = 0, data = new Uint8Array(0)): Promise<void> {
    return this.control({ requestType: 0x21, request, value, index: 0 }, data);
  }

  in(request: number, value: number, length: number): Promise<Uint8Array> {
    const setup = { requestType: 0xA1, request, value, index: 0 };
    return this.transport.controlIn(setup, length, this.timeoutMs);
  }
}

export function littleEndian(address: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, address, true);
  return [...bytes];
}

/** Bytes that are easy to tell from old contents. */
export function pattern(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) % 251);
}

/** A device, an STM32F405 unless said otherwise, with a clock of its own and a host that has opened it. */
export async function start(options: Partial<SimulatorOptions> = {}) {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f405"), ...options }, clock);
  return { clock, device, host: await Host.open(device) };
}

/** Virtual milliseconds that something takes, to the microsecond. */
export async function timed(clock: VirtualClock, action: () => Promise<unknown>): Promise<string> {
  const startMs = clock.now();
  await action();
  return (clock.now() - startMs).toFixed(3);
}

/** DNLOAD and two status requests; the setup of the second is on the wire while the device works. */
export function commandTime(size: number, workMs: number): string {
  return (wireTimeMs(size) + wireTimeMs(6) + workMs + wireTimeMs(6) - wireTimeMs(0)).toFixed(3);
}
