import { CHIPS } from "../chips/chips.ts";
import { TransportError, UsageError, writeReasonOf } from "../errors.ts";
import { UDEV_RULES_FILE, udevRule, type UsbPlatform } from "../usb/usb_error.ts";

/** The rules that let every user open the boot loaders of all parts that dfuse knows. */
export function udevRules(): string {
  const ids = new Map(CHIPS.map((chip) => [chip.vendorId * 0x10000 + chip.productId, chip]));
  const lines = [...ids].sort(([a], [b]) => a - b).map(([, chip]) => udevRule(chip));
  return [
    "# Boot loaders of microcontrollers: written by dfuse doctor --install-udev",
    ...lines,
    "",
  ]
    .join("\n");
}

/**
 * Writes the rules where udev reads them, and gives the path.
 *
 * @throws {UsageError} on another system than Linux.
 * @throws {TransportError} if the file cannot be written.
 */
export async function installUdevRules(
  platform: UsbPlatform,
  path: string = UDEV_RULES_FILE,
): Promise<string> {
  if (platform !== "linux") {
    throw new UsageError(`Cannot install udev rules on ${platform}, expected Linux`);
  }
  try {
    await Deno.writeTextFile(path, udevRules());
    return path;
  } catch (cause) {
    const denied = cause instanceof Deno.errors.PermissionDenied;
    const reason = writeReasonOf(cause);
    throw new TransportError("access-denied", `Cannot write ${path}: ${reason}`, {
      hint: denied
        ? "Run it as root: sudo dfuse doctor --install-udev"
        : "This system may have no udev; then run dfuse as root.",
      cause,
    });
  }
}

/** Where udev looks for rules (udev(7)); the first wins where names are equal. */
const FOLDERS = ["/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d"];
/** A system has some hundreds of rules, of a few KiB. */
const MAXIMUM_FILES = 5_000;

/** The texts of all rules by path. Folders and files that cannot be read are left out. */
export async function readUdevRules(
  folders: readonly string[] = FOLDERS,
): Promise<Map<string, string>> {
  const rules = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      const path = `${folder}/${name}`;
      if (!name.endsWith(".rules") || rules.size >= MAXIMUM_FILES) continue;
      const text = await Deno.readTextFile(path).catch(() => undefined);
      if (text !== undefined) rules.set(path, text);
    }
  }
  return rules;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
  } catch {
    return [];
  }
}
