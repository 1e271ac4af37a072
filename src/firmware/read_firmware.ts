import { UsageError } from "../errors.ts";
import { formatAddress } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import { type Format, HEAD_SIZE, sniffFormat } from "./sniff_format.ts";
import { readDfuse } from "./dfuse.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { readPlain } from "./plain.ts";

export interface ReadOptions {
  /** Where the bytes of a file without addresses belong. */
  readonly address?: number | undefined;
  /** Makes a wrong CRC of a DFU suffix a warning instead of an error. */
  readonly ignoreCrc?: boolean | undefined;
}

/**
 * Reads a firmware file of any known format; its content decides which, never its name.
 * @throws FirmwareError where the file is empty, damaged, or of a format without a reader; UsageError where
 * `address` contradicts the file.
 */
export async function* readFirmware(
  source: ByteSource,
  options: ReadOptions = {},
): AsyncGenerator<FirmwareEvent> {
  const head = await source.peek(HEAD_SIZE);
  if (head.length === 0) {
    throw source.error("it is empty, expected firmware", { offset: 0 });
  }
  const format = sniffFormat(head);
  if (options.address !== undefined && format.hasAddresses === true) {
    throw refuseAddress(source, { format, address: options.address });
  }
  yield* readAs(format, source, options);
}

/** The readers that most runs do not need are loaded on demand: the program starts faster without them. */
async function* readAs(
  format: Format,
  source: ByteSource,
  options: ReadOptions,
): AsyncGenerator<FirmwareEvent> {
  switch (format.id) {
    case "dfuse":
      return yield* readDfuse(source, options);
    case "plain":
      return yield* readPlain(source, options);
    case "hex":
      return yield* (await import("./intel_hex.ts")).readIntelHex(source);
    case "srec":
      return yield* (await import("./s_record.ts")).readSRecord(source);
    case "elf":
      return yield* (await import("./elf.ts")).readElf(source);
    case "uf2":
      return yield* (await import("./uf2.ts")).readUf2(source);
    case "gzip":
      return yield* (await import("./gzip.ts")).readGzip(source, (unpacked) => {
        return readUnpacked(unpacked, options);
      });
    case "zip":
    case "web-page":
      throw unreadable(source, format);
  }
}

/** One layer is unpacked: a file that is packed twice is a mistake or an attack. */
async function* readUnpacked(
  source: ByteSource,
  options: ReadOptions,
): AsyncGenerator<FirmwareEvent> {
  const format = sniffFormat(await source.peek(HEAD_SIZE));
  if (format.id === "gzip") throw unreadable(source, format);
  yield* readFirmware(source, options);
}

function refuseAddress(
  source: ByteSource,
  found: { readonly format: Format; readonly address: number },
): UsageError {
  const { format, address } = found;
  return new UsageError(
    `Cannot put ${source.name} at ${formatAddress(address)}: it is ${format.title}, ` +
      "expected one without addresses of its own",
    { hint: "Leave out the address." },
  );
}

function unreadable(source: ByteSource, { title, hint = "" }: Format) {
  return source.error(`it is ${title}, expected firmware`, { offset: 0, hint });
}
