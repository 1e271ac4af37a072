/** `0x` and at least eight digits, upper case: the way every page of dfuse writes an address. */
export function formatAddress(address: number): string {
  return "0x" + address.toString(16).toUpperCase().padStart(8, "0");
}

/** A half-open range: `0x08000000..0x08004000` ends before its second address. */
export function formatRange(range: { readonly address: number; readonly size: number }): string {
  return `${formatAddress(range.address)}..${formatAddress(range.address + range.size)}`;
}

/** `0x` and four digits, as USB ids and versions are written. */
export function formatHex16(value: number): string {
  return "0x" + value.toString(16).padStart(4, "0");
}

/** `0483:df11`, with `*` for 0xFFFF, which means any in a DFU suffix. */
export function formatUsbIds(ids: { readonly vendorId: number; readonly productId: number }) {
  const part = (value: number) => value === 0xFFFF ? "*" : value.toString(16).padStart(4, "0");
  return `${part(ids.vendorId)}:${part(ids.productId)}`;
}

const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes as people say them: `512 B`, `16 KiB`, `1.5 MiB`; whole where it is whole. */
export function formatSize(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${SIZE_UNITS[unit]}`;
}

/** Milliseconds as people say them: `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 page`, `3 pages`; the plural may be given where an `s` is not enough. */
export function formatCount(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Bytes as two-digit hex, separated by blanks. */
export function formatBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
