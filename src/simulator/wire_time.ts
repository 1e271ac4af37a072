/**
 * Milliseconds that a control transfer with `size` bytes of data takes on a full-speed bus, when the device never
 * makes the host wait.
 *
 * USB 2.0 §5.5.3, table 5-2: a full-speed frame of 1 ms carries 1500 bytes. Each control transfer costs 45 of them
 * besides its data (9 SYNC, 9 PID, 6 endpoint and CRC5, 6 CRC16, 8 setup, 7 between packets), which is 30 us; that
 * is also the price of a transfer without data. Data in packets of 64 bytes move at 832 bytes per frame at best. So
 * a status request takes 37 us and a block of 2048 bytes 2.49 ms. The 832 bytes hold one packet's share of overhead
 * already; the formula stays on the slow side by that much.
 */
export function wireTimeMs(size: number): number {
  return TRANSFER_OVERHEAD_MS + dataTimeMs(size);
}

/** Milliseconds for the data alone, without setup and status. */
export function dataTimeMs(size: number): number {
  return size / DATA_BYTES_PER_MS;
}

/** Setup and status of one transfer, without data, in milliseconds. */
export const TRANSFER_OVERHEAD_MS = 45 / 1500;

const DATA_BYTES_PER_MS = 832;
