import { type FlashTiming, KIB, type VoltageRange } from "./chip.ts";

/** Sector erase and programming of F2 and F4, by the number of bytes programmed at once. */
const AT_X8 = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 400, maximumMs: 800 },
    { pageSize: 64 * KIB, typicalMs: 1200, maximumMs: 2400 },
    { pageSize: 128 * KIB, typicalMs: 2000, maximumMs: 4000 },
  ],
  program: { unit: 1, typicalUs: 16, maximumUs: 100 },
  source: "STM32F405/407 datasheet DS8626, flash memory programming, x8; that the loader " +
    "programs bytes until it is told the voltage: AN2606 §4.4, on a real part an inference",
} as const;

const AT_X16 = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 300, maximumMs: 600 },
    { pageSize: 64 * KIB, typicalMs: 700, maximumMs: 1400 },
    { pageSize: 128 * KIB, typicalMs: 1300, maximumMs: 2600 },
  ],
  program: { unit: 2, typicalUs: 16, maximumUs: 100 },
  source: "STM32F405/407 datasheet DS8626, flash memory programming, x16",
} as const;

const AT_X32 = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 250, maximumMs: 500 },
    { pageSize: 64 * KIB, typicalMs: 550, maximumMs: 1100 },
    { pageSize: 128 * KIB, typicalMs: 1000, maximumMs: 2000 },
  ],
  program: { unit: 4, typicalUs: 16, maximumUs: 100 },
  source: "STM32F405/407 datasheet DS8626, flash memory programming, x32",
} as const;

/** The two timing fields of a chip: after reset, and once the loader knows the supply voltage. */
export interface TimingByVoltage {
  readonly timing: FlashTiming;
  readonly timingAtVoltage: Readonly<Record<VoltageRange, FlashTiming>>;
}

/** F2 and F4 of 1 MiB. */
export const F4_TIMING_1M: TimingByVoltage = timingWithMassErase({ x8: 16, x16: 11, x32: 8 });

/** F4 of 512 KiB and less: half as long to erase as a whole (DS10314, DS10693). */
export const F4_TIMING_512K: TimingByVoltage = timingWithMassErase({ x8: 8, x16: 5.5, x32: 4 });

/** F4 of 2 MiB: two banks of 1 MiB, one after the other, an inference. */
export const F4_TIMING_2M: TimingByVoltage = timingWithMassErase({ x8: 32, x16: 22, x32: 16 });

/** Mass erase in typical seconds; the maximum is twice that, as in every row of the datasheet. */
function timingWithMassErase(seconds: { x8: number; x16: number; x32: number }): TimingByVoltage {
  const massErase = (typical: number) => ({
    typicalMs: typical * 1000,
    maximumMs: typical * 2000,
  });
  const x8 = { ...AT_X8, massErase: massErase(seconds.x8) };
  const x16 = { ...AT_X16, massErase: massErase(seconds.x16) };
  const x32 = { ...AT_X32, massErase: massErase(seconds.x32) };
  return {
    timing: x8,
    timingAtVoltage: { "1.8-2.1": x8, "2.1-2.4": x16, "2.4-2.7": x16, "2.7-3.6": x32 },
  };
}

/** Alternate settings 1 to 3 of the F4 loader. */
export const F4_SPECIAL_AREAS: readonly string[] = [
  "@Option Bytes  /0x1FFFC000/01*016 e",
  "@OTP Memory /0x1FFF7800/01*512 e,01*016 e",
  "@Device Feature/0xFFFF0000/01*004 e",
];
