/** What a port shows. */
export type PortState =
  /** Nothing is there. */
  | "waiting"
  /** A device is there, and its turn has not come. */
  | "queued"
  | "flashing"
  | "passed"
  | "failed"
  /** The device that passed came back at once: it must be taken out. */
  | "returned";

/** One port of a station. Plain data; times are those of the station's clock. */
export interface Port {
  readonly path: string;
  readonly state: PortState;
  readonly serial?: string;
  /** When its device was found to be gone; missing while one is there. */
  readonly absentSinceMs?: number;
  /** The device went by itself, when its program was started: its result stays until the next one comes. */
  readonly hasLeft?: boolean;
}

/**
 * A device that comes back within this time is the one that was there: nobody changes boards so fast, but a reset or a
 * bad contact takes less.
 */
export const RETURN_MS = 1_000;

/** A port as it is after a look at it. */
export function observePort(
  port: Port,
  seen: { readonly device: { readonly serial?: string } | undefined; readonly nowMs: number },
): Port {
  const { device, nowMs } = seen;
  switch (port.state) {
    case "flashing":
      return port;
    case "waiting":
    case "queued":
      return device === undefined ? emptyPort(port.path) : queuedPort(port.path, device);
    case "passed":
    case "failed":
    case "returned":
      return device === undefined
        ? observeAbsence(port, nowMs)
        : observeReturn(port, device, nowMs);
  }
}

/** A port on which nothing is. */
export function emptyPort(path: string): Port {
  return { path, state: "waiting" };
}

/** A port whose device is done. */
export function finishPort(
  { path, serial }: Port,
  result: { readonly passed: boolean; readonly hasLeft: boolean },
): Port {
  const { passed, hasLeft } = result;
  return {
    path,
    ...(serial === undefined ? {} : { serial }),
    state: passed ? "passed" : "failed",
    hasLeft,
  };
}

function queuedPort(path: string, { serial }: { readonly serial?: string }): Port {
  return { path, state: "queued", ...(serial === undefined ? {} : { serial }) };
}

function observeAbsence(port: Port, nowMs: number): Port {
  const absentSinceMs = port.absentSinceMs ?? nowMs;
  const isRemoved = nowMs - absentSinceMs >= RETURN_MS && port.hasLeft !== true;
  return isRemoved ? emptyPort(port.path) : { ...port, absentSinceMs };
}

function observeReturn(port: Port, device: { readonly serial?: string }, nowMs: number): Port {
  const { absentSinceMs, ...present } = port;
  if (absentSinceMs === undefined) return port;
  const isOther = nowMs - absentSinceMs >= RETURN_MS || device.serial !== port.serial;
  if (isOther) return queuedPort(port.path, device);
  // What is there may also be the next unit, changed fast: it must not stand below the other one's result.
  return { ...present, state: port.state === "passed" ? "returned" : port.state, hasLeft: false };
}
