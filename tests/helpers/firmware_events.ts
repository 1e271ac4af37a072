import { ByteSource } from "../../src/firmware/byte_source.ts";
import type { FirmwareEvent } from "../../src/firmware/firmware.ts";
import { readFirmware, type ReadOptions } from "../../src/firmware/read_firmware.ts";
import { concat, lend } from "./firmware_files.ts";

export interface ReadTestOptions extends ReadOptions {
  readonly name?: string;
}

/** All events of a file, its bytes copied and joined between other events, so that chunks make no difference. */
export async function readEvents(
  chunks: Uint8Array | Iterable<Uint8Array>,
  options: ReadTestOptions = {},
): Promise<FirmwareEvent[]> {
  const source = new ByteSource(lend(chunks instanceof Uint8Array ? [chunks] : chunks), {
    name: options.name ?? "test.bin",
  });
  const events: FirmwareEvent[] = [];
  for await (const event of readFirmware(source, options)) {
    const last = events.at(-1);
    if (event.kind !== "data") events.push(event);
    else if (last?.kind !== "data") events.push({ kind: "data", bytes: event.bytes.slice() });
    else events.splice(-1, 1, { kind: "data", bytes: concat(last.bytes, event.bytes) });
  }
  return events;
}
