import {
  encodeString,
  FIRST_FREE_INDEX,
  LANGUAGES,
  type SelfDescription,
} from "./descriptor_bytes.ts";
import type { Part } from "./part.ts";

const DEFAULT_DEVICE_VERSION = 0x2200;
/** With the quirk `short-strings`, bLength promises so much more than is sent, in bytes. */
const MISSING_SIZE = 8;

/** What a boot loader tells of itself, true or not. */
export function describeLoader(part: Part): SelfDescription {
  const { chip, quirks } = part;
  const isGd = chip.vendorId === 0x28E9;
  const serial = serialOf(part);
  const encode = (text: string) =>
    encodeString(text, quirks.has("short-strings") ? MISSING_SIZE : 0);
  return {
    mode: "dfu",
    vendorId: chip.vendorId,
    productId: chip.productId,
    deviceVersion: chip.deviceVersion ?? DEFAULT_DEVICE_VERSION,
    serial,
    interfaces: [{
      classCodes: [0xFE, 1, 2],
      nameIndexes: chip.alternates.map((_, alternate) => FIRST_FREE_INDEX + alternate),
    }],
    functional: { willDetach: true, detachTimeoutMs: 255, transferSize: chip.transferSize },
    strings: [
      LANGUAGES,
      encode(isGd ? "GigaDevice" : "STMicroelectronics"),
      encode(isGd ? "GD32 DFU" : "STM32  BOOTLOADER"),
      quirks.has("serial-not-utf16") ? plainString(serial) : encode(serial),
      ...alternateStrings(part).map(encode),
    ],
  };
}

/** Equal on all boards where the part is known for that, or tells the part; else it follows from the seed. */
function serialOf({ chip, options, quirks }: Part): string {
  if (options.serial !== undefined) return options.serial;
  if (chip.serialPattern !== undefined) {
    // The patterns of the table are plain text with a dot for any letter.
    return chip.serialPattern.replace(/[\^$]/g, "").replaceAll(".", "C");
  }
  if (quirks.has("equal-serials")) return "STM32FxSTM32";
  const number = (options.seed ?? 1) + 0x3553_0000;
  return number.toString(16).toUpperCase().padStart(12, "0");
}

/** A byte for each letter, where USB wants two. */
function plainString(text: string): Uint8Array {
  return Uint8Array.of(2 + text.length, 3, ...[...text].map((letter) => letter.charCodeAt(0)));
}

function alternateStrings({ chip, quirks }: Part): string[] {
  return chip.alternates.map((honest, alternate) => {
    const sent = quirks.has("layout-lies") ? chip.sentAlternates?.[alternate] ?? honest : honest;
    const isSpecial = /^@(option|otp|device feature)/i.test(sent);
    // Only the letters of page types change, such as the last one of "01*016 e".
    return isSpecial && quirks.has("special-areas-claim-erasable")
      ? sent.replace(/(\*\d+[ BKM]?)e/g, "$1g")
      : sent;
  });
}
