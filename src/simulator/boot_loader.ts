import { BlockOrder } from "./block_order.ts";
import { decodeDownload, listCommands } from "./commands.ts";
import { DFU_REQUESTS, DFU_STATES, DFU_STATUSES, type DfuStatusName } from "./dfu_numbers.ts";
import type { Part } from "./part.ts";
import { isStartable, readBlock } from "./read_block.ts";
import { answerStandardRequest } from "./standard_requests.ts";
import { type DfuModeState, STATE_TABLE, type StateEvent } from "./state_table.ts";
import { ACKNOWLEDGED, NEVER, type Reply, STALL, type UsbRequest } from "./usb_request.ts";
import { type Command, planWork, type Volatile, type Work } from "./work.ts";
import { CLOCK_TOLERANCE_MS, WorkRunner } from "./work_runner.ts";

/** The loader stops running at some time. */
export interface Departure {
  readonly atMs: number;
  /** `left`: the program runs. `reset`: the boot pins decide, so the loader starts again. */
  readonly reason: "left" | "reset";
}

/** The moment of a request: it arrived at `arrivedMs` and may have waited since. */
interface Moment {
  readonly nowMs: number;
  readonly arrivedMs: number;
}

/** One request in sixteen, and never so many in a row that three attempts would all fail. */
const RANDOM_STALL_ODDS = 16;
const MAXIMUM_RANDOM_STALLS = 2;
const ENDLESS_BUSY_STATED_MS = 100;

/**
 * The loader program of a part from power-on to reset: the DFU state machine and DfuSe's commands
 * (DFU 1.1 §A.1, AN3156). It never waits; it is told the time.
 */
export class BootLoader {
  departure: Departure | undefined;
  #state: DfuModeState = "dfuIDLE";
  #status: DfuStatusName = "OK";
  #pending: Command | undefined;
  #isHung = false;
  #isEndlesslyBusy = false;
  #stallsInARow = 0;
  readonly #runner = new WorkRunner();
  readonly #order: BlockOrder;
  readonly #part: Part;
  readonly #volatile: Volatile;

  constructor(part: Part) {
    this.#part = part;
    this.#order = new BlockOrder(part);
    const pointer = part.memory.areas[0]?.address ?? 0;
    this.#volatile = { alternate: 0, pointer, timing: part.chip.timing, poisoned: false };
    part.memory.forgetDeviceFeature();
  }

  /** Answers a request, or says until when it must wait and be asked again. */
  handle(request: UsbRequest, moment: Moment): Reply {
    this.settle(moment.nowMs);
    if (this.#isHung) return NEVER;
    return this.#pollTooEarly(request, moment) ?? this.#waitForWork() ??
      this.#dispatch(request, moment.nowMs);
  }

  /** Lets finished work take effect. */
  settle(nowMs: number): void {
    this.#runner.settle(nowMs);
  }

  /** Power is lost. */
  breakOff(nowMs: number): void {
    this.#runner.breakOff(nowMs);
  }

  /** USB reset: the protocol starts anew; work and the rest of the loader go on. */
  busReset(): void {
    this.#enter("dfuIDLE");
    this.#isEndlesslyBusy = false;
    this.#volatile.alternate = 0;
  }

  /** A fault: the device falls into dfuERROR. */
  fail(status: DfuStatusName, nowMs: number): void {
    this.breakOff(nowMs);
    this.#enter("dfuERROR", status);
  }

  /** A fault: from here on it says dfuDNBUSY. */
  stayBusy(): void {
    this.#enter("dfuDNBUSY");
    this.#isEndlesslyBusy = true;
  }

  #enter(state: DfuModeState, status: DfuStatusName = "OK"): void {
    this.#state = state;
    this.#status = status;
    this.#pending = undefined;
  }

  #pollTooEarly({ setup }: UsbRequest, { nowMs, arrivedMs }: Moment): Reply | undefined {
    const isPoll = setup.requestType === 0xA1 && DFU_REQUESTS[setup.request] === "GETSTATUS";
    if (!isPoll || this.#state !== "dfuDNBUSY") return undefined;
    // Who waited once already has been counted.
    if (nowMs !== arrivedMs || nowMs >= this.#runner.dueMs - CLOCK_TOLERANCE_MS) return undefined;
    this.#part.recorder.earlyPolls++;
    return this.#part.quirks.has("early-poll-stalls") ? STALL : undefined;
  }

  /** Flash at work holds up the processor, so that nothing at all is answered. */
  #waitForWork(): Reply | undefined {
    const { isBusy, work, endMs } = this.#runner;
    if (!isBusy || work?.neverReports || this.#isEndlesslyBusy) return undefined;
    if (this.#part.options.whileBusy === "repeat") return undefined;
    return { kind: "wait", untilMs: endMs };
  }

  #dispatch(request: UsbRequest, nowMs: number): Reply {
    const { setup, length } = request;
    if (setup.requestType !== 0x21 && setup.requestType !== 0xA1) {
      return answerStandardRequest(request, { part: this.#part, state: this.#volatile });
    }
    if (this.#stallsAtRandom()) return STALL;
    const name = DFU_REQUESTS[setup.request];
    if (this.#isEndlesslyBusy && name !== "GETSTATUS") return STALL;
    const isIn = name === "UPLOAD" || name === "GETSTATUS" || name === "GETSTATE";
    if (name === undefined || setup.index !== 0 || isIn !== (setup.requestType === 0xA1)) {
      return this.#illegal(`class request ${setup.request} to interface ${setup.index}`);
    }
    if (name === "DETACH") return this.#illegal(`DETACH in ${this.#state}`);
    const event = name === "DNLOAD" && length === 0 ? "DNLOAD of length 0" : name;
    const next = STATE_TABLE[this.#state][event];
    if (next !== undefined) return this.#perform(event, { request, next, nowMs });
    return event === "CLRSTATUS"
      ? this.#clearOutsideError()
      : this.#illegal(`${event} in ${this.#state}`);
  }

  #perform(
    event: StateEvent,
    { request, next, nowMs }: { request: UsbRequest; next: DfuModeState; nowMs: number },
  ): Reply {
    switch (event) {
      case "DNLOAD":
        return this.#download(request, next);
      case "UPLOAD":
        return this.#upload(request, next);
      case "GETSTATUS":
        return this.#getStatus(next, nowMs);
      case "GETSTATE":
        return { kind: "answer", bytes: Uint8Array.of(DFU_STATES.indexOf(this.#state)) };
      case "DNLOAD of length 0":
      case "CLRSTATUS":
      case "ABORT":
        this.#enter(next);
        return ACKNOWLEDGED;
    }
  }

  #stallsAtRandom(): boolean {
    const { quirks, random } = this.#part;
    const stalls = quirks.has("random-stalls") && this.#stallsInARow < MAXIMUM_RANDOM_STALLS &&
      random.below(RANDOM_STALL_ODDS) === 0;
    this.#stallsInARow = stalls ? this.#stallsInARow + 1 : 0;
    return stalls;
  }

  /** DFU 1.1 §A.1: whatever is not foreseen is stalled and is an error. */
  #illegal(text: string): Reply {
    this.#part.recorder.violation(text);
    this.#enter("dfuERROR", "errSTALLEDPKT");
    return STALL;
  }

  /** Most ROMs take it for an error without stalling it; it is also the way out of an erase without end. */
  #clearOutsideError(): Reply {
    const { quirks, recorder } = this.#part;
    const text = `CLRSTATUS in ${this.#state}`;
    if (quirks.has("clrstatus-only-in-error")) return this.#illegal(text);
    const escapes = this.#state === "dfuDNBUSY" && this.#runner.work?.neverReports === true;
    if (!escapes) recorder.violation(text);
    this.#isHung = !escapes && quirks.has("blind-clrstatus-breaks");
    this.#enter("dfuERROR", "errUNKNOWN");
    return ACKNOWLEDGED;
  }

  #download({ setup, data }: UsbRequest, next: DfuModeState): Reply {
    const command = decodeDownload(this.#part, { block: setup.value, data });
    if (typeof command === "string") return this.#illegal(command);
    if (command.kind === "data") {
      this.#order.check("DNLOAD", { block: command.block, size: data.length });
    }
    this.#enter(next);
    this.#pending = command;
    return ACKNOWLEDGED;
  }

  #upload({ setup, length }: UsbRequest, next: DfuModeState): Reply {
    const { chip, recorder } = this.#part;
    const { alternate, pointer } = this.#volatile;
    const block = setup.value;
    if (length === 0 || length > chip.transferSize || block === 1) {
      return this.#illegal(`UPLOAD of block ${block}, ${length} bytes`);
    }
    if (block === 0) {
      this.#enter(length > 3 ? "dfuIDLE" : next);
      return { kind: "answer", bytes: listCommands(this.#part).subarray(0, length) };
    }
    this.#order.check("UPLOAD", { block, size: length });
    const address = pointer + (block - 2) * chip.transferSize;
    const bytes = readBlock(this.#part, { alternate, address, size: length });
    if (typeof bytes === "string") {
      this.#enter("dfuERROR", bytes);
      return STALL;
    }
    this.#enter(bytes.length < length ? "dfuIDLE" : next);
    recorder.bytesRead += bytes.length;
    return { kind: "answer", bytes };
  }

  #getStatus(next: DfuModeState, nowMs: number): Reply {
    if (this.#isEndlesslyBusy) return statusReply("dfuDNBUSY", "OK", ENDLESS_BUSY_STATED_MS);
    if (this.#state === "dfuDNLOAD-SYNC") return this.#startWork(next);
    if (this.#state === "dfuDNBUSY") return this.#reportWork(next, nowMs);
    if (this.#state === "dfuMANIFEST-SYNC") return this.#leave(next, nowMs);
    return statusReply(this.#state, this.#status, 0);
  }

  #startWork(next: DfuModeState): Reply {
    const command = this.#pending;
    const { isBusy, work: before, endMs } = this.#runner;
    if (isBusy && before?.neverReports) {
      this.#isHung = true;
      return NEVER;
    }
    if (isBusy) return { kind: "wait", untilMs: endMs };
    if (command === undefined) return statusReply("dfuDNLOAD-IDLE", "OK", 0);
    const work = planWork(command, { part: this.#part, state: this.#volatile });
    return {
      ...statusReply(next, "OK", work.statedMs),
      afterwards: (nowMs) => this.#begin(command, { work, next, nowMs }),
    };
  }

  #begin(
    command: Command,
    { work, next, nowMs }: { work: Work; next: DfuModeState; nowMs: number },
  ): void {
    const { recorder } = this.#part;
    this.#enter(next);
    this.#runner.start(work, nowMs);
    const { endMs } = this.#runner;
    recorder.command(command.kind);
    if (work.activity !== "none") recorder.activity(work.activity, { startMs: nowMs, endMs });
    if (command.kind === "set-address") this.#order.addressSet();
    if (work.resets) this.departure = { atMs: endMs, reason: "reset" };
  }

  #reportWork(next: DfuModeState, nowMs: number): Reply {
    const { work, isBusy, endMs } = this.#runner;
    if (work?.neverReports) return statusReply("dfuDNBUSY", "OK", work.statedMs);
    if (isBusy) return statusReply("dfuDNBUSY", "OK", Math.ceil(endMs - nowMs));
    const status = work?.status ?? "OK";
    this.#enter(status === "OK" ? next : "dfuERROR", status);
    return statusReply(this.#state, status, 0);
  }

  #leave(next: DfuModeState, nowMs: number): Reply {
    const { recorder, options, quirks } = this.#part;
    const { pointer } = this.#volatile;
    const isProgram = isStartable(this.#part, pointer);
    const reason = isProgram ? "left" : "reset";
    recorder.command("leave");
    recorder.left = { address: pointer, vectorTable: isProgram };
    this.#enter(next);
    if (options.leaves === "never") return statusReply(next, "OK", 0);
    if (quirks.has("leave-unanswered")) {
      this.departure = { atMs: nowMs, reason };
      return { kind: "gone" };
    }
    return {
      ...statusReply(next, "OK", 0),
      afterwards: (endMs) => void (this.departure = { atMs: endMs, reason }),
    };
  }
}

/** The six bytes of GETSTATUS (DFU 1.1 §6.1.2). */
function statusReply(state: DfuModeState, status: DfuStatusName, statedMs: number) {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint32(1, statedMs, true);
  bytes[0] = DFU_STATUSES.indexOf(status);
  bytes[4] = DFU_STATES.indexOf(state);
  return { kind: "answer", bytes } as const;
}
