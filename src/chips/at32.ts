import { type Chip, KIB } from "./chip.ts";

/** Artery. */
export const AT32: readonly Chip[] = [
  {
    id: "at32f437",
    aliases: ["at32f435"],
    title: "AT32F435/437, 4032 KiB",
    vendorId: 0x2E3C,
    productId: 0xDF11,
    deviceVersion: 0x0200,
    flashSize: 4032 * KIB,
    alternates: [
      "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg",
      "@Option byte   /0x1FFFC000/01*4096 e",
    ],
    sentAlternates: [
      "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg",
      "@Option byte   /0x1FFFC000/01*4096 g",
    ],
    transferSize: 2048,
    writeAlignment: 4,
    timing: {
      erase: [{ pageSize: 4 * KIB, typicalMs: 50, maximumMs: 500 }],
      program: { unit: 4, typicalUs: 50, maximumUs: 200 },
      source: "Inference from parts of the same kind; Artery's datasheet was not at hand",
    },
    quirks: ["special-areas-claim-erasable", "equal-serials"],
    sources: [
      "Strings as seen by flight-controller tools; the first 32 KiB are sent as read-only",
      "Transfer size as on the AT32F403A; write alignment is an inference from the STM32F4",
    ],
  },
];
