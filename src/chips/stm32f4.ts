import { type Chip, KIB } from "./chip.ts";
import { F4_SPECIAL_AREAS, F4_TIMING_1M, F4_TIMING_2M, F4_TIMING_512K } from "./stm32f4_timing.ts";

const F4 = {
  vendorId: 0x0483,
  productId: 0xDF11,
  deviceVersion: 0x2200,
  transferSize: 2048,
  writeAlignment: 4,
  reprogrammable: true,
  quirks: [
    "voltage-sets-parallelism",
    "resets-after-option-bytes",
    "misaligned-write-poisons",
    "special-areas-claim-erasable",
    "equal-serials",
  ],
} as const;

const FLASH_256K = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,01*128Kg";
const FLASH_512K = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,03*128Kg";
const FLASH_1M = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
const FLASH_2M =
  "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg";

/** Two banks have option bytes each; the loader names the higher address first. */
const TWO_BANKS_SENT = "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e";
const TWO_BANKS = "@Option Bytes  /0x1FFEC000/01*016 e/0x1FFFC000/01*016 e";
const [, F4_OTP, F4_DEVICE_FEATURE] = F4_SPECIAL_AREAS as [string, string, string];

const SEEN = "Strings as dfu-util lists them on several boards (ROM 2.2)";

/** STM32F4. */
export const STM32F4: readonly Chip[] = [
  {
    ...F4,
    ...F4_TIMING_1M,
    id: "stm32f405",
    aliases: ["stm32f407", "stm32f415", "stm32f417"],
    title: "STM32F405/407/415/417, 1 MiB",
    flashSize: 1024 * KIB,
    alternates: [FLASH_1M, ...F4_SPECIAL_AREAS],
    quirks: [...F4.quirks, "mass-erase-underreports"],
    romVersionAddress: 0x1FFF77DE,
    sources: [SEEN, "Mass erase reports 100 ms and takes up to 32 s: reports of Betaflight users"],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f407xe",
    aliases: ["stm32f405xe", "stm32f415xe", "stm32f417xe"],
    title: "STM32F405/407/415/417, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [FLASH_512K, ...F4_SPECIAL_AREAS],
    quirks: [...F4.quirks, "mass-erase-underreports"],
    romVersionAddress: 0x1FFF77DE,
    sources: ["Inference from the parts of 1 MiB: the same loader, RM0090's sectors of this size"],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f401",
    aliases: [],
    title: "STM32F401, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [FLASH_512K, ...F4_SPECIAL_AREAS],
    sources: [SEEN],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f401xc",
    aliases: [],
    title: "STM32F401, 256 KiB",
    flashSize: 256 * KIB,
    alternates: [FLASH_256K, ...F4_SPECIAL_AREAS],
    sources: [SEEN],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f411",
    aliases: [],
    title: "STM32F411, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [FLASH_512K, ...F4_SPECIAL_AREAS],
    sources: [SEEN],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f411xc",
    aliases: [],
    title: "STM32F411, 256 KiB",
    flashSize: 256 * KIB,
    alternates: [FLASH_256K, ...F4_SPECIAL_AREAS],
    sources: ["Inference from the STM32F411xE and the STM32F401xC"],
  },
  {
    ...F4,
    ...F4_TIMING_2M,
    id: "stm32f427",
    aliases: ["stm32f429", "stm32f437", "stm32f439"],
    title: "STM32F427/429/437/439, 2 MiB",
    flashSize: 2048 * KIB,
    alternates: [FLASH_2M, TWO_BANKS, F4_OTP, F4_DEVICE_FEATURE],
    sentAlternates: [FLASH_2M, TWO_BANKS_SENT, F4_OTP, F4_DEVICE_FEATURE],
    quirks: [...F4.quirks, "short-strings"],
    sources: [SEEN],
  },
  {
    ...F4,
    ...F4_TIMING_1M,
    id: "stm32f427xg",
    aliases: ["stm32f429xg", "stm32f437xg", "stm32f439xg"],
    title: "STM32F427/429/437/439, 1 MiB in one bank",
    flashSize: 1024 * KIB,
    alternates: [FLASH_1M, ...F4_SPECIAL_AREAS],
    quirks: [...F4.quirks, "short-strings"],
    sources: [
      "Flash string as sent by an STM32F429xG, with a garbage tail; the others are inferences",
    ],
  },
  {
    ...F4,
    ...F4_TIMING_512K,
    id: "stm32f446",
    aliases: [],
    title: "STM32F446, 512 KiB",
    flashSize: 512 * KIB,
    alternates: [FLASH_512K, ...F4_SPECIAL_AREAS],
    sources: ["Strings of the STM32F411, whose sectors it has (RM0390), an inference"],
  },
];
