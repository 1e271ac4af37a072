import type { OptionBytes, OptionField } from "./option_bytes.ts";
import { flags, number, readProtection } from "./option_fields.ts";

// Words of 32 bits, each followed by its complement (RM0351, RM0394, RM0432, RM0440, RM0444: option byte description).
const BASE = 0x1FFF7800;
const CUBE =
  "Places and names: the data base of STM32CubeProgrammer, as it is for the boot loader interface";
const FORM = { form: "word-complement" } as const;

const BOR_L4: Pick<OptionField, "meaning" | "values"> = {
  meaning: "brown-out reset below",
  values: [
    "1.7 V",
    "2.0 V",
    "2.2 V",
    "2.5 V",
    "2.8 V",
    "not defined",
    "not defined",
    "not defined",
  ],
};

/** Bits of the first word that L4 and G4 share. */
function userWord(base: number, more: Readonly<Record<string, number>>): readonly OptionField[] {
  return [
    readProtection({ address: base, bit: 0, width: 8 }),
    number("BOR_LEV", { address: base, bit: 8, width: 3 }, BOR_L4),
    ...flags(base, {
      nRST_STOP: 12,
      nRST_STDBY: 13,
      nRST_SHDW: 14,
      IWDG_SW: 16,
      IWDG_STOP: 17,
      IWDG_STDBY: 18,
      WWDG_SW: 19,
      nBOOT1: 23,
      ...more,
    }),
  ];
}

const LOCKED_CODE = "protected code can be released only by erasing the whole part";

/** Places and sizes of the four words after the first: protected code, and two ranges that are protected from writes. */
interface Ranges {
  readonly base: number;
  readonly pageBits: number;
  readonly codeBits: number;
  /** Before the names: `1` for bank 1. */
  readonly bank?: number;
  readonly main?: number;
  readonly needs?: Readonly<Record<string, number>>;
  /** Bytes that one unit protects. */
  readonly size: number;
}

function ranges({ base, pageBits, codeBits, bank = 1, main = 0x08000000, ...rest }: Ranges) {
  const code = (name: string, address: number) =>
    number(`PCROP${bank}_${name}`, { address, bit: 0, width: codeBits }, {
      meaning: `${name === "STRT" ? "start" : "end"} of protected code`,
      locked: LOCKED_CODE,
    });
  const pages = (name: string, address: number): OptionField => ({
    name: `WRP${bank}${name}`,
    kind: "pages",
    parts: [{ address, bit: 0, width: pageBits }, { address, bit: 16, width: pageBits }],
    meaning: "write protection, first and last page",
    protects: { address: main, size: rest.size },
    ...(rest.needs === undefined ? {} : { needs: rest.needs }),
  });
  return [
    code("STRT", base + 0x08),
    code("END", base + 0x10),
    ...(bank === 1 ? flags(base + 0x10, { PCROP_RDP: 31 }) : []),
    pages("A", base + 0x18),
    pages("B", base + 0x20),
  ];
}

/** The words of a new part after the first one: no protected code, and ranges that are empty. */
const EMPTY_RANGES = "FFFFFFFF 00000000 0000FF7F FFFF0080 FFFF00FF 0000FF00 FFFF00FF 0000FF00";

function block(address: number, words: string, more = "") {
  return { address, ...FORM, factory: `${words} ${EMPTY_RANGES} ${more}` };
}

const L4 = {
  levelZero: 0xAA,
  hasLevelTwo: true,
  sources: [
    CUBE,
    "That a write with dfu-util takes effect, and a reset follows: a report on an STM32L452 board",
    "Values of a new part: the first word as that report has it on the L43x and L45x; all else by RM0394, " +
    "RM0351 and RM0432",
  ],
} as const;

const NO_SECOND_BANK = "the boot loader does not give out those of the second bank";
const SWITCHED_BOOT = [{ nBOOT1: 1, nSWBOOT0: 1 }, { nBOOT1: 1, nBOOT0: 0 }] as const;
const SWITCHES = { nSWBOOT0: 26, nBOOT0: 27 } as const;

const RESET_PIN: OptionField = number("NRST_MODE", { address: BASE, bit: 28, width: 2 }, {
  meaning: "what the reset pin is",
  values: ["reserved", "an input", "no reset pin", "an input and an output"],
  locked: "without the reset pin a board may be out of reach",
});

const G4_MORE = { ...SWITCHES, SRAM_PE: 24, CCMSRAM_RST: 25, IRHEN: 30 } as const;

const G4 = { levelZero: 0xAA, hasLevelTwo: true, bootPinWorks: SWITCHED_BOOT } as const;
const G4_SOURCES = [
  CUBE,
  "Reading all bytes and writing them back with dfu-util: a report on an STM32G431",
  "Which bytes count: ST's Open Bootloader for the STM32G4, which is not the one in ROM",
  "Values of a new part: RM0440",
];

/** Secure memory and the boot lock, which some G4 give out. */
const SECURE_WORD: readonly OptionField[] = [
  number("SEC_SIZE1", { address: BASE + 0x28, bit: 0, width: 8 }, {
    meaning: "pages of secure memory",
    locked: "what is made secure stays so until the whole part is erased",
  }),
  ...flags(BASE + 0x28, { BOOT_LOCK: 16 }),
];

const BOR_G0: readonly OptionField[] = [
  number("BOR_EN", { address: BASE, bit: 8, width: 1 }, {
    meaning: "brown-out reset",
    values: ["off", "on"],
  }),
  number("BORF_LEV", { address: BASE, bit: 9, width: 2 }, {
    meaning: "brown-out reset when the supply falls below",
    values: ["2.0 V", "2.2 V", "2.5 V", "2.8 V"],
  }),
  number("BORR_LEV", { address: BASE, bit: 11, width: 2 }, {
    meaning: "brown-out reset until the supply rises above",
    values: ["2.1 V", "2.3 V", "2.6 V", "2.9 V"],
  }),
];

const G0_PAGES = { kind: "pages", meaning: "write protection, first and last page" } as const;

function g0Pages(name: string, address: number): OptionField {
  const parts = [{ address, bit: 0, width: 7 }, { address, bit: 16, width: 7 }];
  return { ...G0_PAGES, name, parts, protects: { address: 0x08000000, size: 2048 } };
}

/** STM32L4, G0 and G4. */
export const OPTION_BYTES_L_G: readonly OptionBytes[] = [
  {
    ...L4,
    chips: ["stm32l432", "stm32l452"],
    blocks: [block(BASE, "AAF8FFFF 55070000")],
    fields: [
      ...userWord(BASE, { ...SWITCHES, SRAM2_PE: 24, SRAM2_RST: 25 }),
      ...ranges({ base: BASE, pageBits: 8, codeBits: 16, size: 2048 }),
    ],
    bootPinWorks: SWITCHED_BOOT,
  },
  {
    ...L4,
    chips: ["stm32l476", "stm32l476xe"],
    blocks: [block(BASE, "AAF8EFFF 55071000")],
    fields: [
      ...userWord(BASE, { BFB2: 20, DUALBANK: 21, SRAM2_PE: 24, SRAM2_RST: 25 }),
      ...ranges({ base: BASE, pageBits: 8, codeBits: 16, size: 2048 }),
    ],
    bootPinWorks: [{ nBOOT1: 1 }],
    sources: [...L4.sources, `Only the first bank: ${NO_SECOND_BANK}`],
  },
  {
    ...L4,
    chips: ["stm32l4r9"],
    blocks: [
      block(0x1FF00000, "AAF8EFFF 55071000"),
      { ...block(0x1FF01000, "FFFFFFFF FFFFFFFF"), readOnly: "its first word is not documented" },
    ],
    fields: [
      ...userWord(0x1FF00000, {
        ...SWITCHES,
        BFB2: 20,
        DB1M: 21,
        DBANK: 22,
        SRAM2_PE: 24,
        SRAM2_RST: 25,
      }),
      ...ranges({ base: 0x1FF00000, pageBits: 8, codeBits: 16, size: 4096, needs: { DBANK: 1 } }),
      ...ranges({
        base: 0x1FF01000,
        bank: 2,
        main: 0x08100000,
        pageBits: 8,
        codeBits: 16,
        size: 4096,
        needs: { DBANK: 1 },
      }),
    ],
    bootPinWorks: SWITCHED_BOOT,
  },
  {
    chips: ["stm32g0b1", "stm32g0b1xb"],
    levelZero: 0xAA,
    hasLevelTwo: true,
    blocks: [
      {
        address: BASE,
        ...FORM,
        factory: `AAFEFFFF 55010000 ${EMPTY_RANGES} ${"FFFFFFFF 00000000 ".repeat(11)}`,
      },
    ],
    fields: [
      readProtection({ address: BASE, bit: 0, width: 8 }),
      ...BOR_G0,
      ...flags(BASE, {
        nRST_STOP: 13,
        nRST_STDBY: 14,
        nRST_SHDW: 15,
        IWDG_SW: 16,
        IWDG_STOP: 17,
        IWDG_STDBY: 18,
        WWDG_SW: 19,
        nSWAP_BANK: 20,
        DUAL_BANK: 21,
        nBOOT_SEL: 24,
        nBOOT1: 25,
        nBOOT0: 26,
        IRHEN: 29,
      }),
      g0Pages("WRP1A", BASE + 0x18),
      g0Pages("WRP1B", BASE + 0x20),
    ],
    bootPinWorks: [{ nBOOT1: 1, nBOOT_SEL: 0 }, { nBOOT1: 1, nBOOT0: 0 }],
    readOnly: "its boot loader does not say where they are, and is known to refuse writes",
    sources: [
      CUBE,
      "Refused writes: ST's forum, STM32G0C1",
      "Values of a new part: RM0444; second bank and secure memory are left out",
    ],
  },
  {
    ...G4,
    chips: ["stm32g431"],
    blocks: [block(BASE, "AAF8EFFF 55071000")],
    fields: [
      ...userWord(BASE, G4_MORE),
      RESET_PIN,
      ...ranges({ base: BASE, pageBits: 6, codeBits: 14, size: 2048 }),
    ],
    sources: G4_SOURCES,
  },
  {
    ...G4,
    chips: ["stm32g474"],
    blocks: [
      block(BASE, "AAF8EFFF 55071000", "00FFFEFF FF000100"),
      {
        ...block(0x1FFFF800, "FFFFFFFF FFFFFFFF", "00FFFFFF FF000000"),
        readOnly: "how the boot loader takes those of the second bank is not documented",
      },
    ],
    fields: [
      ...userWord(BASE, { ...G4_MORE, BFB2: 20, DBANK: 22 }),
      RESET_PIN,
      ...ranges({ base: BASE, pageBits: 7, codeBits: 15, size: 2048, needs: { DBANK: 1 } }),
      ...SECURE_WORD,
      ...ranges({
        base: 0x1FFFF800,
        bank: 2,
        main: 0x08040000,
        pageBits: 7,
        codeBits: 15,
        size: 2048,
        needs: { DBANK: 1 },
      }),
    ],
    sources: G4_SOURCES,
  },
];
