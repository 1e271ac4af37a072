import { type Chip, type FlashTiming, KIB } from "./chip.ts";

/** Flash programmed by double words; pages of 4 KiB where two banks are joined, as in the L4+. */
export const L4_TIMING: FlashTiming = {
  erase: [
    { pageSize: 2 * KIB, typicalMs: 22, maximumMs: 25 },
    { pageSize: 4 * KIB, typicalMs: 22, maximumMs: 25 },
  ],
  program: { unit: 8, typicalUs: 82, maximumUs: 91 },
  massErase: { typicalMs: 22.1, maximumMs: 25 },
  source: "Datasheets DS10198, DS11451 and DS12023 (flash memory characteristics), rounded up",
};

const L4 = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  transferSize: 2048,
  writeAlignment: 8,
  flashWordSize: 8,
  timing: L4_TIMING,
} as const;

const OPTION_BYTES = "@Option Bytes  /0x1FFF7800/01*040 e";
const OTP = "@OTP Memory /0x1FFF7000/01*0001Ke";
const DEVICE_FEATURE = "@Device Feature/0xFFFF0000/01*004 e";

/** STM32L4 and L4+. */
export const STM32L4: readonly Chip[] = [
  {
    ...L4,
    id: "stm32l432",
    aliases: ["stm32l431", "stm32l433", "stm32l442", "stm32l443"],
    title: "STM32L431/432/433/442/443, 256 KiB",
    flashSize: 256 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/0128*0002Kg",
      OPTION_BYTES,
      OTP,
      DEVICE_FEATURE,
    ],
    quirks: [
      "random-stalls",
      "early-poll-stalls",
      "corrupts-uneven-long-blocks",
      "misaligned-write-poisons",
      "resets-after-option-bytes",
    ],
    romVersionAddress: 0x1FFF6FFE,
    sources: [
      "Flash string as dfu-util lists it on STM32L432xC keyboards; the others as on the STM32L452",
      "Random stalls and blocks beyond 256 bytes: AN2606, limitations of the STM32L43x loader",
    ],
  },
  {
    ...L4,
    id: "stm32l452",
    aliases: ["stm32l451", "stm32l462"],
    title: "STM32L451/452/462, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/0256*0002Kg",
      OPTION_BYTES,
      OTP,
      DEVICE_FEATURE,
    ],
    quirks: [
      "early-poll-stalls",
      "corrupts-uneven-long-blocks",
      "misaligned-write-poisons",
      "resets-after-option-bytes",
    ],
    sources: ["Strings as listed for an STM32L4 of 512 KiB with four alternates (Inertial Sense)"],
  },
  {
    ...L4,
    id: "stm32l476",
    aliases: ["stm32l475", "stm32l486"],
    title: "STM32L475/476/486, 1 MiB",
    flashSize: 1024 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/0512*0002Kg",
      OPTION_BYTES,
      OTP,
    ],
    quirks: ["early-poll-stalls", "corrupts-uneven-long-blocks", "misaligned-write-poisons"],
    sources: [
      "Inference from the string of the STM32L476xE, which has half the pages, and RM0351",
      "Blocks beyond 256 bytes: AN2606, limitations of loader V10",
    ],
  },
  {
    ...L4,
    id: "stm32l476xe",
    aliases: ["stm32l475xe"],
    title: "STM32L475/476, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/0256*0002Kg",
      OPTION_BYTES,
      OTP,
    ],
    quirks: ["early-poll-stalls", "corrupts-uneven-long-blocks", "misaligned-write-poisons"],
    sources: [
      "Flash and option byte strings as sent by an STM32L476xE; OTP as on the STM32L4R9",
      "Blocks beyond 256 bytes: AN2606, limitations of loader V10",
    ],
  },
  {
    ...L4,
    id: "stm32l4r9",
    aliases: ["stm32l4r5", "stm32l4s5", "stm32l4s9"],
    title: "STM32L4R5/4R9/4S5/4S9, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: [
      "@Internal Flash  /0x08000000/512*0004Kg",
      "@Option Bytes  /0x1FF00000/01*040 e/0x1FF01000/01*040 e",
      OTP,
    ],
    quirks: ["early-poll-stalls", "misaligned-write-poisons"],
    sources: ["Strings as dfu-util lists them on a SensorTile.box and a Notecarrier"],
  },
];
