import { type Chip, type FlashTiming, KIB } from "./chip.ts";

/** Pages of 8 KiB, programmed by 16 bytes. */
function quadWordTiming(pageCount: number): FlashTiming {
  return {
    erase: [{ pageSize: 8 * KIB, typicalMs: 2, maximumMs: 5 }],
    program: { unit: 16, typicalUs: 118, maximumUs: 240 },
    massErase: { typicalMs: pageCount * 2, maximumMs: pageCount * 5 },
    source:
      "Page erase below 5 ms: Zephyr's device tree of the STM32U5; all other figures, and that " +
      "H5 and C5 take the same time, are inferences",
  };
}

const SHARED = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x0200,
  transferSize: 1024,
  writeAlignment: 16,
  flashWordSize: 16,
} as const;

const U5_OTHERS = [
  "@Option Bytes   /0x40022040/01*64 e",
  "@OTP Memory   /0x0BFA0000/01*512 e",
];

/** STM32U5, H5 and C5 with USB. */
export const STM32U5_H5_C5: readonly Chip[] = [
  {
    ...SHARED,
    id: "stm32u585",
    aliases: ["stm32u575"],
    title: "STM32U575/585, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: ["@Internal Flash   /0x08000000/256*08Kg", ...U5_OTHERS],
    timing: quadWordTiming(256),
    quirks: ["silent-at-rdp1", "misaligned-write-poisons"],
    sources: [
      "Strings as dfu-util lists them on STM32U585 boards; transfer size as on the STM32G4",
      "Silence at RDP 1: inertial-sense-sdk issue 1186",
    ],
  },
  {
    ...SHARED,
    id: "stm32u575xg",
    aliases: [],
    title: "STM32U575, 1 MiB",
    flashSize: 1024 * KIB,
    alternates: ["@Internal Flash   /0x08000000/128*08Kg", ...U5_OTHERS],
    timing: quadWordTiming(128),
    quirks: ["silent-at-rdp1", "misaligned-write-poisons"],
    sources: ["Strings as listed for an STM32U5 of 1 MiB (Inertial Sense)"],
  },
  {
    ...SHARED,
    id: "stm32h563",
    aliases: ["stm32h562", "stm32h573"],
    title: "STM32H562/563/573, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: ["@Internal Flash   /0x08000000/256*08Kg"],
    timing: quadWordTiming(256),
    quirks: ["no-read-unprotect", "misaligned-write-poisons"],
    sources: [
      "Flash string as seen on an STM32H563; its further alternates have not been seen",
      "Transfer size as on the STM32G4, an inference; no read unprotect: AN3156",
    ],
  },
  {
    ...SHARED,
    id: "stm32c562",
    aliases: [],
    title: "STM32C562, 512 KiB",
    flashSize: 512 * KIB,
    alternates: ["@Internal Flash   /0x08000000/64*08Kg"],
    timing: quadWordTiming(64),
    quirks: [
      "clrstatus-only-in-error",
      "descriptor-request-unanswered",
      "misaligned-write-poisons",
    ],
    sources: [
      "Pages of 8 KiB: RM0522. The string is an inference, spelled as on the STM32U5",
      "Behaviour and transfer size: betaflight-configurator pull request 5300",
    ],
  },
];
