import { DeviceError } from "../errors.ts";

/** The device descriptor (USB 2.0 table 9-8). String indexes are 0 where there is no string. */
export interface DeviceDescriptor {
  /** bcdUSB. */
  readonly usbVersion: number;
  /** bMaxPacketSize0, in bytes. */
  readonly maximumPacketSize: number;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly manufacturerIndex: number;
  readonly productIndex: number;
  readonly serialIndex: number;
  readonly configurationCount: number;
}

/** One alternate setting of one interface (USB 2.0 table 9-12). */
export interface InterfaceDescriptor {
  readonly interfaceNumber: number;
  readonly alternate: number;
  readonly classCode: number;
  readonly subclassCode: number;
  readonly protocolCode: number;
  /** iInterface: index of its string, 0 for none. */
  readonly nameIndex: number;
}

/** The DFU functional descriptor (DFU 1.1 table 4.2). */
export interface FunctionalDescriptor {
  /** bitCanDnload. */
  readonly canDownload: boolean;
  /** bitCanUpload. */
  readonly canUpload: boolean;
  readonly manifestationTolerant: boolean;
  /** bitWillDetach: it leaves the bus by itself after DETACH. */
  readonly willDetach: boolean;
  /** wDetachTimeOut. */
  readonly detachTimeoutMs: number;
  /** wTransferSize, in bytes; 0 where the device says so. */
  readonly transferSize: number;
  /** bcdDFUVersion: 0x011A for DfuSe, 0x0110 or 0x0100 for DFU. */
  readonly dfuVersion: number;
}

/** A configuration descriptor with all that follows it (USB 2.0 §9.6.3). */
export interface ConfigurationDescriptor {
  /** bConfigurationValue: what SET_CONFIGURATION takes. */
  readonly configurationValue: number;
  /** In the device's order. */
  readonly interfaces: readonly InterfaceDescriptor[];
  /** The DFU functional descriptor of each interface that has one, by interface number. */
  readonly functional: ReadonlyMap<number, FunctionalDescriptor>;
}

const DEVICE_TYPE = 1;
const CONFIGURATION_TYPE = 2;
const STRING_TYPE = 3;
const INTERFACE_TYPE = 4;
const DFU_FUNCTIONAL_TYPE = 0x21;

/**
 * Reads the answer to GET_DESCRIPTOR(device).
 *
 * | offset | size | field                          |
 * | ------ | ---- | ------------------------------ |
 * | 0      | 2    | bLength (18), bDescriptorType  |
 * | 2      | 2    | bcdUSB                         |
 * | 4      | 4    | class codes, bMaxPacketSize0   |
 * | 8      | 6    | idVendor, idProduct, bcdDevice |
 * | 14     | 4    | iManufacturer, iProduct, iSerialNumber, bNumConfigurations |
 *
 * @throws {DeviceError} if it is too short or of another type.
 */
export function parseDeviceDescriptor(bytes: Uint8Array): DeviceDescriptor {
  const view = viewOf(bytes, { what: "device descriptor", type: DEVICE_TYPE, size: 18 });
  return {
    usbVersion: view.getUint16(2, true),
    maximumPacketSize: view.getUint8(7),
    vendorId: view.getUint16(8, true),
    productId: view.getUint16(10, true),
    deviceVersion: view.getUint16(12, true),
    manufacturerIndex: view.getUint8(14),
    productIndex: view.getUint8(15),
    serialIndex: view.getUint8(16),
    configurationCount: view.getUint8(17),
  };
}

/**
 * How many bytes to ask for to get a whole configuration, from its first nine or more.
 *
 * @throws {DeviceError} if they are too few or of another type.
 */
export function configurationSize(bytes: Uint8Array): number {
  const view = viewOf(bytes, CONFIGURATION);
  return view.getUint16(2, true);
}

/**
 * Reads the answer to GET_DESCRIPTOR(configuration), all wTotalLength bytes of it. A DFU functional descriptor may
 * follow any alternate setting of its interface, and counts for all of them; the first one of an interface counts.
 * Descriptors of other types are skipped.
 *
 * @throws {DeviceError} if it is cut short, of another type, or a descriptor in it has an impossible length.
 */
export function parseConfigurationDescriptor(bytes: Uint8Array): ConfigurationDescriptor {
  const view = viewOf(bytes, CONFIGURATION);
  const size = view.getUint16(2, true);
  if (size > bytes.length) throw unreadable(CONFIGURATION.what, `${bytes.length} bytes`, `${size}`);
  const interfaces: InterfaceDescriptor[] = [];
  const functional = new Map<number, FunctionalDescriptor>();
  for (const part of splitDescriptors(bytes.subarray(0, size))) {
    if (part[1] === INTERFACE_TYPE) interfaces.push(parseInterface(part));
    const owner = interfaces.at(-1);
    if (part[1] !== DFU_FUNCTIONAL_TYPE || owner === undefined || !isDfu(owner)) continue;
    if (functional.has(owner.interfaceNumber)) continue;
    functional.set(owner.interfaceNumber, parseFunctionalDescriptor(part));
  }
  return { configurationValue: view.getUint8(5), interfaces, functional };
}

/**
 * Reads a DFU functional descriptor. Nine bytes; DFU 1.0 has seven, without bcdDFUVersion. Some devices send the
 * version with its bytes swapped.
 *
 * | offset | size | field                              |
 * | ------ | ---- | ---------------------------------- |
 * | 0      | 2    | bLength (9 or 7), bDescriptorType  |
 * | 2      | 1    | bmAttributes                       |
 * | 3      | 2    | wDetachTimeOut, in ms              |
 * | 5      | 2    | wTransferSize, in bytes            |
 * | 7      | 2    | bcdDFUVersion                      |
 *
 * @throws {DeviceError} if it is too short or of another type.
 */
export function parseFunctionalDescriptor(bytes: Uint8Array): FunctionalDescriptor {
  const what = "DFU functional descriptor";
  const view = viewOf(bytes, { what, type: DFU_FUNCTIONAL_TYPE, size: 7 });
  const attributes = view.getUint8(2);
  const hasVersion = bytes.length >= 9 && view.getUint8(0) >= 9;
  return {
    canDownload: (attributes & 1) !== 0,
    canUpload: (attributes & 2) !== 0,
    manifestationTolerant: (attributes & 4) !== 0,
    willDetach: (attributes & 8) !== 0,
    detachTimeoutMs: view.getUint16(3, true),
    transferSize: view.getUint16(5, true),
    dfuVersion: hasVersion ? straightVersion(view.getUint16(7, true)) : 0x0100,
  };
}

/**
 * The text of a string descriptor, as far as it goes. Devices cut it short, state a length beyond its end, or send
 * plain bytes where USB wants UTF-16: what came is read, and odd bytes at the end are dropped.
 *
 * @throws {DeviceError} if it is not a string descriptor at all.
 */
export function parseStringDescriptor(bytes: Uint8Array): string {
  const view = viewOf(bytes, { what: "string descriptor", type: STRING_TYPE, size: 2 });
  const text = bytes.subarray(2, Math.max(2, view.getUint8(0)));
  const decoder = new TextDecoder(isPlain(text) ? "latin1" : "utf-16le");
  const whole = isPlain(text) ? text : text.subarray(0, text.length - text.length % 2);
  return decoder.decode(whole).replace(/\0[^]*$/, "");
}

/** How an interface does DFU, if it does: class 0xFE, subclass 1. Some DfuSe devices say protocol 0 in DFU mode. */
export function dfuModeOf(descriptor: InterfaceDescriptor): "runtime" | "dfu" | undefined {
  if (!isDfu(descriptor)) return undefined;
  return descriptor.protocolCode === 1 ? "runtime" : "dfu";
}

const CONFIGURATION = {
  what: "configuration descriptor",
  type: CONFIGURATION_TYPE,
  size: 9,
} as const;

function isDfu({ classCode, subclassCode }: InterfaceDescriptor): boolean {
  return classCode === 0xFE && subclassCode === 1;
}

function parseInterface(bytes: Uint8Array): InterfaceDescriptor {
  const view = viewOf(bytes, { what: "interface descriptor", type: INTERFACE_TYPE, size: 9 });
  return {
    interfaceNumber: view.getUint8(2),
    alternate: view.getUint8(3),
    classCode: view.getUint8(5),
    subclassCode: view.getUint8(6),
    protocolCode: view.getUint8(7),
    nameIndex: view.getUint8(8),
  };
}

/** Each step is two bytes or more, so the size of the whole bounds the loop. */
function* splitDescriptors(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length;) {
    const length = bytes[offset]!;
    if (length < 2 || offset + length > bytes.length) {
      const found = `a descriptor of ${length} bytes at offset ${offset}`;
      throw unreadable(CONFIGURATION.what, found, `2 to ${bytes.length - offset}`);
    }
    yield bytes.subarray(offset, offset + length);
    offset += length;
  }
}

/** 0x1A01 is DfuSe's 0x011A with its bytes swapped: no version of DFU is that high. */
function straightVersion(version: number): number {
  const swapped = (version % 256) * 256 + Math.floor(version / 256);
  return version >= 0x1000 && swapped < 0x1000 ? swapped : version;
}

/** Printable ASCII throughout: UTF-16 of the letters that serial numbers and layouts have holds zeros. */
function isPlain(text: Uint8Array): boolean {
  return text.length > 0 && text.every((byte) => byte >= 0x20 && byte < 0x7F);
}

function viewOf(
  bytes: Uint8Array,
  expected: { readonly what: string; readonly type: number; readonly size: number },
): DataView {
  const { what, type, size } = expected;
  if (bytes.length < size) throw unreadable(what, `${bytes.length} bytes`, `${size}`);
  if (bytes[1] !== type) throw unreadable(what, `type ${bytes[1]}`, `${type}`);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function unreadable(what: string, found: string, wanted: string): DeviceError {
  return new DeviceError(`Cannot read ${what}: ${found}, expected ${wanted}`, {
    hint: "Unplug the device, plug it in again and try once more.",
  });
}
