import type { SelfDescription } from "./descriptor_bytes.ts";
import type { DfuStatusName } from "./dfu_numbers.ts";
import type { Reply, UsbRequest } from "./usb_request.ts";

/** What runs on a part, from one start to the next: its boot loader, or its program. It never waits; it is told the time. */
export interface PartCode {
  readonly description: SelfDescription;
  /** It stops running at some time. */
  readonly departure: Departure | undefined;
  /** Answers a request, or says until when it must wait and be asked again. */
  handle(request: UsbRequest, moment: Moment): Reply;
  /** Lets what time has finished take effect. */
  settle(nowMs: number): void;
  /** Power is lost. */
  breakOff(nowMs: number): void;
  /** USB reset. */
  busReset(nowMs: number): void;
  /** A fault: it falls into an error, if it knows any. */
  fail(status: DfuStatusName, nowMs: number): void;
  /** A fault: from here on it says that it is busy, if it ever does. */
  stayBusy(): void;
}

export interface Departure {
  readonly atMs: number;
  /**
   * `left`: the boot loader has started the program. `reset`: the part starts anew, as its boot pins say. `detached`: the
   * program has started the boot loader.
   */
  readonly reason: "left" | "reset" | "detached";
}

/** The moment of a request: it arrived at `arrivedMs` and may have waited since. */
export interface Moment {
  readonly nowMs: number;
  readonly arrivedMs: number;
}
