import { type Chip, type FlashTiming, KIB } from "./chip.ts";

/** Flash that is programmed by half-words: F0, F1 and F3. */
export const HALF_WORD_TIMING: FlashTiming = {
  erase: [
    { pageSize: 1 * KIB, typicalMs: 30, maximumMs: 40 },
    { pageSize: 2 * KIB, typicalMs: 30, maximumMs: 40 },
  ],
  program: { unit: 2, typicalUs: 53.5, maximumUs: 70 },
  massErase: { typicalMs: 30, maximumMs: 40 },
  source: "Datasheets (flash memory characteristics): programming 53.5 us, at most 70; " +
    "erase at most 40 ms, typical between the stated limits, an inference",
};

const F0 = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  transferSize: 2048,
  writeAlignment: 4,
  timing: HALF_WORD_TIMING,
  quirks: ["misaligned-write-poisons", "resets-after-option-bytes", "equal-serials"],
} as const;

const OPTION_BYTES = "@Option Bytes  /0x1FFFF800/01*016 e";

/** STM32F0 with USB. */
export const STM32F0: readonly Chip[] = [
  {
    ...F0,
    id: "stm32f042",
    aliases: [],
    title: "STM32F042, 32 KiB",
    flashSize: 32 * KIB,
    alternates: ["@Internal Flash  /0x08000000/032*0001Kg", OPTION_BYTES],
    sources: ["Strings as dfu-util lists them on STM32F042x6 debug probes"],
  },
  {
    ...F0,
    id: "stm32f072",
    aliases: [],
    title: "STM32F072, 128 KiB",
    flashSize: 128 * KIB,
    alternates: ["@Internal Flash  /0x08000000/064*0002Kg", OPTION_BYTES],
    sources: ["Strings as dfu-util lists them on a NanoVNA-H and on CAN adapters (STM32F072xB)"],
  },
  {
    ...F0,
    id: "stm32f072x8",
    aliases: [],
    title: "STM32F072, 64 KiB",
    flashSize: 64 * KIB,
    alternates: ["@Internal Flash  /0x08000000/032*0002Kg", OPTION_BYTES],
    sources: ["Inference from the STM32F072xB: half its pages"],
  },
];
