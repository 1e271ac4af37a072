import { TransportError, type TransportErrorKind } from "../errors.ts";

/** The operating systems whose remedies differ; the others are like Linux. */
export type UsbPlatform = typeof Deno.build.os;

export interface UsbErrorContext {
  /** What was tried, as it follows "Cannot": `open the device at 1-4.2`. */
  readonly doing: string;
  readonly platform: UsbPlatform;
  /** Of the device, where there is one. */
  readonly ids?: { readonly vendorId: number; readonly productId: number };
}

/**
 * What the addon threw, as an error with a kind and a remedy. The addon has one error class and one code, so its
 * texts are all there is to tell by; they are known here and nowhere else.
 */
export function transportErrorOf(error: unknown, context: UsbErrorContext): TransportError {
  if (error instanceof TransportError) return error;
  const text = textOf(error);
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  const kind = rule?.kind ?? "fault";
  const reason = rule?.words ?? text.replace(/^\w+ error: /, "");
  const hint = rule?.hint ?? hintFor(kind, context);
  return new TransportError(kind, `Cannot ${context.doing}: ${reason}`, { hint, cause: error });
}

/** The line that lets every user of a Linux machine open a device. */
export function udevRule(ids: { readonly vendorId: number; readonly productId: number }): string {
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  return `SUBSYSTEM=="usb",ATTR{idVendor}=="${hex(ids.vendorId)}",` +
    `ATTR{idProduct}=="${hex(ids.productId)}",MODE="0666"`;
}

/** Where that line belongs. */
export const UDEV_RULES_FILE = "/etc/udev/rules.d/70-dfuse.rules";

interface Rule {
  readonly pattern: RegExp;
  readonly kind: TransportErrorKind;
  /** Instead of the addon's words, where those say less. */
  readonly words?: string;
  /** Instead of the hint that belongs to the kind. */
  readonly hint?: string;
}

/** The first that fits counts. Numbers are errno on Linux, Win32 errors on Windows, IOReturn on macOS. */
const RULES: readonly Rule[] = [
  {
    pattern: /requires \w+ access/i,
    kind: "access-denied",
    words: "Deno was not allowed to load the USB addon",
    hint: "Run Deno with --allow-all. The released executable needs nothing of the kind.",
  },
  {
    pattern: /failed to map segment/,
    kind: "no-driver",
    words: "the USB addon must not be loaded from the temporary folder",
    hint: "Set TMPDIR to a folder on a file system that is not mounted noexec.",
  },
  {
    pattern:
      /cannot find native binding|cannot find module|failed loading|could not resolve|shared object/i,
    kind: "no-driver",
    words: "the USB addon for this platform is missing or does not load",
    hint: "Use a released executable for this operating system and processor.",
  },
  {
    pattern: /\/sys\/bus\/usb\S* not found/,
    kind: "not-found",
    words: "this system has no USB (/sys/bus/usb is missing)",
    hint: "In a container, pass the host's USB in with docker run --device /dev/bus/usb; " +
      "in a virtual machine, attach the device to it.",
  },
  { pattern: /endpoint stalled|errno 32\)/, kind: "stall", words: "the device stalled it" },
  {
    pattern: /transfer was cancelled|errno 110\)/,
    kind: "timeout",
    words: "the device did not answer in time",
  },
  {
    pattern: /device disconnected|device not found|errno (19|108)\)|not found by registry id/,
    kind: "disconnected",
    words: "it is disconnected",
  },
  { pattern: /parent hub|hub port|error (22|433|1167)\)|0xe00002c0/i, kind: "disconnected" },
  { pattern: /permission denied|errno (1|13)\)|0xe00002e2/, kind: "access-denied" },
  {
    pattern:
      /is busy|already claimed|exclusive access|errno 16\)|open device \(error (5|32)\)|0xe00002(c5|cd)/,
    kind: "busy",
    words: "another program uses it",
  },
  {
    pattern: /incompatible driver|determine driver|DeviceInterfaceGUIDs|WinUSB (device|interface)/,
    kind: "no-driver",
    words: "Windows has another driver for it than WinUSB, or none",
  },
  { pattern: /initialize WinUSB/, kind: "no-driver" },
];

/** The message, and those of the errors that caused it: the addon's loader tells the reason at the end. */
function textOf(error: unknown): string {
  const texts: string[] = [];
  let current = error;
  // An error that caused itself would never end.
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    texts.push(current.message);
    current = current.cause;
  }
  return texts.length === 0 ? String(error) : texts.join("\n");
}

const MAX_CAUSES = 16;

function hintFor(kind: TransportErrorKind, context: UsbErrorContext): string {
  switch (kind) {
    case "not-found":
      return "Connect the device and start its boot loader: most boards do with BOOT0 held at reset.";
    case "access-denied":
      return accessHint(context);
    case "no-driver":
      return "Give the device the WinUSB driver with Zadig (https://zadig.akeo.ie): " +
        "Options, List All Devices, choose the device, WinUSB, Replace Driver.";
    case "busy":
      return "Close the program that uses the device: another dfuse, dfu-util, STM32CubeProgrammer.";
    case "stall":
      return "The device refuses this request in its present state: unplug it and plug it in again.";
    case "timeout":
      return "Unplug the device, plug it in again, and run the same command once more.";
    case "disconnected":
      return "Check the cable, start the boot loader again, and run the same command once more.";
    case "fault":
      return "Try another cable or port, without a hub, and run the same command once more.";
  }
}

function accessHint({ platform, ids }: UsbErrorContext): string {
  switch (platform) {
    case "windows":
      return "Close other programs that use the device, and run dfuse as administrator once.";
    case "darwin":
      return "Close other programs that use the device, or run dfuse with sudo.";
    default:
      // The rule stands alone in its line, to be copied.
      return `Put this line into ${UDEV_RULES_FILE}:\n${udevRule(ids ?? ST_ROM)}\n` +
        "Then run: sudo udevadm control --reload; and plug the device in again.";
  }
}

/** What is meant where no device is known: the boot loader in ST's parts. */
const ST_ROM = { vendorId: 0x0483, productId: 0xDF11 };
