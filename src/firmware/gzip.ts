import { formatBytes, formatSize } from "../format.ts";
import { ByteSource } from "./byte_source.ts";
import type { FirmwareEvent } from "./firmware.ts";

/**
 * Reads a file that is packed with gzip (RFC 1952), as `read` reads what is in it. Offsets are those of the unpacked
 * file. Several gzip members count as one file, as for gzip itself.
 * @throws FirmwareError for damaged or truncated gzip data, more unpacked bytes than `limit` (1 GiB), and what `read`
 * throws.
 */
export async function* readGzip(
  source: ByteSource,
  read: (unpacked: ByteSource) => AsyncGenerator<FirmwareEvent>,
  options: { readonly limit?: number } = {},
): AsyncGenerator<FirmwareEvent> {
  await checkHeader(source);
  const unpacked = new ByteSource(unpack(source, options.limit ?? MAX_UNPACKED_SIZE), {
    name: `${source.name} (unpacked)`,
  });
  try {
    for await (const event of read(unpacked)) {
      if (event.kind === "image") yield { ...event, encoded: true };
      else if (event.kind === "end") {
        yield { ...event, fileSize: source.offset, unpackedSize: unpacked.offset };
      } else yield event;
    }
  } finally {
    await unpacked.close();
  }
}

/** More than any firmware in text form. A file of 1 MiB can claim as much. */
const MAX_UNPACKED_SIZE = 1024 * 1024 * 1024;

/** Given to the unpacker at once: it may hold a thousand times as much until it is read. */
const CHUNK_SIZE = 16 * 1024;

async function checkHeader(source: ByteSource): Promise<void> {
  const header = await source.peek(3);
  if (header[0] === 0x1F && header[1] === 0x8B && header[2] === 8) return;
  throw source.error(`its gzip header begins with ${formatBytes(header)}, expected 1f 8b 08`, {
    offset: 0,
  });
}

async function* unpack(source: ByteSource, limit: number): AsyncGenerator<Uint8Array> {
  // Loaded on demand: with them the program takes twice as long to start.
  const { createGunzip } = await import("node:zlib");
  const { pipeline, Readable } = await import("node:stream");
  const gunzip = createGunzip();
  // The callback is called with what reading `gunzip` throws as well.
  pipeline(Readable.from(copies(source)), gunzip, () => {});
  let size = 0;
  try {
    for await (const bytes of gunzip as AsyncIterable<Uint8Array>) {
      size += bytes.length;
      if (size > limit) {
        throw source.error(`it unpacks to more than ${formatSize(limit)}`, {
          offset: source.offset,
          hint: "Check that this is the right file.",
        });
      }
      // A Buffer is not quite a Uint8Array: its slices are not copies.
      yield new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    }
  } catch (error) {
    throw explain(source, error);
  }
}

/** The unpacker may look at a chunk after the next one was asked for. */
async function* copies(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = await source.chunk({ limit: CHUNK_SIZE });
    if (chunk === undefined) return;
    yield chunk.slice();
  }
}

function explain(source: ByteSource, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code.startsWith("Z_")) return error;
  if (code === "Z_BUF_ERROR") return source.endsEarly("its gzip data", 1);
  const message = (error as Error).message;
  return source.error(`its gzip data is damaged (${message})`, { offset: source.offset });
}
