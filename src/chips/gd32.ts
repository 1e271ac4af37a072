import { type Chip, type FlashTiming, KIB } from "./chip.ts";

const TIMING: FlashTiming = {
  erase: [
    { pageSize: 1 * KIB, typicalMs: 60, maximumMs: 100 },
    { pageSize: 2 * KIB, typicalMs: 60, maximumMs: 100 },
  ],
  program: { unit: 4, typicalUs: 203, maximumUs: 400 },
  source: "What GD32VF103 loaders report: 60 to 100 ms to erase a page, 104 ms to write 2048 " +
    "bytes; the maximum of programming and that GD32F303 takes as long are inferences",
};

const GD32VF103 = {
  vendorId: 0x28E9,
  productId: 0x0189,
  deviceVersion: 0x1000,
  transferSize: 2048,
  writeAlignment: 4,
  timing: TIMING,
  quirks: [
    "layout-lies",
    "serial-not-utf16",
    "leave-unanswered",
    "special-areas-claim-erasable",
  ],
  sentAlternates: [
    "@Internal Flash  /0x08000000/512*002Kg",
    "@Option Bytes  /0x1FFFF800/01*016 g",
  ],
} as const;

const OPTION_BYTES = "@Option Bytes  /0x1FFFF800/01*016 e";
const SOURCE = "Strings and serial numbers as dfu-util lists and corrects them (Longan Nano); " +
  "pages: GD32VF103 user manual §2.3.1; write alignment is an inference from the STM32F1";

const GD32F303_SOURCES = [
  "No USB loader in ROM: for loaders in flash, with the ids of GigaDevice's DFU example",
  "Pages: GD32F30x user manual; transfer size and write alignment are inferences",
];

/** GigaDevice. */
export const GD32: readonly Chip[] = [
  {
    ...GD32VF103,
    id: "gd32vf103",
    aliases: ["gd32vf103xb"],
    title: "GD32VF103, 128 KiB",
    serialPattern: "^3.BJ$",
    flashSize: 128 * KIB,
    alternates: ["@Internal Flash  /0x08000000/128*001Kg", OPTION_BYTES],
    sources: [SOURCE],
  },
  {
    ...GD32VF103,
    id: "gd32vf103x8",
    aliases: [],
    title: "GD32VF103, 64 KiB",
    serialPattern: "^3.8J$",
    flashSize: 64 * KIB,
    alternates: ["@Internal Flash  /0x08000000/64*001Kg", OPTION_BYTES],
    sources: [SOURCE],
  },
  {
    id: "gd32f303",
    aliases: ["gd32f303xe"],
    title: "GD32F303, 512 KiB",
    vendorId: 0x28E9,
    productId: 0x0189,
    flashSize: 512 * KIB,
    alternates: ["@Internal Flash  /0x08000000/256*002Kg"],
    transferSize: 2048,
    writeAlignment: 4,
    timing: TIMING,
    quirks: [],
    sources: GD32F303_SOURCES,
  },
  {
    id: "gd32f303xc",
    aliases: [],
    title: "GD32F303, 256 KiB",
    vendorId: 0x28E9,
    productId: 0x0189,
    flashSize: 256 * KIB,
    alternates: ["@Internal Flash  /0x08000000/128*002Kg"],
    transferSize: 2048,
    writeAlignment: 4,
    timing: TIMING,
    quirks: [],
    sources: GD32F303_SOURCES,
  },
];
