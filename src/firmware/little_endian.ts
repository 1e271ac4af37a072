/** The unsigned 16-bit number at `index`, little endian. */
export function uint16At(bytes: Uint8Array, index: number): number {
  return bytes[index]! + bytes[index + 1]! * 0x100;
}

/** The unsigned 32-bit number at `index`, little endian. */
export function uint32At(bytes: Uint8Array, index: number): number {
  return uint16At(bytes, index) + uint16At(bytes, index + 2) * 0x10000;
}
