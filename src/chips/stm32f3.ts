import { type Chip, KIB } from "./chip.ts";
import { HALF_WORD_TIMING } from "./stm32f0.ts";

/** STM32F3 with USB. */
export const STM32F3: readonly Chip[] = [
  {
    id: "stm32f303",
    aliases: ["stm32f302", "stm32f373"],
    title: "STM32F302/303/373, 256 KiB",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    flashSize: 256 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/128*0002Kg",
      "@Option Bytes  /0x1FFFF800/01*016 e",
    ],
    transferSize: 2048,
    writeAlignment: 4,
    timing: HALF_WORD_TIMING,
    quirks: ["misaligned-write-poisons", "equal-serials"],
    sources: [
      "Strings as dfu-util lists them on STM32F303xC flight controllers",
      "That the STM32F302xC and STM32F373xC send the same is an inference",
    ],
  },
];
