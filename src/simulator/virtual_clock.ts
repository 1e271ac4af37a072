import type { Clock } from "../usb/transport.ts";

/**
 * A clock on which waiting takes no time: it jumps to the earliest sleeper as soon as nobody runs.
 *
 * "Nobody runs" means that the microtask queue has drained, so any number of devices and sessions may share one
 * clock, and each sleeper wakes at exactly its moment, in order of time, then of call. Time is kept in whole
 * nanoseconds, so sums do not depend on their order. Real input and output do not stop the clock: who reads files
 * while others sleep on it finds that time has passed.
 */
export class VirtualClock implements Clock {
  #nowNs = 0;
  #sequence = 0;
  readonly #sleepers: Sleeper[] = [];
  #channel: MessageChannel | undefined;

  /** Milliseconds since the clock was made, to the nanosecond. */
  now(): number {
    return this.#nowNs / NS_PER_MS;
  }

  /** @throws {RangeError} (as a rejection) for a time that never comes: NaN or infinite. */
  sleep(ms: number): Promise<void> {
    if (!Number.isFinite(ms)) return Promise.reject(new RangeError(`Cannot sleep for ${ms} ms`));
    const wakeNs = this.#nowNs + Math.max(0, Math.round(ms * NS_PER_MS));
    return new Promise((resolve) => {
      push(this.#sleepers, { wakeNs, sequence: this.#sequence++, resolve });
      this.#start();
    });
  }

  /** The channel lives only while someone sleeps, since an open one keeps the process alive. */
  #start(): void {
    if (this.#channel !== undefined) return;
    this.#channel = new MessageChannel();
    this.#channel.port1.onmessage = () => this.#wakeNext();
    this.#wakeLater(MICROTASKS_BEFORE_MESSAGE);
  }

  /**
   * A message is the cheapest way to let everyone else run first: timers are rounded up to a millisecond of real
   * time. But Deno delivers a message that waits already without draining the microtask queue; one that arrives
   * while the port is listening again comes after it. So the message is sent a few microtasks late.
   */
  #wakeLater(microtasks: number): void {
    if (microtasks > 0) queueMicrotask(() => this.#wakeLater(microtasks - 1));
    else this.#channel?.port2.postMessage(0);
  }

  #wakeNext(): void {
    const sleeper = pop(this.#sleepers);
    if (sleeper === undefined) {
      this.#channel?.port1.close();
      this.#channel?.port2.close();
      this.#channel = undefined;
      return;
    }
    this.#nowNs = sleeper.wakeNs;
    sleeper.resolve();
    this.#wakeLater(MICROTASKS_BEFORE_MESSAGE);
  }
}

const NS_PER_MS = 1_000_000;

/** Deno's port listens again one or two microtasks after a message. */
const MICROTASKS_BEFORE_MESSAGE = 8;

interface Sleeper {
  readonly wakeNs: number;
  /** Who called first wakes first. */
  readonly sequence: number;
  readonly resolve: () => void;
}

/** Adds to a binary heap whose first entry is the earliest. */
function push(heap: Sleeper[], sleeper: Sleeper): void {
  let index = heap.push(sleeper) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isEarlier(sleeper, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = sleeper;
}

/** Takes the earliest off a binary heap. */
function pop(heap: Sleeper[]): Sleeper | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (let child = 1; child < heap.length; child = 2 * index + 1) {
    if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
    if (!isEarlier(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}

function isEarlier(a: Sleeper, b: Sleeper): boolean {
  return a.wakeNs < b.wakeNs || (a.wakeNs === b.wakeNs && a.sequence < b.sequence);
}
