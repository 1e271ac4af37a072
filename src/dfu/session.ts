import type { FlashTiming, Quirk, VoltageRange } from "../chips/chip.ts";
import { DeviceError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { formatAddress } from "../format.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import { BlockCounter } from "./block_counter.ts";
import { askToLeave } from "./leave.ts";
import {
  MAXIMUM_FINISH_MS,
  MAXIMUM_RECOVERY_MS,
  maximumEraseMs,
  maximumMassEraseMs,
  stuckEraseMs,
} from "./limits.ts";
import { isBusy, type NamedWork, StatusPoller, type WorkBounds } from "./poll.ts";
import {
  COMMAND_BLOCK,
  DfuState,
  type DfuStatus,
  encodeErasePage,
  encodeMassErase,
  encodeReadUnprotect,
  encodeSetAddress,
  FIRST_DATA_BLOCK,
  VOLTAGE_CODES,
} from "./protocol.ts";
import { recoverAfter, recoverDevice } from "./recovery.ts";
import {
  explain,
  hasSucceeded,
  isRefusal,
  isStall,
  isUnanswered,
  refused,
  RefusedError,
  tolerateStall,
} from "./refusal.ts";
import { DfuRequests } from "./requests.ts";

/** What a session must know of its device. */
export interface SessionOptions {
  readonly interfaceNumber: number;
  /** wTransferSize as the device has it, in bytes: block numbers count in it. 0 if unknown: then nothing is counted. */
  readonly transferSize: number;
  readonly quirks: readonly Quirk[];
  readonly timing?: FlashTiming | undefined;
  /** Whether the next GETSTATUS may be sent before the stated time has passed: the part answers when it is done. */
  readonly pollEarly: boolean;
  /** Alternate settings that reset the device when they are written: option bytes, on many parts. */
  readonly resettingAlternates?: readonly number[];
  readonly clock: Clock;
}

/**
 * A step that stalls by accident is done again this often at most. Early L43x ROMs stall now and then, and a step is some
 * four requests, so that a few tries are not enough for thousands of steps.
 */
const MAX_ATTEMPTS = 10;

/** Erase above this address on H74x never reports its end (see the quirk). */
const SECOND_BANK = 0x08100000;

/**
 * A conversation with a boot loader: what the planner's operations say, in the requests of AN3156. It keeps track of
 * the device's state, so that only needed requests are sent. Methods throw `DeviceError` where the device refuses, after
 * they have brought it back to dfuIDLE if that is possible, and pass `TransportError` on.
 */
export class DfuSession {
  readonly #requests: DfuRequests;
  readonly #poller: StatusPoller;
  readonly #options: SessionOptions;
  readonly #blocks: BlockCounter;
  #state: number = DfuState.dfuIDLE;
  #alternate = 0;
  #hasReset = false;

  constructor(transport: Transport, options: SessionOptions) {
    this.#options = options;
    this.#requests = new DfuRequests(transport, options.interfaceNumber);
    this.#poller = new StatusPoller(this.#requests, options);
    this.#blocks = new BlockCounter(options.transferSize);
  }

  /** Whether the device has reset itself after its option bytes were written: this session is over. */
  get hasReset(): boolean {
    return this.#hasReset;
  }

  /** Brings the device from any state to dfuIDLE; waits so many milliseconds for what an earlier run began. */
  async recover(maximumMs = MAXIMUM_RECOVERY_MS): Promise<void> {
    this.#blocks.forget();
    const { clock, quirks } = this.#options;
    await recoverDevice(this.#requests, this.#poller, { clock, quirks, maximumMs });
    this.#state = DfuState.dfuIDLE;
  }

  /** Leaves the device where any tool can go on. */
  async finish(): Promise<void> {
    if (!this.#hasReset) await this.#toIdle(MAXIMUM_FINISH_MS);
  }

  async selectAlternate(alternate: number): Promise<void> {
    await this.#attempt(`select alternate setting ${alternate}`, async () => {
      await this.#toIdle();
      await this.#setInterface(alternate);
      this.#alternate = alternate;
      await this.recover();
    });
  }

  /** Erases the page that holds `page.address`; `page.size` in bytes tells how long that may take. */
  async erasePage(page: Extent): Promise<void> {
    const neverDone = page.address >= SECOND_BANK &&
      this.#options.quirks.includes("erase-never-reports-done-above-0x08100000");
    await this.#command(encodeErasePage(page.address), {
      doing: `erase the page at ${formatAddress(page.address)}`,
      maximumMs: maximumEraseMs(page.size, this.#options.timing),
      ...(neverDone ? { stuckMs: stuckEraseMs(page.size) } : {}),
    });
  }

  /** Erases all of the memory. */
  async eraseAll(): Promise<void> {
    const maximumMs = maximumMassEraseMs(this.#options.timing);
    await this.#command(encodeMassErase(), { doing: "erase the whole memory", maximumMs });
  }

  /** Lifts read protection: all of the memory is erased, and the device resets itself (AN3156 §5.4). */
  async readUnprotect(): Promise<void> {
    const doing = "lift read protection";
    const maximumMs = maximumMassEraseMs(this.#options.timing);
    await this.#command(encodeReadUnprotect(), { doing, maximumMs, mayReset: true });
  }

  /**
   * Writes one block of 2 to `transferSize` bytes. Consecutive full blocks need no new address pointer. Whether the
   * bytes got there only reading back can tell.
   */
  async write(address: number, data: Uint8Array): Promise<void> {
    const extent = { address, size: data.length };
    const doing = `write ${data.length} bytes at ${formatAddress(address)}`;
    const mayReset = this.#options.resettingAlternates?.includes(this.#alternate) ?? false;
    await this.#attempt(doing, async () => {
      await this.#toDownload();
      const block = this.#blocks.next(extent) ?? await this.#setAddress(address);
      await this.#send(block, data, { mayReset });
      this.#blocks.advance(extent);
    });
  }

  /** Reads 1 to `transferSize` bytes. */
  async read(address: number, size: number): Promise<Uint8Array> {
    if (size === 1) {
      // A block has 2 bytes or more (AN3156 §4.1), and memory begins and ends at even addresses.
      const odd = address % 2;
      return (await this.read(address - odd, 2)).subarray(odd, odd + 1);
    }
    const doing = `read ${size} bytes at ${formatAddress(address)}`;
    return await this.#attempt(doing, async () => {
      let block = this.#state === DfuState.dfuUPLOAD_IDLE
        ? this.#blocks.next({ address, size })
        : undefined;
      if (block === undefined) {
        await this.#toDownload();
        block = await this.#setAddress(address);
        await this.#toIdle();
      }
      const data = await this.#requests.upload(block, size);
      this.#state = DfuState.dfuUPLOAD_IDLE;
      this.#blocks.advance({ address, size });
      if (data.length === size) return data;
      const failure = new DeviceError(`Cannot ${doing}: the device sent ${data.length} bytes`, {
        hint: "The memory may end earlier than the device's layout says, or be read-protected.",
        facts: { address, expected: size, found: data.length },
      });
      await recoverAfter(failure, () => this.recover());
      throw failure;
    });
  }

  /**
   * Tells the boot loader its supply voltage; `address` is that of "Device Feature", whose alternate is selected. Reads
   * it back: a loader that forgets it would go on at its slowest.
   */
  async setVoltage(address: number, range: VoltageRange): Promise<void> {
    const code = VOLTAGE_CODES[range];
    await this.write(address, Uint8Array.of(code, 0xFF, 0xFF, 0xFF));
    const [found] = await this.read(address, 4);
    if (found === code) return;
    throw new DeviceError(
      `Cannot set the supply voltage to ${range} V: the boot loader holds code ${found}, expected ${code}`,
      { hint: "Run it again without --vdd: slower, but always right.", facts: { address } },
    );
  }

  /** Leaves the boot loader for the program whose vector table is at `address` (AN3156 §5.5). */
  async leave(address: number): Promise<void> {
    await this.#attempt(`start the program at ${formatAddress(address)}`, async () => {
      await this.#toDownload();
      await this.#setAddress(address);
      this.#state = DfuState.dfuMANIFEST;
      await askToLeave(this.#requests, this.#poller, this.#options.clock);
    });
  }

  /** A device with one alternate setting may stall the choice of it (USB 2.0 §9.4.10). */
  async #setInterface(alternate: number): Promise<void> {
    try {
      await this.#requests.selectAlternate(alternate);
    } catch (error) {
      if (!isStall(error) || alternate !== 0 || this.#alternate !== 0) throw error;
      await tolerateStall(() => this.#requests.selectAlternate(alternate));
    }
  }

  /** Returns the number of the block that begins there. */
  async #setAddress(address: number): Promise<number> {
    this.#blocks.forget();
    await this.#send(COMMAND_BLOCK, encodeSetAddress(address));
    this.#blocks.start(address);
    return FIRST_DATA_BLOCK;
  }

  async #command(command: Uint8Array, { doing, ...work }: NamedWork): Promise<void> {
    await this.#attempt(doing, async () => {
      await this.#toDownload();
      this.#blocks.forget();
      await this.#send(COMMAND_BLOCK, command, work);
    });
  }

  /** A DNLOAD with the GETSTATUS that starts the work and those that wait for its end (AN3156 §5). */
  async #send(block: number, data: Uint8Array, work: WorkBounds = {}): Promise<void> {
    await this.#requests.download(block, data);
    const first = await this.#poller.begin(work);
    let status: DfuStatus;
    try {
      status = await this.#poller.end(first, work);
    } catch (error) {
      if (work.mayReset !== true || !isBusy(first) || !isUnanswered(error)) throw error;
      this.#hasReset = true;
      return;
    }
    this.#state = status.state;
    if (!hasSucceeded(status)) throw new RefusedError(status);
  }

  /** DNLOAD is allowed in dfuIDLE and dfuDNLOAD-IDLE only. */
  async #toDownload(): Promise<void> {
    if (this.#state !== DfuState.dfuDNLOAD_IDLE) await this.#toIdle();
  }

  async #toIdle(maximumMs = MAXIMUM_RECOVERY_MS): Promise<void> {
    if (this.#state === DfuState.dfuIDLE) return;
    if (this.#state !== DfuState.dfuDNLOAD_IDLE && this.#state !== DfuState.dfuUPLOAD_IDLE) {
      return await this.recover(maximumMs);
    }
    try {
      await this.#requests.abort();
      this.#state = DfuState.dfuIDLE;
    } catch (error) {
      if (!isStall(error)) throw error;
      await this.recover(maximumMs);
    }
  }

  /**
   * Runs a step. A stall is a refusal with a reason, which the device tells in its status, or an accident, after which the
   * whole step is done again from a new address pointer.
   */
  async #attempt<T>(doing: string, step: () => Promise<T>): Promise<T> {
    for (let attempt = 1;; attempt++) {
      try {
        return await step();
      } catch (error) {
        const status = await this.#statusAfter(error, doing);
        const accident = isStall(error) && !isRefusal(status);
        const again = accident && attempt < MAX_ATTEMPTS;
        const failure = refused(doing, status, { stalled: accident });
        const maximumMs = again ? MAXIMUM_RECOVERY_MS : MAXIMUM_FINISH_MS;
        await recoverAfter(failure, () => this.recover(maximumMs));
        if (!again) throw failure;
      }
    }
  }

  /** Why a step failed; throws where the device has no say in it, or has no answer. */
  async #statusAfter(error: unknown, doing: string): Promise<DfuStatus> {
    this.#state = DfuState.dfuERROR;
    if (error instanceof RefusedError) return error.status;
    if (!isStall(error)) throw explain(doing, error);
    try {
      return await this.#poller.status();
    } catch (unanswered) {
      throw explain(doing, unanswered);
    }
  }
}
