import type { FlashTiming, Quirk, VoltageRange } from "../chips/chip.ts";
import { DeviceError, TransportError } from "../errors.ts";
import { formatAddress } from "../format.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import { BlockCounter } from "./block_counter.ts";
import { maximumEraseMs, maximumMassEraseMs } from "./limits.ts";
import { StatusPoller } from "./poll.ts";
import {
  COMMAND_BLOCK,
  DfuState,
  type DfuStatus,
  encodeErasePage,
  encodeMassErase,
  encodeSetAddress,
  FIRST_DATA_BLOCK,
  VOLTAGE_CODES,
} from "./protocol.ts";
import { DfuRequests } from "./requests.ts";

/** What a session must know of its device. */
export interface SessionOptions {
  readonly interfaceNumber: number;
  /** wTransferSize, in bytes. */
  readonly transferSize: number;
  readonly quirks: readonly Quirk[];
  readonly timing?: FlashTiming | undefined;
  /** Whether the next GETSTATUS may be sent before the stated time has passed: the part answers when it is done. */
  readonly pollEarly: boolean;
  readonly clock: Clock;
}

/** A request that stalls by accident is sent this often at most: early L43x ROMs need a second try (dfu-util's too). */
const MAX_ATTEMPTS = 3;

/** Steps to dfuIDLE from any state; each at least leaves one state behind. */
const MAX_RECOVERY_STEPS = 12;

/** Erase above this address on H74x never reports its end (see the quirk). */
const SECOND_BANK = 0x08100000;

/** Longest wait for a device that is asked to leave: most never answer. */
const LEAVE_TIMEOUT_MS = 1_000;

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

  constructor(transport: Transport, options: SessionOptions) {
    this.#options = options;
    this.#requests = new DfuRequests(transport, options.interfaceNumber);
    this.#poller = new StatusPoller(this.#requests, options);
    this.#blocks = new BlockCounter(options.transferSize);
  }

  /** Brings the device from any state to dfuIDLE. CLRSTATUS is sent in dfuERROR only: elsewhere it breaks some ROMs. */
  async recover(): Promise<void> {
    this.#blocks.forget();
    let status = await this.#poller.status();
    for (let step = 0; step < MAX_RECOVERY_STEPS; step++) {
      this.#state = status.state;
      if (status.state === DfuState.dfuIDLE) return;
      await this.#recoverFrom(status);
      status = await this.#poller.status();
    }
    throw this.#poller.refused("bring the device to dfuIDLE", status);
  }

  async #recoverFrom(status: DfuStatus): Promise<void> {
    switch (status.state) {
      case DfuState.dfuERROR:
        return await this.#poller.retried(() => this.#requests.clearStatus());
      case DfuState.dfuDNBUSY:
      case DfuState.dfuMANIFEST:
        return await this.#options.clock.sleep(Math.max(1, status.pollTimeoutMs));
      case DfuState.appIDLE:
      case DfuState.appDETACH:
        throw new DeviceError("Cannot flash the device: its program runs, not its boot loader", {
          hint: "Start the boot loader: most boards do with BOOT0 held at reset.",
        });
      default:
        return await this.#poller.retried(() => this.#requests.abort());
    }
  }

  async selectAlternate(alternate: number): Promise<void> {
    await this.#toIdle();
    await this.#poller.retried(() => this.#requests.selectAlternate(alternate));
    await this.recover();
  }

  /** Erases the page that holds `page.address`; `page.size` in bytes tells how long that may take. */
  async erasePage(page: { readonly address: number; readonly size: number }): Promise<void> {
    const maximumMs = maximumEraseMs(page.size, this.#options.timing);
    const neverDone = page.address >= SECOND_BANK &&
      this.#options.quirks.includes("erase-never-reports-done-above-0x08100000");
    const doing = `erase the page at ${formatAddress(page.address)}`;
    await this.#command(encodeErasePage(page.address), {
      doing,
      maximumMs,
      ...(neverDone ? { stuckMs: 4_000 * Math.max(1, page.size / (128 * 1024)) } : {}),
    });
  }

  /** Erases all of the memory. */
  async eraseAll(): Promise<void> {
    const maximumMs = maximumMassEraseMs(this.#options.timing);
    await this.#command(encodeMassErase(), { doing: "erase the whole memory", maximumMs });
  }

  /**
   * Writes one block of at most `transferSize` bytes. Consecutive full blocks need no new address pointer. Whether the
   * bytes got there only reading back can tell.
   */
  async write(address: number, data: Uint8Array): Promise<void> {
    const doing = `write ${data.length} bytes at ${formatAddress(address)}`;
    await this.#attempt(doing, async () => {
      await this.#toDownload();
      const block = await this.#blockFor({ address, size: data.length });
      await this.#send(block, data);
      this.#blocks.advance({ address, size: data.length });
    });
  }

  /** Reads at most `transferSize` bytes. */
  async read(address: number, size: number): Promise<Uint8Array> {
    const doing = `read ${size} bytes at ${formatAddress(address)}`;
    return await this.#attempt(doing, async () => {
      let block = this.#state === DfuState.dfuUPLOAD_IDLE
        ? this.#blocks.next({ address, size })
        : undefined;
      if (block === undefined) {
        await this.#toDownload();
        await this.#setAddress(address);
        await this.#toIdle();
        block = FIRST_DATA_BLOCK;
      }
      const data = await this.#requests.upload(block, size);
      this.#state = data.length < size ? DfuState.dfuIDLE : DfuState.dfuUPLOAD_IDLE;
      this.#blocks.advance({ address, size });
      if (data.length === size) return data;
      await this.recover();
      throw new DeviceError(`Cannot ${doing}: the device sent ${data.length} bytes`, {
        hint: "The memory may end earlier than the device's layout says, or be read-protected.",
        facts: { address, expected: size, found: data.length },
      });
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

  /**
   * Leaves the boot loader for the program whose vector table is at `address` (AN3156 §5.5). A device that is gone, or
   * silent, afterwards has done what it was asked.
   */
  async leave(address: number): Promise<void> {
    await this.#toDownload();
    await this.#setAddress(address);
    await this.#poller.retried(() => this.#requests.download(COMMAND_BLOCK, new Uint8Array()));
    let status: DfuStatus;
    try {
      status = await this.#requests.getStatus(LEAVE_TIMEOUT_MS);
    } catch (error) {
      if (error instanceof TransportError) return;
      throw error;
    }
    this.#state = status.state;
    if (status.state === DfuState.dfuERROR) {
      await this.recover();
      throw this.#poller.refused(`start the program at ${formatAddress(address)}`, status);
    }
  }

  /** Leaves the device where any tool can go on. */
  async finish(): Promise<void> {
    await this.#toIdle();
  }

  async #setAddress(address: number): Promise<void> {
    this.#blocks.forget();
    await this.#send(COMMAND_BLOCK, encodeSetAddress(address));
    this.#blocks.start(address);
  }

  /** The number under which a block goes; sets the address pointer where counting on would not reach it. */
  async #blockFor(extent: { readonly address: number; readonly size: number }): Promise<number> {
    const block = this.#blocks.next(extent);
    if (block !== undefined) return block;
    await this.#setAddress(extent.address);
    return FIRST_DATA_BLOCK;
  }

  async #command(
    command: Uint8Array,
    work: { readonly doing: string; readonly maximumMs: number; readonly stuckMs?: number },
  ): Promise<void> {
    await this.#attempt(work.doing, async () => {
      await this.#toDownload();
      this.#blocks.forget();
      await this.#send(COMMAND_BLOCK, command, work);
    });
  }

  /** A DNLOAD with the GETSTATUS that starts the work and those that wait for its end (AN3156 §5). */
  async #send(
    block: number,
    data: Uint8Array,
    work: { readonly maximumMs?: number; readonly stuckMs?: number } = {},
  ): Promise<void> {
    await this.#requests.download(block, data);
    const status = await this.#poller.finish(work);
    this.#state = status.state;
    if (status.state === DfuState.dfuERROR) throw new RefusedError(status);
  }

  /** DNLOAD is allowed in dfuIDLE and dfuDNLOAD-IDLE only. */
  async #toDownload(): Promise<void> {
    if (this.#state !== DfuState.dfuDNLOAD_IDLE) await this.#toIdle();
  }

  async #toIdle(): Promise<void> {
    if (this.#state === DfuState.dfuIDLE) return;
    if (this.#state !== DfuState.dfuDNLOAD_IDLE && this.#state !== DfuState.dfuUPLOAD_IDLE) {
      return await this.recover();
    }
    await this.#poller.retried(() => this.#requests.abort());
    this.#state = DfuState.dfuIDLE;
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
        const status = await this.#statusAfter(error);
        await this.recover();
        const accident = !(error instanceof RefusedError) && !isRefusal(status);
        if (!accident || attempt === MAX_ATTEMPTS) throw this.#poller.refused(doing, status);
      }
    }
  }

  /** Why a step failed; throws the error itself where the device has no say in it. */
  async #statusAfter(error: unknown): Promise<DfuStatus> {
    this.#state = DfuState.dfuERROR;
    if (error instanceof RefusedError) return error.status;
    if (error instanceof TransportError && error.kind === "stall") {
      return await this.#poller.status();
    }
    throw error;
  }
}

/** Within a session: the device went to dfuERROR after it had accepted the request. */
class RefusedError extends Error {
  readonly status: DfuStatus;

  constructor(status: DfuStatus) {
    super("refused");
    this.status = status;
  }
}

/** errSTALLEDPKT says no more than the stall itself. */
function isRefusal(status: DfuStatus): boolean {
  return status.state === DfuState.dfuERROR && status.status !== 0 && status.status !== 15;
}
