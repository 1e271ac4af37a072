import { type Chip, type FlashTiming, KIB } from "./chip.ts";

const TIMING: FlashTiming = {
  erase: [{ pageSize: 2 * KIB, typicalMs: 22, maximumMs: 40 }],
  program: { unit: 8, typicalUs: 85, maximumUs: 125 },
  massErase: { typicalMs: 22.1, maximumMs: 40.1 },
  source: "Datasheets DS13560 and DS12288 (flash memory characteristics)",
};

const SHARED = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x0200,
  transferSize: 1024,
  flashWordSize: 8,
  timing: TIMING,
} as const;

const G0_OTHERS = [
  "@Option Bytes   /0x1FFF7800/01*128 e",
  "@OTP Memory   /0x1FFF7000/01*1024 e",
];
const G0_SOURCES = [
  "The loader sends the flash string for all three alternates, as dfu-util lists them on printer boards",
  "What alternates 1 and 2 really hold: RM0444, their order an inference from the STM32G4",
];

/** STM32G0, G4 and C0 with USB. */
export const STM32G0_G4_C0: readonly Chip[] = [
  {
    ...SHARED,
    id: "stm32g0b1",
    aliases: ["stm32g0c1"],
    title: "STM32G0B1/0C1, 512 KiB",
    flashSize: 512 * KIB,
    alternates: ["@Internal Flash   /0x08000000/256*02Kg", ...G0_OTHERS],
    sentAlternates: Array<string>(3).fill("@Internal Flash   /0x08000000/256*02Kg"),
    writeAlignment: 4,
    quirks: ["layout-lies", "misaligned-write-poisons"],
    sources: G0_SOURCES,
  },
  {
    ...SHARED,
    id: "stm32g0b1xb",
    aliases: [],
    title: "STM32G0B1, 128 KiB",
    flashSize: 128 * KIB,
    alternates: ["@Internal Flash   /0x08000000/64*02Kg", ...G0_OTHERS],
    sentAlternates: Array<string>(3).fill("@Internal Flash   /0x08000000/64*02Kg"),
    writeAlignment: 4,
    quirks: ["layout-lies", "misaligned-write-poisons"],
    sources: G0_SOURCES,
  },
  {
    ...SHARED,
    id: "stm32g431",
    aliases: ["stm32g441"],
    title: "STM32G431/441, 128 KiB",
    flashSize: 128 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/64*02Kg",
      "@Option Bytes   /0x1FFF7800/01*40Be",
      "@OTP Memory   /0x1FFF7000/01*01Ke",
    ],
    writeAlignment: 8,
    quirks: ["blind-clrstatus-breaks", "misaligned-write-poisons"],
    sources: [
      "Strings as dfu-util lists them on an STM32G431xB; blocks of 1024 bytes as users report",
    ],
  },
  {
    ...SHARED,
    id: "stm32g474",
    aliases: ["stm32g473", "stm32g483", "stm32g484"],
    title: "STM32G473/474/483/484, 512 KiB in two banks",
    flashSize: 512 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/256*02Kg",
      "@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e",
      "@OTP Memory   /0x1FFF7000/01*1024 e",
    ],
    writeAlignment: 8,
    quirks: ["blind-clrstatus-breaks", "misaligned-write-poisons"],
    sources: [
      "Strings as dfu-util lists them on an STM32G474xE",
      "A blind CLRSTATUS: dfu-libusb issue 4, on a part of 256 pages of 2 KiB, taken to be this one",
    ],
  },
  {
    ...SHARED,
    id: "stm32c071",
    aliases: [],
    title: "STM32C071, 128 KiB",
    flashSize: 128 * KIB,
    alternates: ["@Internal Flash   /0x08000000/64*02Kg"],
    writeAlignment: 8,
    quirks: ["misaligned-write-poisons"],
    sources: [
      "Pages: RM0490; spelling, transfer size and timing are inferences from the STM32G0",
      "Its further alternates have not been seen",
    ],
  },
];
