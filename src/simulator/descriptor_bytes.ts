import type { Part } from "./part.ts";

/** String descriptor 0: English of the United States, and nothing else. */
export const LANGUAGES: Uint8Array = Uint8Array.of(4, 3, 0x09, 0x04);

const MANUFACTURER_INDEX = 1;
const PRODUCT_INDEX = 2;
const SERIAL_INDEX = 3;
const FIRST_ALTERNATE_INDEX = 4;

const DEFAULT_DEVICE_VERSION = 0x2200;
/** With the quirk `short-strings`, bLength promises so much more than is sent, in bytes. */
const MISSING_SIZE = 8;

/** The device descriptor (USB 2.0 table 9-8). */
export function encodeDevice({ chip }: Part): Uint8Array {
  return Uint8Array.of(
    ...[18, 1, ...word(0x0100), 0, 0, 0, 64],
    ...[...word(chip.vendorId), ...word(chip.productId), ...word(deviceVersionOf(chip))],
    ...[MANUFACTURER_INDEX, PRODUCT_INDEX, SERIAL_INDEX, 1],
  );
}

/** bcdDevice. */
export function deviceVersionOf(chip: Part["chip"]): number {
  return chip.deviceVersion ?? DEFAULT_DEVICE_VERSION;
}

/** The configuration with one interface, all its alternate settings, and the functional descriptor at the end. */
export function encodeConfiguration(part: Part): Uint8Array {
  const alternates = part.chip.alternates.map((_, alternate) => [
    ...[9, 4, 0, alternate, 0],
    ...[0xFE, 1, 2, FIRST_ALTERNATE_INDEX + alternate],
  ]);
  const body = [...alternates.flat(), ...encodeFunctional(part)];
  return Uint8Array.from([9, 2, ...word(9 + body.length), 1, 1, 0, 0xC0, 50, ...body]);
}

/** The DFU functional descriptor (DFU 1.1 table 4.2): downloads, uploads, detaches by itself; bcdDFUVersion of DfuSe. */
export function encodeFunctional({ chip }: Part): Uint8Array {
  return Uint8Array.of(9, 0x21, 0x0B, ...word(255), ...word(chip.transferSize), ...word(0x011A));
}

/** A string descriptor; undefined where there is none of that number. */
export function encodeString(part: Part, index: number): Uint8Array | undefined {
  const text = stringOf(part, index);
  if (text === undefined) return undefined;
  if (index === SERIAL_INDEX && part.quirks.has("serial-not-utf16")) {
    return Uint8Array.of(2 + text.length, 3, ...[...text].map((letter) => letter.charCodeAt(0)));
  }
  const missing = part.quirks.has("short-strings") ? MISSING_SIZE : 0;
  return Uint8Array.of(
    2 + 2 * text.length + missing,
    3,
    ...[...text].flatMap((letter) => word(letter.charCodeAt(0))),
  );
}

function stringOf(part: Part, index: number): string | undefined {
  switch (index) {
    case MANUFACTURER_INDEX:
      return part.chip.vendorId === 0x28E9 ? "GigaDevice" : "STMicroelectronics";
    case PRODUCT_INDEX:
      return part.chip.vendorId === 0x28E9 ? "GD32 DFU" : "STM32  BOOTLOADER";
    case SERIAL_INDEX:
      return serialOf(part);
    default:
      return alternateString(part, index - FIRST_ALTERNATE_INDEX);
  }
}

/** Equal on all boards where the part is known for that, or tells the part; else it follows from the seed. */
export function serialOf({ chip, options, quirks }: Part): string {
  if (options.serial !== undefined) return options.serial;
  if (chip.serialPattern !== undefined) {
    // The patterns of the table are plain text with a dot for any letter.
    return chip.serialPattern.replace(/[\^$]/g, "").replaceAll(".", "C");
  }
  if (quirks.has("equal-serials")) return "STM32FxSTM32";
  const number = (options.seed ?? 1) + 0x3553_0000;
  return number.toString(16).toUpperCase().padStart(12, "0");
}

/** What the loader says of an alternate setting, true or not. */
function alternateString({ chip, quirks }: Part, alternate: number): string | undefined {
  const honest = chip.alternates[alternate];
  const sent = quirks.has("layout-lies") ? chip.sentAlternates?.[alternate] ?? honest : honest;
  const isSpecial = sent !== undefined && /^@(option|otp|device feature)/i.test(sent);
  // Only the letters of page types change, such as the last one of "01*016 e".
  return isSpecial && quirks.has("special-areas-claim-erasable")
    ? sent.replace(/(\*\d+[ BKM]?)e/g, "$1g")
    : sent;
}

function word(value: number): [number, number] {
  return [value % 256, Math.floor(value / 256)];
}
