import { DeviceError } from "../errors.ts";
import {
  type ConfigurationDescriptor,
  configurationSize,
  parseConfigurationDescriptor,
} from "./descriptors.ts";

/**
 * The active configuration of the device at a USB path, as Linux has kept it since the device came: reading it needs
 * no right to open the device, makes no traffic, and so disturbs nobody who works with it. Undefined where it cannot be
 * read or understood.
 */
export function readSysfsConfiguration(path: string): ConfigurationDescriptor | undefined {
  const folder = `/sys/bus/usb/devices/${path}`;
  const active = readSmallFile(`${folder}/bConfigurationValue`);
  const descriptors = readSmallFile(`${folder}/descriptors`);
  if (active === undefined || descriptors === undefined) return undefined;
  try {
    return findConfiguration(descriptors, Number(new TextDecoder().decode(active)));
  } catch (error) {
    if (error instanceof DeviceError) return undefined;
    throw error;
  }
}

/**
 * The configuration with a value, from a device descriptor followed by all configurations.
 *
 * @throws {DeviceError} if there is none of that value, or the bytes cannot be understood.
 */
export function findConfiguration(bytes: Uint8Array, value: number): ConfigurationDescriptor {
  let rest = bytes.subarray(DEVICE_DESCRIPTOR_SIZE);
  // A configuration of less than nine bytes is refused, so the size of the whole bounds the loop.
  while (rest.length > 0) {
    const size = configurationSize(rest);
    const configuration = parseConfigurationDescriptor(rest.subarray(0, size));
    if (configuration.configurationValue === value) return configuration;
    rest = rest.subarray(size);
  }
  throw new DeviceError(`Cannot find configuration ${value} of the device: it has none`);
}

/** bLength of a device descriptor (USB 2.0 table 9-8). */
const DEVICE_DESCRIPTOR_SIZE = 18;

/** More than the descriptors of any device: they are a few hundred bytes, a few thousand with cameras. */
const MAXIMUM_SIZE = 64 * 1024;

/**
 * Reads a file of /sys with the C library, which the right to load the USB addon includes: `Deno.readFile` demands the
 * right to everything for it, running programs included. Undefined where it cannot be read.
 */
function readSmallFile(path: string): Uint8Array | undefined {
  library ??= openLibrary();
  if (library === undefined) return undefined;
  const { open, read, close } = library.symbols;
  const file = open(new TextEncoder().encode(path + "\0"), READ_ONLY);
  if (file < 0) return undefined;
  const bytes = new Uint8Array(MAXIMUM_SIZE);
  let size = 0;
  // Each turn but the last adds a byte or more, and the buffer bounds them.
  for (let count = 1; count > 0; size += Math.max(0, count)) {
    count = Number(read(file, bytes.subarray(size), BigInt(bytes.length - size)));
  }
  close(file);
  return bytes.slice(0, size);
}

/** O_RDONLY with O_CLOEXEC, the same on every Linux that Deno runs on. */
const READ_ONLY = 0o2000000;

/** Opened once: that takes longer than reading all files. */
let library: ReturnType<typeof openLibrary>;

function openLibrary() {
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      close: { parameters: ["i32"], result: "i32" },
    });
  } catch {
    return undefined;
  }
}
