import type { OptionBits, OptionBytes, OptionField } from "./option_bytes.ts";
import { flags, number, readProtection } from "./option_fields.ts";

const CUBE =
  "Places and names: the data base of STM32CubeProgrammer, as it is for the boot loader interface";

// F0, F1 and F3: eight bytes, each followed by its complement (RM0091, RM0008, RM0316: option byte description).
const F0_BASE = 0x1FFFF800;
const F0_FACTORY = "AA55 FF00 FF00 FF00 FF00 FF00 FF00 FF00";
const NEW_BYTES =
  "Bytes of a new part: a copy of an STM32F042's in the firmware dap42, which restores it with dfu-util";

const USER_DATA: readonly OptionField[] = [
  number("DATA0", { address: F0_BASE + 4, bit: 0, width: 8 }, { meaning: "free for the user" }),
  number("DATA1", { address: F0_BASE + 4, bit: 16, width: 8 }, { meaning: "free for the user" }),
];

/** Each bit protects 4 KiB, the last one all that is left. */
function byteProtection(byteCount: number): OptionField {
  const places: readonly OptionBits[] = [
    { address: F0_BASE + 8, bit: 0, width: 8 },
    { address: F0_BASE + 8, bit: 16, width: 8 },
    { address: F0_BASE + 12, bit: 0, width: 8 },
    { address: F0_BASE + 12, bit: 16, width: 8 },
  ];
  return {
    name: "WRP",
    kind: "sectors",
    parts: places.slice(0, byteCount),
    meaning: "write protection, by 4 KiB",
    protects: { address: 0x08000000, size: 4096, lastTakesRest: byteCount === 4 },
  };
}

/** The user byte is the third one. */
function userByte(bits: Readonly<Record<string, number>>): readonly OptionField[] {
  const places = Object.entries(bits).map(([name, bit]) => [name, 16 + bit] as const);
  return [
    readProtection({ address: F0_BASE, bit: 0, width: 8 }),
    ...flags(F0_BASE, Object.fromEntries(places)),
  ];
}

const F0 = {
  levelZero: 0xAA,
  hasLevelTwo: true,
  blocks: [{ address: F0_BASE, form: "byte-complement", factory: F0_FACTORY }],
} as const;

const USER_BITS = { WDG_SW: 0, nRST_STOP: 1, nRST_STDBY: 2, nBOOT1: 4, VDDA_MONITOR: 5 } as const;

// F4: half-words, each followed by its complement, and all of that twice (RM0090 §3.6 tells the half-words).
const F4_BASE = 0x1FFFC000;
const F4_SOURCES = [
  CUBE,
  "That each half-word is followed by its complement, and both are stored twice: the published SHA-256 of what an " +
  "STM32F411's boot loader sends (16 bytes of an Icebreaker HE keyboard), which EFAA 1055 EFAA 1055 FF7F 0080 FF7F 0080 has",
  "Values of a new part: reset values of FLASH_OPTCR in RM0090, RM0368, RM0383 and RM0390",
];

const BOR_F: Pick<OptionField, "meaning" | "values"> = {
  meaning: "brown-out reset below",
  values: ["2.7 to 2.9 V (level 3)", "2.4 to 2.6 V (level 2)", "2.1 to 2.3 V (level 1)", "off"],
};

const F4_USER: readonly OptionField[] = [
  readProtection({ address: F4_BASE, bit: 8, width: 8 }),
  number("BOR_LEV", { address: F4_BASE, bit: 2, width: 2 }, BOR_F),
  ...flags(F4_BASE, { WDG_SW: 5, nRST_STOP: 6, nRST_STDBY: 7 }),
];

/** A clear bit protects a sector, as long as SPRMOD does not give the bits another meaning. */
function sectorProtection(
  at: OptionBits,
  options: { readonly needs?: Readonly<Record<string, number>> } = {},
): OptionField {
  const protects = { address: 0x08000000 };
  const meaning = "write protection, by sector";
  return { name: "WRP", kind: "sectors", parts: [at], meaning, protects, ...options };
}

const HALF_WORD_REST = "FFFF 0000 FFFF 0000";

function f4(
  sectorCount: number,
  userBits: Readonly<Record<string, number>>,
): readonly OptionField[] {
  const hasMode = "SPRMOD" in userBits;
  return [
    ...F4_USER,
    ...flags(F4_BASE + 8, userBits),
    sectorProtection(
      { address: F4_BASE + 8, bit: 0, width: sectorCount },
      hasMode ? { needs: { SPRMOD: 0 } } : {},
    ),
  ];
}

const F4 = { levelZero: 0xAA, hasLevelTwo: true, sources: F4_SOURCES } as const;
const F4_USER_ROW = "EFAA 1055 EFAA 1055";
const F4_BLOCK = {
  address: F4_BASE,
  form: "half-words-twice",
  factory: `${F4_USER_ROW} FF7F 0080 FF7F 0080`,
} as const;
const F405_BLOCK = { ...F4_BLOCK, factory: `${F4_USER_ROW} ${HALF_WORD_REST}` } as const;
const F427_BLOCK = { ...F4_BLOCK, factory: `${F4_USER_ROW} FF3F 00C0 FF3F 00C0` } as const;

// F7: half-words as on the F4, but how the rest of each eight bytes looks is not told anywhere (RM0385, RM0410, RM0431).
const F7_BASE = 0x1FFF0000;
const F7_READ_ONLY =
  "what its boot loader makes of a write is not documented, and a wrong boot address " +
  "makes a board unusable";

function f7(sectorCount: number, bits: Readonly<Record<string, number>>): readonly OptionField[] {
  const boot = (name: string, address: number) =>
    number(name, { address, bit: 0, width: 16 }, { meaning: "start address, in units of 16 KiB" });
  return [
    readProtection({ address: F7_BASE, bit: 8, width: 8 }),
    number("BOR_LEV", { address: F7_BASE, bit: 2, width: 2 }, BOR_F),
    ...flags(F7_BASE, { WWDG_SW: 4, IWDG_SW: 5, nRST_STOP: 6, nRST_STDBY: 7 }),
    ...flags(F7_BASE + 8, { ...bits, IWDG_STDBY: 14, IWDG_STOP: 15 }),
    boot("BOOT_ADD0", F7_BASE + 0x10),
    boot("BOOT_ADD1", F7_BASE + 0x18),
    {
      ...sectorProtection({ address: F7_BASE + 8, bit: 0, width: sectorCount }),
      ...("nDBANK" in bits ? { needs: { nDBANK: 1 } } : {}),
    },
  ];
}

/** Half-words of a new F7, each with six further bytes that are not known. */
function f7Block(...halfWords: readonly string[]) {
  const factory = halfWords.map((text) => `${text} FFFFFFFFFFFF`).join(" ");
  return { address: F7_BASE, form: "plain", factory } as const;
}

const F7 = {
  levelZero: 0xAA,
  hasLevelTwo: true,
  readOnly: F7_READ_ONLY,
  sources: [CUBE, "Values of a new part: RM0385, RM0410 and RM0431, reset values of FLASH_OPTCR"],
} as const;

/** STM32F0, F1, F3, F4 and F7. */
export const OPTION_BYTES_F: readonly OptionBytes[] = [
  {
    ...F0,
    chips: ["stm32f042"],
    fields: [
      ...userByte({ ...USER_BITS, nBOOT0: 3, RAM_PARITY: 6, BOOT_SEL: 7 }),
      ...USER_DATA,
      byteProtection(1),
    ],
    bootPinWorks: [{ nBOOT1: 1, BOOT_SEL: 1 }, { nBOOT1: 1, nBOOT0: 0 }],
    sources: [CUBE, "Complements: RM0091", NEW_BYTES],
  },
  {
    ...F0,
    chips: ["stm32f072", "stm32f072x8"],
    fields: [...userByte({ ...USER_BITS, RAM_PARITY: 6 }), ...USER_DATA, byteProtection(4)],
    bootPinWorks: [{ nBOOT1: 1 }],
    sources: [CUBE, "Complements: RM0091", NEW_BYTES],
  },
  {
    ...F0,
    chips: ["stm32f107"],
    // Not 0xAA: that would protect it.
    levelZero: 0xA5,
    hasLevelTwo: false,
    blocks: [{ ...F0.blocks[0], factory: F0_FACTORY.replace("AA55", "A55A") }],
    fields: [
      ...userByte({ WDG_SW: 0, nRST_STOP: 1, nRST_STDBY: 2 }),
      ...USER_DATA,
      byteProtection(4),
    ],
    sources: [
      CUBE,
      "AN2662 §4.5: all 16 bytes at once, from the first address on; a reset follows",
      "Complements and write protection: PM0075",
    ],
  },
  {
    ...F0,
    chips: ["stm32f303"],
    fields: [...userByte({ ...USER_BITS, SRAM_PE: 6 }), ...USER_DATA, byteProtection(4)],
    bootPinWorks: [{ nBOOT1: 1 }],
    sources: [CUBE, "Complements: RM0316, RM0365 and RM0313; only what these parts share is named"],
  },
  {
    ...F4,
    chips: ["stm32f405", "stm32f205"],
    blocks: [F405_BLOCK],
    fields: f4(12, {}),
    sources: [
      ...F4_SOURCES,
      "The STM32F205 has the same by that data base; its new part is an inference",
    ],
  },
  { ...F4, chips: ["stm32f407xe"], blocks: [F405_BLOCK], fields: f4(8, {}) },
  {
    ...F4,
    chips: ["stm32f401", "stm32f411", "stm32f446"],
    blocks: [F4_BLOCK],
    fields: f4(8, { SPRMOD: 15 }),
  },
  {
    ...F4,
    chips: ["stm32f401xc", "stm32f411xc"],
    blocks: [F4_BLOCK],
    fields: f4(6, { SPRMOD: 15 }),
  },
  {
    ...F4,
    chips: ["stm32f427xg"],
    blocks: [F427_BLOCK],
    fields: [...f4(12, { DB1M: 14, SPRMOD: 15 }), ...flags(F4_BASE, { BFB2: 4 })],
  },
  {
    ...F4,
    chips: ["stm32f427"],
    blocks: [
      F427_BLOCK,
      {
        address: 0x1FFEC000,
        form: "half-words-twice",
        factory: `FFFFFFFFFFFFFFFF ${HALF_WORD_REST}`,
        readOnly: "how the boot loader takes those of the second bank is not documented",
      },
    ],
    fields: [
      ...f4(12, { SPRMOD: 15 }),
      ...flags(F4_BASE, { BFB2: 4 }),
      {
        ...sectorProtection({ address: 0x1FFEC008, bit: 0, width: 12 }, { needs: { SPRMOD: 0 } }),
        name: "WRP2",
        meaning: "write protection in bank 2, by sector",
        protects: { address: 0x08100000 },
      },
    ],
  },
  {
    ...F7,
    chips: ["stm32f722"],
    blocks: [f7Block("FFAA", "FFC0", "8000", "4000", "0000", "0080")],
    fields: [...f7(8, {}), ...flags(F7_BASE + 0x28, { PCROP_RDP: 15 })],
  },
  {
    ...F7,
    chips: ["stm32f745"],
    blocks: [f7Block("FFAA", "FFC0", "8000", "4000")],
    fields: f7(8, {}),
  },
  {
    ...F7,
    chips: ["stm32f767"],
    blocks: [f7Block("FFAA", "FFFF", "8000", "4000")],
    fields: f7(12, { nDBOOT: 12, nDBANK: 13 }),
  },
];
