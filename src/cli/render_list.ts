import type { DeviceFacts } from "../dfu/open_device.ts";
import { describeState, nameOfState } from "../dfu/protocol.ts";
import { type DfuseError, TransportError } from "../errors.ts";
import { formatAddress, formatCount, formatSize, formatUsbIds } from "../format.ts";
import type { AlternateProfile, DeviceProfile } from "../plan/device_profile.ts";
import { describeLayout } from "../plan/layout_text.ts";
import type { UsbDfuDevice } from "../usb/discovery.ts";
import { hintLines, type Output, renderError } from "./output.ts";
import type { Style } from "./style.ts";
import { hang, renderSentence } from "./wrap.ts";

/** One attached device, and what it told. */
export interface ListedDevice {
  readonly device: UsbDfuDevice;
  /** Missing where the device runs its program, or there is a problem. */
  readonly facts?: DeviceFacts;
  readonly profile?: DeviceProfile;
  /** Ids of the parts that it may be; several share a boot loader. */
  readonly chips?: readonly string[];
  /** bState, where it told. */
  readonly state?: number;
  /** Why it told nothing. */
  readonly problem?: DfuseError;
}

/** Everything that is attached. */
export interface DeviceList {
  readonly devices: readonly ListedDevice[];
  /** Devices that do no DFU. */
  readonly otherCount: number;
}

/** The list as text for standard output, and what to do about it for standard error. */
export function renderList(
  list: DeviceList,
  styles: Pick<Output, "style" | "errorStyle">,
): { readonly text: string; readonly notice: string } {
  const { devices, otherCount } = list;
  if (devices.length === 0) {
    const others = otherCount === 0
      ? "no USB device is attached"
      : formatCount(otherCount, "other USB device is", "other USB devices are") + " attached";
    const text = renderSentence(`No DFU device found (${others})`, styles.style);
    return { text, notice: noticeOf(NOTHING_HINT, styles) };
  }
  const { style } = styles;
  const text = devices.map((device) => deviceLines(device, style).join("\n") + "\n").join("\n");
  const runs = devices.some(({ device }) => device.mode === "runtime");
  return { text, notice: runs ? noticeOf(RUNTIME_HINT, styles) : "" };
}

const NOTHING_HINT = "Start the device's boot loader: most boards do with BOOT0 held at reset. " +
  "Some cables carry no data.";
const RUNTIME_HINT = "--detach asks a running program to enter its boot loader.";

function noticeOf(hint: string, { errorStyle }: Pick<Output, "errorStyle">): string {
  return hintLines(hint, errorStyle).join("\n") + "\n";
}

function deviceLines(listed: ListedDevice, style: Style): string[] {
  const { device, facts, profile, problem } = listed;
  const name = profile?.name ?? device.product ?? "Unknown device";
  return [
    ...hang(`${formatUsbIds(device)}  ${name}`, style, {
      head: `${device.path}  `,
      paintHead: "bold",
      indent: 2,
    }),
    ...row("Serial", device.serial ?? facts?.serial ?? "none", style),
    ...row("Mode", modeOf(listed), style),
    ...(profile === undefined ? [] : row("Transfers", formatSize(profile.transferSize), style)),
    ...memoryLines(listed, style),
    ...(problem === undefined ? [] : problemLines(problem, style)),
  ];
}

const LABEL_WIDTH = 11;

function row(label: string, value: string, style: Style): string[] {
  const text = style.blocks ? value : value.replaceAll("×", "x");
  return hang(text, style, { head: `  ${label.padEnd(LABEL_WIDTH)} ` });
}

function modeOf({ device, state, problem }: ListedDevice): string {
  if (device.mode === "runtime") return "runs its program";
  if (problem !== undefined) return "DFU, cannot be used";
  if (state === undefined) return "DFU";
  const { name, meaning } = describeState(state);
  return `DFU, ${name}: ${meaning}`;
}

/** Each alternate setting: its number and name, then its pages in words. */
function memoryLines({ profile }: ListedDevice, style: Style): string[] {
  if (profile === undefined) return [];
  const usable = profile.alternates.map((entry) => ({
    alternate: entry.alternate,
    name: entry.layout.name,
    text: `${formatAddress(entry.layout.regions[0]!.address)}, ${describeLayout(entry.layout)}`,
  }));
  const unusable = (profile.unusable ?? []).map(({ alternate, text, reason }) => ({
    alternate,
    name: text === "" ? "without a name" : `"${text}"`,
    text: reason,
  }));
  return [...usable, ...unusable].sort((a, b) => a.alternate - b.alternate).flatMap((entry) =>
    row(`Memory ${entry.alternate}`, `${entry.name}: ${entry.text}`, style)
  );
}

function problemLines(problem: DfuseError, style: Style): string[] {
  const narrow = { ...style, columns: style.columns - 2 };
  return renderError(problem, narrow).trimEnd().split("\n").map((line) => `  ${line}`);
}

/** The list as a JSON document: schema `dfuse.list/1`, see docs/json.md. */
export function listDocument({ devices, otherCount }: DeviceList): Record<string, unknown> {
  return {
    schema: "dfuse.list/1",
    devices: devices.map(deviceDocument),
    otherDevices: otherCount,
  };
}

function deviceDocument(listed: ListedDevice): Record<string, unknown> {
  const { device, facts, profile, state, problem } = listed;
  const { path, vendorId, productId, deviceVersion, manufacturer, product, mode } = device;
  const serial = device.serial ?? facts?.serial;
  return {
    path,
    usb: formatUsbIds(device),
    vendorId,
    productId,
    deviceVersion,
    ...(serial === undefined ? {} : { serial }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(product === undefined ? {} : { product }),
    mode,
    ...(state === undefined ? {} : { state: nameOfState(state) }),
    ...(profile === undefined ? {} : {
      name: profile.name,
      chips: listed.chips ?? [],
      transferSize: profile.transferSize,
      alternates: alternateDocuments(profile, facts?.strings ?? []),
    }),
    ...(problem === undefined ? {} : { problem: problemDocument(problem) }),
  };
}

function alternateDocuments(profile: DeviceProfile, strings: readonly string[]) {
  const layoutOf = new Map<number, AlternateProfile["layout"]>(
    profile.alternates.map(({ alternate, layout }) => [alternate, layout]),
  );
  return strings.map((text, alternate) => {
    const layout = layoutOf.get(alternate);
    return {
      alternate,
      text,
      ...(layout === undefined ? {} : { layout, description: describeLayout(layout) }),
    };
  });
}

function problemDocument(problem: DfuseError): Record<string, unknown> {
  return {
    ...(problem instanceof TransportError ? { kind: problem.kind } : {}),
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  };
}
