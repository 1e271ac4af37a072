/** All that a device tells of itself. */
export interface SelfDescription {
  readonly mode: "dfu" | "runtime";
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly serial: string;
  /** In order of their numbers. At most one has more than one alternate setting. */
  readonly interfaces: readonly InterfaceDescription[];
  readonly functional: FunctionalDescription;
  /** String descriptors by their index. The first is the list of languages; the next three are fixed, see below. */
  readonly strings: readonly Uint8Array[];
}

export interface InterfaceDescription {
  /** Class, subclass and protocol. */
  readonly classCodes: readonly [number, number, number];
  /** Of each alternate setting, the index of its string; 0 where it has none. */
  readonly nameIndexes: readonly number[];
}

/** The DFU functional descriptor (DFU 1.1 table 4.2). It stands behind the last interface. */
export interface FunctionalDescription {
  readonly willDetach: boolean;
  readonly detachTimeoutMs: number;
  readonly transferSize: number;
}

/** String descriptor 0: English of the United States, and nothing else. */
export const LANGUAGES: Uint8Array = Uint8Array.of(4, 3, 0x09, 0x04);

const MANUFACTURER_INDEX = 1;
const PRODUCT_INDEX = 2;
const SERIAL_INDEX = 3;
/** The first string that is not of the device itself. */
export const FIRST_FREE_INDEX = 4;

/** The only one that a device has. */
export const CONFIGURATION_VALUE = 1;

/** The device descriptor (USB 2.0 table 9-8). */
export function encodeDevice(description: SelfDescription): Uint8Array {
  const { vendorId, productId, deviceVersion } = description;
  return Uint8Array.of(
    ...[18, 1, ...word(0x0100), 0, 0, 0, 64],
    ...[...word(vendorId), ...word(productId), ...word(deviceVersion)],
    ...[MANUFACTURER_INDEX, PRODUCT_INDEX, SERIAL_INDEX, 1],
  );
}

/** The configuration with all interfaces, all their alternate settings, and the functional descriptor at the end. */
export function encodeConfiguration(description: SelfDescription): Uint8Array {
  const { interfaces } = description;
  const settings = interfaces.flatMap(({ classCodes, nameIndexes }, number) =>
    nameIndexes.flatMap((nameIndex, alternate) =>
      [9, 4, number, alternate, 0].concat(classCodes, nameIndex)
    )
  );
  const body = [...settings, ...encodeFunctional(description)];
  const size = word(9 + body.length);
  return Uint8Array.from(
    [9, 2, ...size, interfaces.length, CONFIGURATION_VALUE, 0, SELF_POWERED, 50, ...body],
  );
}

/** bmAttributes of a configuration: bit 7 is always set, bit 6 says self-powered (USB 2.0 table 9-10). */
const SELF_POWERED = 0xC0;

/** The DFU functional descriptor (DFU 1.1 table 4.2): downloads and uploads; bcdDFUVersion of DfuSe. */
export function encodeFunctional({ functional }: SelfDescription): Uint8Array {
  const { willDetach, detachTimeoutMs, transferSize } = functional;
  const attributes = willDetach ? 0x0B : 0x03;
  return Uint8Array.of(
    ...[9, 0x21, attributes, ...word(detachTimeoutMs), ...word(transferSize), ...word(0x011A)],
  );
}

/** A string descriptor (USB 2.0 table 9-16). Its bLength may promise more bytes than there are. */
export function encodeString(text: string, missing = 0): Uint8Array {
  const letters = [...text].flatMap((letter) => word(letter.charCodeAt(0)));
  return Uint8Array.of(2 + letters.length + missing, 3, ...letters);
}

function word(value: number): [number, number] {
  return [value % 256, Math.floor(value / 256)];
}
