import { formatAddress } from "../format.ts";

/** A family of parts, as UF2 files name it. */
export interface Uf2Family {
  readonly id: number;
  /** The short name of the registry. */
  readonly name: string;
  /** What the ids of its parts begin with in the table of parts; missing where no part of it speaks DfuSe. */
  readonly chips?: string;
}

/** The family of that id, or of that name in upper or lower case. */
export function findUf2Family(wanted: number | string): Uf2Family | undefined {
  if (typeof wanted === "number") return FAMILIES.find((family) => family.id === wanted);
  return FAMILIES.find((family) => family.name.toLowerCase() === wanted.toLowerCase());
}

/** `STM32F4 (0x57755A57)`, or the number alone. */
export function formatUf2Family(id: number): string {
  const name = findUf2Family(id)?.name;
  return name === undefined ? formatAddress(id) : `${name} (${formatAddress(id)})`;
}

function parts(id: number, name: string): Uf2Family {
  return { id, name, chips: name.toLowerCase() };
}

/** The registry of microsoft/uf2, utils/uf2families.json: those with a DfuSe loader, and others that people have. */
const FAMILIES: readonly Uf2Family[] = [
  parts(0x647824B6, "STM32F0"),
  parts(0x5EE21072, "STM32F1"),
  parts(0x5D1A0A2E, "STM32F2"),
  parts(0x6B846188, "STM32F3"),
  parts(0x57755A57, "STM32F4"),
  { id: 0x6D0922FA, name: "STM32F407", chips: "stm32f40" },
  { id: 0x8FB060FE, name: "STM32F407VG", chips: "stm32f40" },
  { id: 0x06D1097B, name: "STM32F411xC", chips: "stm32f411" },
  { id: 0x2DC309C5, name: "STM32F411xE", chips: "stm32f411" },
  parts(0x53B80F00, "STM32F7"),
  parts(0x300F5633, "STM32G0"),
  parts(0x4C71240A, "STM32G4"),
  parts(0x4E8F1C5D, "STM32H5"),
  parts(0x6DB66082, "STM32H7"),
  parts(0x202E3A91, "STM32L0"),
  parts(0x1E1F432D, "STM32L1"),
  parts(0x00FF6919, "STM32L4"),
  parts(0x04240BDF, "STM32L5"),
  parts(0x70D16653, "STM32WB"),
  parts(0x21460FF0, "STM32WL"),
  parts(0x9AF03E33, "GD32VF103"),
  parts(0xA0C97B8E, "AT32F415"),
  { id: 0xE48BFF56, name: "RP2040" },
  { id: 0x68ED2B88, name: "SAMD21" },
  { id: 0x55114460, name: "SAMD51" },
  { id: 0x1B57745F, name: "NRF52" },
  { id: 0xADA52840, name: "NRF52840" },
  { id: 0x1C5F21B0, name: "ESP32" },
  { id: 0xBFDD4EEE, name: "ESP32S2" },
  { id: 0xC47E5767, name: "ESP32S3" },
];
