import { type Chip, type FlashTiming, KIB, type VoltageRange } from "./chip.ts";

const SOURCE = "Datasheets DS10916, DS11532 and DS11853 (flash memory programming): maxima at x8 " +
  "0.8 s, 2.4 s and 4 s; typical times and wider parallelism in the proportions of the STM32F4, " +
  "an inference; byte-wise until told the voltage: AN2606 §4.4, an inference";

const X8: FlashTiming = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 400, maximumMs: 800 },
    { pageSize: 32 * KIB, typicalMs: 400, maximumMs: 800 },
    { pageSize: 64 * KIB, typicalMs: 1200, maximumMs: 2400 },
    { pageSize: 128 * KIB, typicalMs: 2000, maximumMs: 4000 },
    { pageSize: 256 * KIB, typicalMs: 2000, maximumMs: 4000 },
  ],
  program: { unit: 1, typicalUs: 16, maximumUs: 100 },
  massErase: { typicalMs: 16_000, maximumMs: 32_000 },
  source: SOURCE,
};

const X16: FlashTiming = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 300, maximumMs: 600 },
    { pageSize: 32 * KIB, typicalMs: 300, maximumMs: 600 },
    { pageSize: 64 * KIB, typicalMs: 700, maximumMs: 1400 },
    { pageSize: 128 * KIB, typicalMs: 1300, maximumMs: 2600 },
    { pageSize: 256 * KIB, typicalMs: 1300, maximumMs: 2600 },
  ],
  program: { unit: 2, typicalUs: 16, maximumUs: 100 },
  massErase: { typicalMs: 11_000, maximumMs: 22_000 },
  source: SOURCE,
};

const X32: FlashTiming = {
  erase: [
    { pageSize: 16 * KIB, typicalMs: 250, maximumMs: 500 },
    { pageSize: 32 * KIB, typicalMs: 250, maximumMs: 500 },
    { pageSize: 64 * KIB, typicalMs: 550, maximumMs: 1100 },
    { pageSize: 128 * KIB, typicalMs: 1000, maximumMs: 2000 },
    { pageSize: 256 * KIB, typicalMs: 1000, maximumMs: 2000 },
  ],
  program: { unit: 4, typicalUs: 16, maximumUs: 100 },
  massErase: { typicalMs: 8000, maximumMs: 16_000 },
  source: SOURCE,
};

const TIMING_AT_VOLTAGE: Readonly<Record<VoltageRange, FlashTiming>> = {
  "1.8-2.1": X8,
  "2.1-2.4": X16,
  "2.4-2.7": X16,
  "2.7-3.6": X32,
};

const F7 = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  transferSize: 2048,
  writeAlignment: 8,
  reprogrammable: true,
  timing: X8,
  timingAtVoltage: TIMING_AT_VOLTAGE,
  quirks: [
    "voltage-sets-parallelism",
    "resets-after-option-bytes",
    "misaligned-write-poisons",
    "equal-serials",
  ],
} as const;

const DEVICE_FEATURE = "@Device Feature/0xFFFF0000/01*004 e";
const LARGE_SPECIAL_AREAS = [
  "@Option Bytes  /0x1FFF0000/01*032 e",
  "@OTP Memory /0x1FF0F000/01*1024 e",
  DEVICE_FEATURE,
];
const LARGE_SOURCE = "Option bytes and OTP: RM0385 and RM0410; their spelling is an inference";

/** STM32F7. */
export const STM32F7: readonly Chip[] = [
  {
    ...F7,
    id: "stm32f722",
    aliases: ["stm32f723", "stm32f732", "stm32f733"],
    title: "STM32F722/723/732/733, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg",
      "@Option Bytes  /0x1FFF0000/01*048 e",
      "@OTP Memory /0x1FF07800/01*528 e",
      DEVICE_FEATURE,
    ],
    sentAlternates: [
      "@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg",
      "@Option Bytes  /0x1FFF0000/01*048 e",
      "@OTP Memory /0x1FF07800/01*528e",
      DEVICE_FEATURE,
    ],
    sources: ["Strings as dfu-util lists them on an STM32F722 (ROM 2.2)"],
  },
  {
    ...F7,
    id: "stm32f745",
    aliases: ["stm32f746", "stm32f756"],
    title: "STM32F745/746/756, 1 MiB",
    flashSize: 1024 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg",
      ...LARGE_SPECIAL_AREAS,
    ],
    sources: ["Flash string as seen by flight-controller tools", LARGE_SOURCE],
  },
  {
    ...F7,
    id: "stm32f767",
    aliases: ["stm32f765", "stm32f769", "stm32f777", "stm32f779"],
    title: "STM32F765/767/769/777/779, 2 MiB in one bank",
    flashSize: 2048 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/04*032Kg,01*128Kg,07*256Kg",
      ...LARGE_SPECIAL_AREAS,
    ],
    sources: [
      "Sectors: RM0410, single bank as shipped; an attached part in two banks tells its own layout",
      LARGE_SOURCE,
    ],
  },
];
