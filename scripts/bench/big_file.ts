import { crc32 } from "node:zlib";

/** Writes a DfuSe file with one element of pseudo-random bytes, piece by piece. */
export async function writeBigDfuse(
  path: string,
  content: { readonly size: number; readonly address: number },
): Promise<void> {
  const { size, address } = content;
  const head = new Uint8Array(11 + 274 + 8);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode("DfuSe\x01"));
  view.setUint32(6, head.length + size, true);
  head[10] = 1;
  head.set(new TextEncoder().encode("Target"), 11);
  view.setUint32(11 + 266, 8 + size, true);
  view.setUint32(11 + 270, 1, true);
  view.setUint32(285, address, true);
  view.setUint32(289, size, true);
  const suffix = new Uint8Array(16);
  suffix.set([0xFF, 0xFF, 0x11, 0xDF, 0x83, 0x04, 0x1A, 0x01, 0x55, 0x46, 0x44, 16]);

  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  let crc = 0;
  const write = async (bytes: Uint8Array) => {
    crc = crc32(bytes, crc);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  };
  await write(head);
  const piece = new Uint8Array(1 << 20);
  for (let done = 0; done < size; done += piece.length) {
    for (let at = 0; at < piece.length; at += 65536) {
      crypto.getRandomValues(piece.subarray(at, at + 65536));
    }
    await write(piece.subarray(0, Math.min(piece.length, size - done)));
  }
  await write(suffix.subarray(0, 12));
  new DataView(suffix.buffer).setUint32(12, ~crc >>> 0, true);
  await write(suffix.subarray(12));
}
