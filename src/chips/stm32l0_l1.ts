import { type Chip, type FlashTiming, KIB } from "./chip.ts";

/** Flash of small pages, programmed by half a page. A mass erase goes with the end of read protection. */
function smallPageTiming(pageSize: number): FlashTiming {
  return {
    erase: [{ pageSize, typicalMs: 3.28, maximumMs: 3.94 }],
    program: { unit: pageSize / 2, typicalUs: 3280, maximumUs: 3940 },
    source: "Datasheets DS10688 and DS10002 (flash memory and data EEPROM): 3.28 ms, at most " +
      "3.94, for a word or half a page; that the loader writes half pages is an inference",
  };
}

const SHARED = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  transferSize: 2048,
  writeAlignment: 8,
  // RM0376 §3.3, RM0038 §3.3: erased flash of these two families reads as zeroes.
  erasedByte: 0x00,
  quirks: ["misaligned-write-poisons"],
} as const;

const OPTION_BYTES = "@Option Bytes  /0x1FF80000/01*032 e";

/** STM32L0 and STM32L1 with USB. */
export const STM32L0_L1: readonly Chip[] = [
  {
    ...SHARED,
    id: "stm32l072",
    aliases: ["stm32l073", "stm32l082", "stm32l083"],
    title: "STM32L072/073/082/083, 192 KiB",
    flashSize: 192 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/1536*128 g",
      OPTION_BYTES,
      "@DATA Memory /0x08080000/2*3Ke",
    ],
    sentAlternates: [
      "@Internal Flash  /0x08000000/1536*128g",
      OPTION_BYTES,
      "@DATA Memory /0x08080000/2*3Ke",
    ],
    timing: smallPageTiming(128),
    sources: ["Strings as dfu-util lists them on STM32L072xZ boards"],
  },
  {
    ...SHARED,
    id: "stm32l152",
    aliases: ["stm32l151", "stm32l162"],
    title: "STM32L151/152/162, 256 KiB",
    flashSize: 256 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/1024*256 g",
      OPTION_BYTES,
      "@DATA Memory /0x08080000/02*004Ke",
    ],
    timing: smallPageTiming(256),
    sources: ["Strings as dfu-util lists them on an STM32L15xxC"],
  },
];
