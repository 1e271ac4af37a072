import type { OptionBytes, OptionField } from "./option_bytes.ts";
import { flags, number, readProtection } from "./option_fields.ts";

// The boot loader gives out the flash registers themselves: what is in force, and beside it what is to be written.
const BASE = 0x5200201C;
const CUBE =
  "Places and names: the data base of STM32CubeProgrammer; the registers that tell what is in force (_CUR)";
const READ_ONLY =
  "how the boot loader takes a write to these registers is not documented, and the " +
  "sizes that are told of them contradict each other";

const BOR: Pick<OptionField, "meaning" | "values"> = {
  meaning: "brown-out reset below",
  values: ["off", "2.1 V (level 1)", "2.4 V (level 2)", "2.7 V (level 3)"],
};

function boot(name: string, address: number, bit: number): OptionField {
  return number(name, { address, bit, width: 16 }, {
    meaning: "start address, in units of 64 KiB",
  });
}

function status(bits: Readonly<Record<string, number>>): readonly OptionField[] {
  return [
    readProtection({ address: BASE, bit: 8, width: 8 }),
    number("BOR_LEV", { address: BASE, bit: 2, width: 2 }, BOR),
    ...flags(BASE, {
      IWDG1_SW: 4,
      ...bits,
      FZ_IWDG_STOP: 17,
      FZ_IWDG_SDBY: 18,
      SECURITY: 21,
      IO_HSLV: 29,
    }),
    boot("BOOT_ADD0", 0x52002040, 0),
    boot("BOOT_ADD1", 0x52002040, 16),
  ];
}

function protection(width: number, size?: number): OptionField {
  return {
    name: "WRP",
    kind: "sectors",
    parts: [{ address: 0x52002038, bit: 0, width }],
    meaning: "write protection of bank 1, by sector",
    protects: { address: 0x08000000, ...(size === undefined ? {} : { size }) },
  };
}

const H7 = { levelZero: 0xAA, hasLevelTwo: true, readOnly: READ_ONLY } as const;

/**
 * The registers of a new part, from FLASH_OPTSR_CUR to FLASH_BOOT_CUR, and as many further bytes as the boot loader tells
 * of; they are not decoded.
 */
function registers(optsr: string, size: number) {
  const known = [
    optsr,
    optsr,
    "00000000",
    "FF000000 FF000000",
    "FF000000 FF000000",
    "FFFFFFFF FFFFFFFF",
    "0008F01F 0008F01F",
  ].join(" ");
  const count = known.replaceAll(" ", "").length / 2;
  return { address: BASE, form: "plain", factory: known + "00".repeat(size - count) } as const;
}

/** STM32H7. */
export const OPTION_BYTES_H: readonly OptionBytes[] = [
  {
    ...H7,
    chips: ["stm32h743"],
    blocks: [registers("F0AAC61B", 128)],
    fields: [
      ...status({ NRST_STOP_D1: 6, NRST_STBY_D1: 7, SWAP_BANK: 31 }),
      protection(8),
    ],
    sources: [
      CUBE,
      "Values of a new part: RM0433; of the dual-core parts only what all share is named",
    ],
  },
  {
    ...H7,
    chips: ["stm32h723"],
    blocks: [registers("F0AAC61B", 88)],
    fields: [...status({ NRST_STOP: 6, NRST_STBY: 7 }), protection(8)],
    sources: [CUBE, "Values of a new part: RM0468"],
  },
  {
    ...H7,
    chips: ["stm32h7a3"],
    blocks: [registers("F0AAC61B", 297)],
    fields: [
      ...status({ NRST_STOP: 6, NRST_STBY: 7, SWAP_BANK: 31 }),
      protection(32, 4 * 8 * 1024),
    ],
    sources: [CUBE, "Values of a new part: RM0455"],
  },
];
