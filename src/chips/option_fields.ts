import type { OptionBits, OptionField } from "./option_bytes.ts";

/** Fields that have the same name and meaning on many parts; only their place differs. */

const WATCHDOG = ["started by hardware at reset", "started by the program"];
const FREEZES = ["stops", "goes on"];
const RESETS = ["resets the part", "does not reset it"];

/** Read protection: one byte. */
export function readProtection(at: OptionBits): OptionField {
  return { name: "RDP", kind: "level", parts: [at], meaning: "read protection level" };
}

/** A field of one bit or a few. */
export function number(
  name: string,
  at: OptionBits,
  rest: Pick<OptionField, "meaning" | "values" | "locked">,
): OptionField {
  return { name, kind: "number", parts: [at], ...rest };
}

/** Single bits of one number, by their place in it. */
export function flags(
  address: number,
  bits: Readonly<Record<string, number>>,
  texts: Readonly<Record<string, Pick<OptionField, "meaning" | "values" | "locked">>> = TEXTS,
): OptionField[] {
  return Object.entries(bits).map(([name, bit]) =>
    number(name, { address, bit, width: 1 }, texts[name] ?? TEXTS[name] ?? { meaning: name })
  );
}

const REARRANGES = "it rearranges the flash, after which neither the program nor its layout fits";
const PERMANENT = "it cannot be undone by a boot loader";
const PIN = "without the reset pin a board may be out of reach";

/** What the flags do, by name. */
const TEXTS: Readonly<Record<string, Pick<OptionField, "meaning" | "values" | "locked">>> = {
  WDG_SW: { meaning: "independent watchdog", values: WATCHDOG },
  IWDG_SW: { meaning: "independent watchdog", values: WATCHDOG },
  IWDG1_SW: { meaning: "independent watchdog 1", values: WATCHDOG },
  IWDG2_SW: { meaning: "independent watchdog 2", values: WATCHDOG },
  WWDG_SW: { meaning: "window watchdog", values: WATCHDOG },
  IWDG_STOP: { meaning: "independent watchdog in Stop mode", values: FREEZES },
  IWDG_STDBY: { meaning: "independent watchdog in Standby mode", values: FREEZES },
  FZ_IWDG_STOP: { meaning: "independent watchdog in Stop mode", values: FREEZES },
  FZ_IWDG_SDBY: { meaning: "independent watchdog in Standby mode", values: FREEZES },
  nRST_STOP: { meaning: "entering Stop mode", values: RESETS },
  nRST_STDBY: { meaning: "entering Standby mode", values: RESETS },
  nRST_SHDW: { meaning: "entering Shutdown mode", values: RESETS },
  NRST_STOP: { meaning: "entering Stop mode", values: RESETS },
  NRST_STBY: { meaning: "entering Standby mode", values: RESETS },
  NRST_STOP_D1: { meaning: "domain 1 entering Stop mode", values: RESETS },
  NRST_STBY_D1: { meaning: "domain 1 entering Standby mode", values: RESETS },
  NRST_STOP_D2: { meaning: "domain 2 entering Stop mode", values: RESETS },
  NRST_STBY_D2: { meaning: "domain 2 entering Standby mode", values: RESETS },
  nBOOT1: {
    meaning: "what starts while BOOT0 is 1",
    values: ["RAM, not the boot loader", "the boot loader"],
  },
  nBOOT0: {
    meaning: "BOOT0 where the pin does not decide",
    values: ["BOOT0 is 1: nBOOT1 decides", "BOOT0 is 0: the program starts"],
  },
  nSWBOOT0: {
    meaning: "what decides BOOT0",
    values: ["nBOOT0; the pin means nothing", "the BOOT0 pin"],
  },
  BOOT_SEL: {
    meaning: "what decides BOOT0",
    values: ["nBOOT0; the pin means nothing", "the BOOT0 pin"],
  },
  nBOOT_SEL: {
    meaning: "what decides BOOT0",
    values: ["the BOOT0 pin", "nBOOT0; the pin means nothing"],
  },
  VDDA_MONITOR: { meaning: "supervision of the analog supply", values: ["off", "on"] },
  RAM_PARITY: { meaning: "parity check of RAM", values: ["on", "off"] },
  SRAM2_PE: { meaning: "parity check of SRAM2", values: ["on", "off"] },
  SRAM_PE: { meaning: "parity check of RAM", values: ["on", "off"] },
  SRAM2_RST: { meaning: "SRAM2 at a reset", values: ["is erased", "is kept"] },
  CCMSRAM_RST: { meaning: "CCM SRAM at a reset", values: ["is erased", "is kept"] },
  BFB2: {
    meaning: "boot from bank 2",
    values: ["off", "on: the boot loader looks for a program in bank 2 first"],
    locked: "with no program in bank 2 a part may not start",
  },
  DUALBANK: { meaning: "flash in two banks", values: ["no", "yes"], locked: REARRANGES },
  DBANK: { meaning: "flash in two banks", values: ["no", "yes"], locked: REARRANGES },
  DUAL_BANK: { meaning: "flash in two banks", values: ["no", "yes"], locked: REARRANGES },
  DB1M: { meaning: "1 MiB in two banks", values: ["no", "yes"], locked: REARRANGES },
  nDBANK: { meaning: "flash in two banks", values: ["yes", "no"], locked: REARRANGES },
  nDBOOT: { meaning: "boot from either bank", values: ["on", "off"], locked: REARRANGES },
  SWAP_BANK: { meaning: "banks swapped", values: ["no", "yes"], locked: REARRANGES },
  nSWAP_BANK: { meaning: "banks swapped", values: ["yes", "no"], locked: REARRANGES },
  SPRMOD: {
    meaning: "what the WRP bits mean",
    values: ["write protection", "protection against reading too (PCROP), with the bits inverted"],
    locked: "it can be undone only by erasing the whole part",
  },
  PCROP_RDP: {
    meaning: "protected code when read protection is lifted",
    values: ["is kept", "is erased"],
    locked: PERMANENT,
  },
  IRHEN: { meaning: "how internal resets drive the reset pin", locked: PIN },
  BOOT_LOCK: {
    meaning: "always start the program, whatever the boot pins say",
    values: ["no", "yes"],
    locked: PERMANENT,
  },
  SECURITY: { meaning: "secure areas", values: ["off", "on"], locked: PERMANENT },
  IO_HSLV: {
    meaning: "fast pins at low voltage",
    values: ["off", "on"],
    locked: "above 2.5 V it can destroy the part",
  },
  BCM4: { meaning: "Cortex-M4 starts at reset", values: ["no", "yes"] },
  BCM7: { meaning: "Cortex-M7 starts at reset", values: ["no", "yes"] },
};
