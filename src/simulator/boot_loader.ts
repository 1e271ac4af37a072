import { BlockOrder } from "./block_order.ts";
import { decodeDownload, listCommands } from "./commands.ts";
import { describeLoader } from "./describe_loader.ts";
import type { SelfDescription } from "./descriptor_bytes.ts";
import { DFU_STATES, type DfuStatusName } from "./dfu_numbers.ts";
import type { Part } from "./part.ts";
import type { Departure, Moment, PartCode } from "./part_code.ts";
import { isStartable, readBlock } from "./read_block.ts";
import { answerStandardRequest } from "./standard_requests.ts";
import { type DfuModeState, STATE_TABLE, type StateEvent } from "./state_table.ts";
import {
  ACKNOWLEDGED,
  classRequestName,
  isClassRequest,
  NEVER,
  type Reply,
  STALL,
  statusReply,
  type UsbRequest,
} from "./usb_request.ts";
import { type Command, planWork, type Volatile, type Work } from "./work.ts";
import { CLOCK_TOLERANCE_MS, WorkRunner } from "./work_runner.ts";

/** One request in sixteen, and never so many in a row that three attempts would all fail. */
const RANDOM_STALL_ODDS = 16;
const MAXIMUM_RANDOM_STALLS = 2;
const ENDLESS_BUSY_STATED_MS = 100;

/** The boot loader of a part: the DFU state machine and DfuSe's commands (DFU 1.1 §A.1, AN3156). */
export class BootLoader implements PartCode {
  departure: Departure | undefined;
  readonly description: SelfDescription;
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
    this.description = describeLoader(part);
    const pointer = part.memory.areas[0]?.address ?? 0;
    const { timing } = part.chip;
    this.#volatile = { configuration: 1, alternate: 0, pointer, timing, poisoned: false };
    part.memory.forgetDeviceFeature();
  }

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

  breakOff(nowMs: number): void {
    this.#runner.breakOff(nowMs);
  }

  /** The protocol starts anew; work and the rest of the loader go on. */
  busReset(): void {
    this.#enter("dfuIDLE");
    this.#isEndlesslyBusy = false;
    Object.assign(this.#volatile, { configuration: 1, alternate: 0 });
  }

  /** Falls into dfuERROR. */
  fail(status: DfuStatusName, nowMs: number): void {
    this.breakOff(nowMs);
    this.#enter("dfuERROR", status);
  }

  /** From here on it says dfuDNBUSY. */
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
    if (classRequestName(setup) !== "GETSTATUS" || this.#state !== "dfuDNBUSY") return undefined;
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
    if (!isClassRequest(setup)) return this.#answerStandard(request);
    if (this.#volatile.configuration === 0) return STALL;
    if (this.#stallsAtRandom()) return STALL;
    const name = setup.index === 0 ? classRequestName(setup) : undefined;
    if (this.#isEndlesslyBusy && name !== "GETSTATUS") return STALL;
    if (name === undefined) {
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

  #answerStandard(request: UsbRequest): Reply {
    const { description } = this;
    const hidesFunctional = this.#part.quirks.has("descriptor-request-unanswered");
    const settings = this.#volatile;
    return answerStandardRequest(request, { description, settings, hidesFunctional });
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
