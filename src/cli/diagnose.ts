import { DfuseError, TransportError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";
import type { UsbBus } from "../usb/bus.ts";
import { type DfuCandidate, discoverDevices, type Discovery } from "../usb/discovery.ts";
import { udevRule, type UsbPlatform } from "../usb/usb_error.ts";
import { DISCOVERY } from "./device_options.ts";

/** One thing that was looked at: what was seen, and what to do about it. */
export interface Finding {
  readonly kind: "ok" | "problem" | "note";
  readonly text: string;
  /** Steps, in order; commands and file contents are lines of their own. */
  readonly remedy?: readonly string[];
}

/** The machine that is looked at. */
export interface Machine {
  readonly platform: UsbPlatform;
  /** Throws `TransportError` if there is no USB. */
  openBus(): Promise<UsbBus>;
  /** Texts of all udev rules, by path; none where there is no udev. */
  readUdevRules(): Promise<ReadonlyMap<string, string>>;
}

/** Looks for devices and for what keeps them from being used. A boot loader is opened, and nothing is sent to it. */
export async function diagnose(machine: Machine): Promise<Finding[]> {
  let discovery: Discovery;
  try {
    discovery = await discoverDevices(await machine.openBus(), DISCOVERY);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return [problem(error.message, error.hint)];
  }
  const { candidates, others } = discovery;
  const findings: Finding[] = [];
  for (const candidate of candidates) findings.push(await examine(candidate, machine));
  findings.push(...others.map(noteOn));
  if (candidates.length > 0) return findings;
  const nothing = others.length === 0
    ? problem("No USB device is attached", ...NO_DEVICE)
    : problem("None of the attached devices is in its boot loader", ...NO_BOOT_LOADER);
  return [...findings, nothing];
}

const NO_BOOT_LOADER = [
  "Start the boot loader: most boards do with BOOT0 held (or its jumper set) at reset.",
  "Connect the USB port of the chip itself, not that of a debug probe on the board.",
];
const NO_DEVICE = [
  "Try another cable, some carry no data, and another port, without a hub.",
  "In a virtual machine or WSL, attach the device to it.",
  ...NO_BOOT_LOADER,
];

async function examine(candidate: DfuCandidate, machine: Machine): Promise<Finding> {
  const { device } = candidate;
  const name = [`${device.path}  ${formatUsbIds(device)}`, device.product].join("  ").trimEnd();
  if (device.mode === "runtime") {
    return {
      kind: "note",
      text: `${name}: runs its program, which can be asked to start the boot loader`,
      remedy: ["dfuse list", "dfuse flash --detach FILE"],
    };
  }
  try {
    const transport = await candidate.open();
    await transport.close();
    return { kind: "ok", text: `${name}: is in its boot loader and can be used` };
  } catch (error) {
    if (!(error instanceof DfuseError)) throw error;
    const remedy = await remedyOf(error, { device, machine });
    return { kind: "problem", text: `${name}: ${error.message}`, remedy };
  }
}

async function remedyOf(
  error: DfuseError,
  found: { readonly device: DfuCandidate["device"]; readonly machine: Machine },
): Promise<string[]> {
  const { device, machine } = found;
  const hint = error.hint === undefined ? [] : [error.hint];
  const kind = error instanceof TransportError ? error.kind : undefined;
  if (machine.platform === "linux" && kind === "access-denied") {
    return linuxRemedy(device, await machine.readUdevRules());
  }
  if (machine.platform === "darwin" && kind === "busy") {
    return [...hint, "This shows which process holds it (UsbExclusiveOwner):", "ioreg -p IOUSB -l"];
  }
  return hint;
}

function linuxRemedy(
  device: DfuCandidate["device"],
  rules: ReadonlyMap<string, string>,
): string[] {
  const reload = [
    "sudo udevadm control --reload",
    "sudo udevadm trigger",
    "Then plug the device in again.",
  ];
  const file = ruleFileFor(device, rules);
  if (file !== undefined) {
    return [`${file} has a rule for it, which has not been applied:`, ...reload];
  }
  return [
    "No udev rule lets other users than root open it. This one does:",
    udevRule(device),
    "Install it, for all boot loaders that dfuse knows:",
    "sudo dfuse doctor --install-udev",
    ...reload,
  ];
}

/** The file with a rule that names the device's ids. */
function ruleFileFor(
  { vendorId, productId }: { readonly vendorId: number; readonly productId: number },
  rules: ReadonlyMap<string, string>,
): string | undefined {
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  const line = new RegExp(
    `^[^#\\n]*idVendor}=="${hex(vendorId)}"[^\\n]*idProduct}=="${hex(productId)}"`,
    "im",
  );
  for (const [path, text] of rules) if (line.test(text)) return path;
  return undefined;
}

function noteOn(device: { readonly path: string; vendorId: number; productId: number }): Finding {
  const what = device.vendorId === ST_VENDOR_ID ? ST_PRODUCTS.get(device.productId) : undefined;
  const text = `${device.path}  ${formatUsbIds(device)}: ${what ?? "does no DFU"}`;
  return { kind: "note", text };
}

const ST_VENDOR_ID = 0x0483;
const ST_LINK = "an ST-Link debug probe, which is not the chip's own USB port";

/** ST's product ids that are taken for boot loaders (ST-Link: stlink's 49-stlink rules; 5740: ST's virtual COM port). */
const ST_PRODUCTS: ReadonlyMap<number, string> = new Map([
  ...[0x3744, 0x3748, 0x374A, 0x374B, 0x374D, 0x374E, 0x374F, 0x3752, 0x3753, 0x3754, 0x3755]
    .map((productId) => [productId, ST_LINK] as const),
  [0x5740, "a serial port that a program offers; its boot loader does not run"],
]);

function problem(text: string, ...remedy: readonly (string | undefined)[]): Finding {
  return { kind: "problem", text, remedy: remedy.filter((step) => step !== undefined) };
}
