import { type Chip, KIB } from "./chip.ts";
import { HALF_WORD_TIMING } from "./stm32f0.ts";

/** STM32F1: only the connectivity line has a USB loader in ROM. */
export const STM32F1: readonly Chip[] = [
  {
    id: "stm32f107",
    aliases: ["stm32f105"],
    title: "STM32F105/107, 256 KiB",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2000,
    flashSize: 256 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/128*002Kg",
      "@Option Bytes  /0x1FFFF800/01*016 e",
    ],
    sentAlternates: [
      "@Internal Flash  /0x08000000/128*002Kg",
      "@Option Bytes  /0x1FFFF800/01*016 g",
    ],
    transferSize: 2048,
    writeAlignment: 4,
    timing: HALF_WORD_TIMING,
    quirks: [
      "slow-enumeration",
      "special-areas-claim-erasable",
      "misaligned-write-poisons",
      "equal-serials",
    ],
    sources: [
      "Strings as sent by the ROM of an STM32F107xC (bcdDevice 20.00)",
      "AN2606, limitations of the STM32F105/107 loader: up to 13.7 s to enumerate",
    ],
  },
];
