import {
  encodeString,
  FIRST_FREE_INDEX,
  LANGUAGES,
  type SelfDescription,
} from "./descriptor_bytes.ts";
import type { Part } from "./part.ts";
import type { Departure, Moment, PartCode } from "./part_code.ts";
import { answerStandardRequest, type UsbSettings } from "./standard_requests.ts";
import {
  ACKNOWLEDGED,
  classRequestName,
  isClassRequest,
  type Reply,
  STALL,
  statusReply,
  type UsbRequest,
} from "./usb_request.ts";

/** Interface 0 is the program's own, so that the number of this one matters. */
const DFU_INTERFACE = 1;

/** As ST's example of a serial port over USB has it. */
const PRODUCT_ID = 0x5740;

/** wDetachTimeOut. */
const DETACH_TIMEOUT_MS = 1_000;

/** What bitWillDetach lets the program do before it goes: say goodbye. */
const FAREWELL_MS = 20;

/**
 * A program that can be asked to start the boot loader: states appIDLE and appDETACH (DFU 1.1 §A.1). After DETACH it leaves
 * the bus by itself, or waits for a USB reset, as the part's options say.
 */
export class RuntimeProgram implements PartCode {
  departure: Departure | undefined;
  readonly description: SelfDescription;
  readonly #part: Part;
  readonly #settings: UsbSettings = { configuration: 1, alternate: 0 };
  /** Until when it waits for a USB reset. It is in appDETACH as long as there is such a time. */
  #detachUntilMs: number | undefined;

  constructor(part: Part) {
    this.#part = part;
    this.description = describeProgram(part);
  }

  handle(request: UsbRequest, { nowMs }: Moment): Reply {
    this.settle(nowMs);
    const { setup } = request;
    if (!isClassRequest(setup)) {
      const { description } = this;
      return answerStandardRequest(request, { description, settings: this.#settings });
    }
    if (this.#settings.configuration === 0) return STALL;
    const name = setup.index === DFU_INTERFACE ? classRequestName(setup) : undefined;
    if (name === "GETSTATUS") return statusReply(this.#state, "OK", 0);
    if (name === "GETSTATE") {
      return { kind: "answer", bytes: Uint8Array.of(this.#state === "appIDLE" ? 0 : 1) };
    }
    if (name === "DETACH" && this.#state === "appIDLE") return this.#detach(setup.value, nowMs);
    return this.#illegal(
      `${name ?? `class request ${setup.request} to interface ${setup.index}`} in ${this.#state}`,
    );
  }

  /** A reset that does not come in time is waited for no longer. */
  settle(nowMs: number): void {
    if (nowMs >= (this.#detachUntilMs ?? Infinity)) this.#detachUntilMs = undefined;
  }

  breakOff(): void {}

  busReset(nowMs: number): void {
    this.settle(nowMs);
    if (this.#state === "appDETACH") {
      // DFU 1.1 §4.1.2, bitWillDetach: the host must not reset the bus.
      if (this.departure !== undefined) {
        this.#part.recorder.violation("bus reset of a device that detaches by itself");
      }
      this.departure ??= { atMs: nowMs, reason: "detached" };
    }
    this.#settings.configuration = 1;
  }

  fail(): void {}

  stayBusy(): void {}

  get #state(): "appIDLE" | "appDETACH" {
    return this.#detachUntilMs === undefined ? "appIDLE" : "appDETACH";
  }

  #detach(timeoutMs: number, nowMs: number): Reply {
    const { willDetach } = this.description.functional;
    // The host may ask for less time than the device can wait, not for more (DFU 1.1 table 4.2).
    const waitMs = willDetach ? Infinity : Math.min(timeoutMs, DETACH_TIMEOUT_MS);
    this.#detachUntilMs = nowMs + waitMs;
    if (!willDetach) return ACKNOWLEDGED;
    const goodbye = (endMs: number) => {
      this.departure = { atMs: endMs + FAREWELL_MS, reason: "detached" };
    };
    return { ...ACKNOWLEDGED, afterwards: goodbye };
  }

  /** DFU 1.1 §A.1: stalled, and the program goes on. */
  #illegal(text: string): Reply {
    this.#part.recorder.violation(text);
    if (this.departure === undefined) this.#detachUntilMs = undefined;
    return STALL;
  }
}

function describeProgram({ chip, options }: Part): SelfDescription {
  const serial = ((options.seed ?? 1) + 0x35_0000).toString(16).toUpperCase().padStart(24, "0");
  return {
    mode: "runtime",
    vendorId: chip.vendorId,
    productId: PRODUCT_ID,
    deviceVersion: 0x0200,
    serial,
    interfaces: [
      { classCodes: [0xFF, 0, 0], nameIndexes: [0] },
      { classCodes: [0xFE, 1, 1], nameIndexes: [FIRST_FREE_INDEX] },
    ],
    functional: {
      willDetach: options.runtime === "detaches",
      detachTimeoutMs: DETACH_TIMEOUT_MS,
      transferSize: chip.transferSize,
    },
    strings: [
      LANGUAGES,
      ...["Simulated", "Simulated program", serial, "DFU runtime"].map((text) =>
        encodeString(text)
      ),
    ],
  };
}
