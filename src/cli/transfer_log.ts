import { writeErrorOf } from "../errors.ts";
import { formatBytes } from "../format.ts";
import type { TransferRecord } from "../simulator/usbip_import.ts";

/** A file with one JSON object per transfer; fields in docs/virtual-devices.md. */
export interface TransferLog {
  readonly add: (busId: string, record: TransferRecord) => void;
  /** Writes what is left. */
  close(): void;
}

/** Data beyond it would make the file large and tell little. */
const SHOWN_BYTES = 16;
/** Lines are made and written together: the device must not wait for it at each transfer. */
const FLUSH_INTERVAL_MS = 250;

/** @throws {UsageError} if the file cannot be written. */
export function openTransferLog(path: string): TransferLog {
  const file = createFile(path);
  let transfers: (readonly [busId: string, record: TransferRecord])[] = [];
  const flush = () => {
    const lines = transfers.map(([busId, record]) => lineOf(busId, record));
    let bytes: Uint8Array = new TextEncoder().encode(lines.join(""));
    transfers = [];
    while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
  };
  const timer = setInterval(flush, FLUSH_INTERVAL_MS);
  return {
    add: (busId, record) => transfers.push([busId, record]),
    close() {
      clearInterval(timer);
      flush();
      file.close();
    },
  };
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
