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
  /** Its device ran its program when it was seen last. */
  readonly isProgram?: boolean;
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

/** What a look at a port shows of its device. */
export type SeenDevice = Pick<Port, "serial" | "isProgram">;

/** A port as it is after a look at it. */
export function observePort(
  port: Port,
  seen: { readonly device: SeenDevice | undefined; readonly nowMs: number },
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
  port: Port,
  result: { readonly passed: boolean; readonly hasLeft: boolean },
): Port {
  const { passed, hasLeft } = result;
  return { ...portOf(port.path, port), state: passed ? "passed" : "failed", hasLeft };
}

function portOf(path: string, { serial, isProgram }: SeenDevice): Omit<Port, "state"> {
  return {
    path,
    ...(serial === undefined ? {} : { serial }),
    ...(isProgram === undefined ? {} : { isProgram }),
  };
}

function queuedPort(path: string, device: SeenDevice): Port {
  return { ...portOf(path, device), state: "queued" };
}

function observeAbsence(port: Port, nowMs: number): Port {
  const absentSinceMs = port.absentSinceMs ?? nowMs;
  const isRemoved = nowMs - absentSinceMs >= RETURN_MS && port.hasLeft !== true;
  return isRemoved ? emptyPort(port.path) : { ...port, absentSinceMs };
}

function observeReturn(port: Port, device: SeenDevice, nowMs: number): Port {
  const { absentSinceMs, hasLeft, state } = port;
  const now = { ...portOf(port.path, device), state };
  if (absentSinceMs === undefined) {
    return isComparable(port, device) ? port : { ...now, hasLeft: hasLeft === true };
  }
  if (isOther(port, device, nowMs - absentSinceMs)) return queuedPort(port.path, device);
  // What is there may also be the next unit, changed fast: it must not stand below the other one's result.
  return { ...now, state: state === "passed" ? "returned" : state, hasLeft: false };
}

function isOther(port: Port, device: SeenDevice, absentMs: number): boolean {
  // A reset that belonged to the flash has started the program again. To flash that would never end.
  if (port.state === "passed" && port.hasLeft === true && device.isProgram === true) return false;
  return absentMs >= RETURN_MS || (isComparable(port, device) && device.serial !== port.serial);
}

/** A boot loader may have another serial number than the program of the same board. */
function isComparable(port: Port, device: SeenDevice): boolean {
  return (port.isProgram ?? false) === (device.isProgram ?? false);
}
