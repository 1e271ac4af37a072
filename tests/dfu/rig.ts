import { assertEquals } from "@std/assert";
import type { Chip } from "../../src/chips/chip.ts";
import { findChip } from "../../src/chips/chips.ts";
import type { FlashInput, FlashOptions } from "../../src/dfu/flash.ts";
import { flashDevice } from "../../src/dfu/flash.ts";
import { openDevice, type OpenOptions } from "../../src/dfu/open_device.ts";
import type { Report } from "../../src/dfu/report.ts";
import { DfuSession, type SessionOptions } from "../../src/dfu/session.ts";
import type { Image } from "../../src/firmware/firmware.ts";
import { buildImage, firstDifference } from "../../src/firmware/image.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import {
  createSimulatedDevice,
  type SimulatedDevice,
} from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { ControlSetup, Transport } from "../../src/usb/transport.ts";
import { Host } from "../simulator/host.ts";

export const FLASH = 0x08000000;

/** A simulated board on a virtual clock. */
export interface Board {
  readonly clock: VirtualClock;
  readonly device: SimulatedDevice;
}

export function plugIn(chip: string, options: Partial<SimulatorOptions> = {}): Board {
  const clock = new VirtualClock();
  return { clock, device: createSimulatedDevice({ chip: findChip(chip), ...options }, clock) };
}

/** Opens the board as dfuse does. */
export async function open(
  { clock, device }: Board,
  options: Omit<OpenOptions, "clock"> = {},
) {
  const transport = await device.open();
  const opened = await openDevice(transport, { clock, ...options });
  return { ...opened, transport };
}

/** A session on a part, with the raw transport beside it, to bring the device into any state. */
export async function startSession(
  chip: string,
  options: Partial<SimulatorOptions> & { readonly session?: Partial<SessionOptions> } = {},
) {
  const { session: more = {}, ...simulated } = options;
  const board = plugIn(chip, simulated);
  const transport = await board.device.open();
  const entry = simulated.chip ?? findChip(chip);
  const session = new DfuSession(transport, {
    interfaceNumber: 0,
    transferSize: entry.transferSize,
    quirks: simulated.quirks ?? entry.quirks,
    timing: entry.timing,
    pollEarly: !(simulated.quirks ?? entry.quirks).includes("early-poll-stalls"),
    clock: board.clock,
    ...more,
  });
  return { ...board, transport, session, host: new Host(transport) };
}

/** One image at an address, or several parts, as a file would have them. */
export function inputOf(
  parts: readonly { readonly address: number; readonly data: Uint8Array }[],
  alternate?: number,
): FlashInput & { readonly image: Image } {
  const image = buildImage(parts);
  const target = { image, outline: outlineImage(image) };
  return { image, images: [alternate === undefined ? target : { ...target, alternate }] };
}

/** Makes the first words a vector table, so that the program can be started. */
export function withVectors(data: Uint8Array, address = FLASH): Uint8Array {
  const bytes = data.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x20001000, true);
  view.setUint32(4, address + 9, true);
  return bytes;
}

/** Opens, flashes and closes, as the command does. `chip` says which part it is. */
export async function flash(
  board: Board,
  input: FlashInput,
  { chip, ...options }: FlashOptions & { readonly chip?: Chip } = {},
): Promise<Report> {
  const { voltage } = options;
  const opened = await open(board, { chip, voltage });
  try {
    return await flashDevice(opened, input, options);
  } finally {
    await opened.transport.close();
  }
}

/** As `assertEquals()`, for many bytes: names the first that differs, where a difference of thousands says nothing. */
export function assertBytes(found: Uint8Array, expected: Uint8Array, what = "bytes"): void {
  assertEquals(found.length, expected.length, what);
  const index = firstDifference(found, expected);
  if (index === undefined) return;
  throw new Error(
    `${what}: byte ${index} of ${found.length} is ${found[index]}, expected ${expected[index]}`,
  );
}

/** Whether the board's memory holds every byte of an image. */
export function holds(device: SimulatedDevice, image: Image): boolean {
  return image.segments.every(({ address, size, data }) => {
    const found = device.readMemory(address, size);
    return found.every((byte, index) => byte === data[index]);
  });
}

/** One control transfer as it was sent. */
export interface Sent {
  readonly setup: ControlSetup;
  readonly data: Uint8Array;
  readonly length: number;
}

type Answer = Uint8Array | Error;

/** More than any test needs. */
const MOST_REQUESTS = 500_000;

/** A device that answers from a script, and notes what it was asked; time-outs are noted too. */
export class ScriptedTransport implements Transport {
  readonly sent: (Sent & { readonly timeoutMs: number })[] = [];
  readonly #answer: (sent: Sent, count: number) => Answer;

  constructor(answer: (sent: Sent, count: number) => Answer) {
    this.#answer = answer;
  }

  controlOut(setup: ControlSetup, data: Uint8Array, timeoutMs: number): Promise<void> {
    const answer = this.#next({ setup, data: data.slice(), length: data.length }, timeoutMs);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve();
  }

  controlIn(setup: ControlSetup, length: number, timeoutMs: number): Promise<Uint8Array> {
    const answer = this.#next({ setup, data: new Uint8Array(), length }, timeoutMs);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  reset(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #next(sent: Sent, timeoutMs: number): Answer {
    this.sent.push({ ...sent, timeoutMs });
    if (this.sent.length > MOST_REQUESTS) throw new Error("A host that never stops asking");
    return this.#answer(sent, this.sent.length);
  }
}

/** The answer to GETSTATUS. */
export function statusBytes(state: number, { status = 0, pollTimeoutMs = 0 } = {}): Uint8Array {
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint32(1, pollTimeoutMs, true);
  bytes[0] = status;
  bytes[4] = state;
  return bytes;
}

/** A session with a device that answers from a script. */
export function scriptedSession(transport: Transport, transferSize = 2048): DfuSession {
  return new DfuSession(transport, {
    interfaceNumber: 0,
    transferSize,
    quirks: [],
    pollEarly: true,
    clock: new VirtualClock(),
  });
}
