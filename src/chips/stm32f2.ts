import { type Chip, KIB } from "./chip.ts";
import { F4_SPECIAL_AREAS, F4_TIMING_1M } from "./stm32f4_timing.ts";

/** STM32F2: the same flash as the STM32F4. */
export const STM32F2: readonly Chip[] = [
  {
    id: "stm32f205",
    aliases: ["stm32f207", "stm32f215", "stm32f217"],
    title: "STM32F205/207/215/217, 1 MiB",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    flashSize: 1024 * KIB,
    alternates: ["@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", ...F4_SPECIAL_AREAS],
    transferSize: 2048,
    writeAlignment: 4,
    reprogrammable: true,
    ...F4_TIMING_1M,
    quirks: ["voltage-sets-parallelism", "resets-after-option-bytes", "misaligned-write-poisons"],
    sources: [
      "Sectors, option bytes and OTP: RM0033; their spelling is an inference from the STM32F4",
      "Timing: STM32F205/207 datasheet, the figures of the STM32F405",
    ],
  },
];
