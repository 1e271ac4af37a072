import { type Chip, KIB } from "./chip.ts";
import { L4_TIMING } from "./stm32l4.ts";

/** STM32WB with USB. The wireless stack lives at the end of the flash and is protected there. */
export const STM32WB: readonly Chip[] = [
  {
    id: "stm32wb55",
    aliases: [],
    title: "STM32WB55, 1 MiB",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x0200,
    flashSize: 1024 * KIB,
    alternates: ["@Internal Flash   /0x08000000/256*04Kg"],
    transferSize: 1024,
    writeAlignment: 8,
    flashWordSize: 8,
    timing: L4_TIMING,
    quirks: ["misaligned-write-poisons"],
    sources: [
      "Flash string as a build script names it, pages as in RM0434; other alternates were not seen",
      "Timing: that of the STM32L4, and transfer size: that of the STM32G4, inferences",
    ],
  },
];
