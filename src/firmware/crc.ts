/** Adds bytes to a CRC-32 (zlib's: reflected 0x04C11DB7), as `node:zlib` does. */
export type Crc32 = (bytes: Uint8Array, crc: number) => number;

/**
 * CRC-32 in plain TypeScript. Slower than `node:zlib`, whose import alone costs more time than a common firmware
 * file takes here: see `loadFastCrc32()`.
 */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let register = ~crc;
  for (let i = 0; i < bytes.length; i++) {
    register = (register >>> 8) ^ CRC_TABLE[(register ^ bytes[i]!) & 0xFF]!;
  }
  return ~register >>> 0;
}

/** The same function from `node:zlib`: 40 GB/s, after some 15 ms of loading. */
export async function loadFastCrc32(): Promise<Crc32> {
  const zlib = await import("node:zlib");
  return zlib.crc32;
}

/** The CRC of a DFU suffix is zlib's without the inversion at the end (DFU 1.1 Appendix B). */
export function dfuCrc(crc: number): number {
  return ~crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xEDB88320 : 0);
  return value;
});
