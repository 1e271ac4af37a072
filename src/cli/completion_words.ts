import { CHIPS } from "../chips/chips.ts";

/** The names of parts that complete `--chip`. */
export function chipWords(): string[] {
  return CHIPS.flatMap((chip) => [chip.id, ...chip.aliases]);
}

/** What completes `--device`: the USB path of each attached device, and its serial number. None where there is no USB. */
export async function deviceWords(): Promise<string[]> {
  try {
    // Loaded on demand: only a shell asks for this.
    const { discoverDevices } = await import("../usb/discovery.ts");
    const { openUsbBus } = await import("../usb/node_usb.ts");
    const { DISCOVERY } = await import("./device_options.ts");
    const { candidates } = await discoverDevices(await openUsbBus(), DISCOVERY);
    return candidates.flatMap(({ device }) =>
      device.serial === undefined ? [device.path] : [device.path, device.serial]
    );
  } catch {
    // A shell that completes a word has no place for an error.
    return [];
  }
}
