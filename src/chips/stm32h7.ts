import { type Chip, type FlashTiming, KIB } from "./chip.ts";

const H7 = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x0200,
  transferSize: 1024,
} as const;

/** Sectors of 128 KiB, programmed 32 bytes at once. */
function largeSectorTiming(sectorCount: number): FlashTiming {
  return {
    erase: [{ pageSize: 128 * KIB, typicalMs: 1000, maximumMs: 4000 }],
    program: { unit: 32, typicalUs: 100, maximumUs: 580 },
    massErase: { typicalMs: sectorCount * 1000, maximumMs: sectorCount * 4000 },
    source: "STM32H743 datasheet DS12110 (flash memory programming): typical at x64, as after " +
      "reset, maximum at x8, because the loader's choice is not documented; a whole erase as " +
      "long as all sectors one by one, an inference",
  };
}

/** STM32H7. */
export const STM32H7: readonly Chip[] = [
  {
    ...H7,
    id: "stm32h743",
    aliases: ["stm32h742", "stm32h745", "stm32h747", "stm32h753", "stm32h755", "stm32h757"],
    title: "STM32H742/743/745/747/753/755/757, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/16*128Kg",
      "@Option Bytes   /0x5200201C/01*128 e",
    ],
    writeAlignment: 8,
    flashWordSize: 32,
    timing: largeSectorTiming(16),
    quirks: [
      "erase-never-reports-done-above-0x08100000",
      "no-mass-erase",
      "misaligned-write-poisons",
      "equal-serials",
    ],
    romVersionAddress: 0x1FF1E7FE,
    sources: [
      "Strings and transfer size as dfu-util shows them on the Daisy and Nucleo-H743",
      "Erase above 0x08100000: reports of Betaflight users and ST's forum (ROM 0x91)",
      "Mass erase: broken in ROM V13.3, by AN2606",
    ],
  },
  {
    ...H7,
    id: "stm32h723",
    aliases: ["stm32h725", "stm32h733", "stm32h735"],
    title: "STM32H723/725/733/735, 1 MiB",
    flashSize: 1024 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/8*128Kg",
      "@Option Bytes   /0x5200201C/01*88 e",
    ],
    writeAlignment: 8,
    flashWordSize: 32,
    timing: largeSectorTiming(8),
    quirks: ["misaligned-write-poisons"],
    sources: [
      "Strings as dfu-util lists them on an STM32H723 printer board",
      "Timing: that of the STM32H743, whose sectors it has, an inference",
    ],
  },
  {
    ...H7,
    id: "stm32h7a3",
    aliases: ["stm32h7b3"],
    title: "STM32H7A3/7B3, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/256*08Kg",
      "@Option Bytes   /0x5200201C/01*297 e",
      "@OTP Memory   /0x08FFF000/01*1024 e",
    ],
    sentAlternates: [
      "@Internal Flash   /0x08000000/256*02Kg",
      "@Option Bytes   /0x5200201C/01*297 e",
      "@OTP Memory   /0x08FFF000/01*1024 e",
    ],
    writeAlignment: 8,
    flashWordSize: 16,
    timing: {
      erase: [{ pageSize: 8 * KIB, typicalMs: 2, maximumMs: 5 }],
      program: { unit: 16, typicalUs: 50, maximumUs: 200 },
      massErase: { typicalMs: 512, maximumMs: 1280 },
      source: "Inference from the STM32U5, whose flash has the same pages",
    },
    quirks: ["layout-lies", "misaligned-write-poisons"],
    sources: [
      "Early ROMs claim 256 pages of 2 KiB, later ones rightly 8 KiB, as dfu-util lists them",
      "Flash word of 16 bytes: RM0455",
    ],
  },
];
