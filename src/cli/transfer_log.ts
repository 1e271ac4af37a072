import { OutputError, writeErrorOf, writeReasonOf } from "../errors.ts";
import { formatBytes } from "../format.ts";
import type { TransferRecord } from "../simulator/usbip_import.ts";

/** A file with one JSON object per transfer; fields in docs/virtual-devices.md. */
export interface TransferLog {
  readonly add: (busId: string, record: TransferRecord) => void;
  /** Writes what is left; whether all could be written. */
  close(): boolean;
}

/** Data beyond it would make the file large and tell little. */
const SHOWN_BYTES = 16;
/** Lines are made and written together: the device must not wait for it at each transfer. */
const FLUSH_INTERVAL_MS = 250;

/**
 * Opens a log, which ends where it can no longer be written: the devices do not depend on it. `onLoss` is told once.
 *
 * @throws {UsageError} if the file cannot be made.
 */
export function openTransferLog(
  path: string,
  { onLoss }: { readonly onLoss: (error: OutputError) => void },
): TransferLog {
  const file = createFile(path);
  let transfers: (readonly [busId: string, record: TransferRecord])[] = [];
  let isWhole = true;
  const flush = () => {
    const lines = transfers.map(([busId, record]) => lineOf(busId, record));
    let bytes: Uint8Array = new TextEncoder().encode(lines.join(""));
    transfers = [];
    try {
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
    } catch (cause) {
      isWhole = false;
      clearInterval(timer);
      onLoss(lossOf(path, cause));
    }
  };
  const timer = setInterval(flush, FLUSH_INTERVAL_MS);
  return {
    add(busId, record) {
      if (isWhole) transfers.push([busId, record]);
    },
    close() {
      clearInterval(timer);
      if (isWhole) flush();
      file.close();
      return isWhole;
    },
  };
}

function lossOf(path: string, cause: unknown): OutputError {
  return new OutputError(`Cannot write ${path}: ${writeReasonOf(cause)}`, {
    hint: "The devices go on without a record.",
    cause,
  });
}

function lineOf(busId: string, record: TransferRecord): string {
  const { startMs, endMs, name, setup, length, data, result } = record;
  return JSON.stringify({
    device: busId,
    startMs: roundToUs(startMs),
    endMs: roundToUs(endMs),
    name,
    ...setup,
    length,
    result,
    size: data.length,
    data: formatBytes(data.subarray(0, SHOWN_BYTES)),
  }) + "\n";
}

function roundToUs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function createFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (cause) {
    throw writeErrorOf(path, cause);
  }
}
