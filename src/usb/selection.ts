import { TransportError, UsageError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";
import type { Discovery, UsbDfuDevice } from "./discovery.ts";

/** What `--device` says. Everything that is named must fit. */
export interface DeviceSelector {
  readonly serial?: string;
  /** `1-4.2`. */
  readonly path?: string;
  /** Each is the serial number or the path: the user did not say which. */
  readonly names?: readonly string[];
  readonly vendorId?: number;
  /** Missing also where any product of the vendor will do. */
  readonly productId?: number;
}

const HINT =
  "Give a serial number, a USB path (1-4.2), ids (0483:df11), or several of them with commas. " +
  "What could be mistaken is told by serial=, path= or id= before it.";

/**
 * Reads `--device`: terms separated by commas, each `serial=TEXT`, `path=1-4.2` or `id=0483:df11` (`id=0483:*` for
 * all of a vendor). A value alone is ids if it looks so, else the serial number or the path, whichever fits.
 *
 * @throws {UsageError} if a term is empty, unreadable, or says again what another one said.
 */
export function parseDeviceSelector(text: string): DeviceSelector {
  let selector: DeviceSelector = {};
  for (const term of text.split(",").map((term) => term.trim())) {
    const added = parseTerm(term);
    const isRepeated = Object.keys(added).some((key) => key !== "names" && key in selector);
    if (added.names?.[0] === "" || isRepeated) {
      const found = isRepeated ? `"${term}" is one too many of its kind` : "a term is empty";
      throw new UsageError(`Cannot read --device "${text}": ${found}`, { hint: HINT });
    }
    const names = [...selector.names ?? [], ...added.names ?? []];
    selector = { ...selector, ...added, ...(names.length === 0 ? {} : { names }) };
  }
  return selector;
}

function parseTerm(term: string): DeviceSelector {
  const [, key, value = ""] = /^(?:(serial|path|id)=)?(.*)$/.exec(term) ?? [];
  if (value === "") return { names: [""] };
  if (key === "serial") return { serial: value };
  if (key === "path") return { path: value };
  const ids = IDS.exec(value);
  if (ids !== null) {
    const [, vendor, product] = ids;
    const vendorId = parseInt(vendor!, 16);
    return product === undefined ? { vendorId } : { vendorId, productId: parseInt(product, 16) };
  }
  if (key === undefined) return { names: [value] };
  throw new UsageError(`Cannot read --device: "${value}" is not vendor:product`, { hint: HINT });
}

/** Four hexadecimal digits each: shorter ones may be a part of a serial number. */
const IDS = /^(?:0x)?([0-9a-f]{4}):(?:(?:0x)?([0-9a-f]{4})|\*)$/i;

/** What `chooseDevice()` finds, and what it was asked for. */
export interface Choice<Candidate> {
  readonly candidates: readonly Candidate[];
  readonly selector: DeviceSelector;
  /** Whether devices that run their program count too. */
  readonly runtime: boolean;
}

/** The candidates that fit. */
export function matchDevices<Candidate extends { readonly device: UsbDfuDevice }>(
  { candidates, selector, runtime }: Choice<Candidate>,
): readonly Candidate[] {
  return candidates.filter(({ device }) =>
    (runtime || device.mode === "dfu") && fits(device, selector)
  );
}

/** Whether a device is one that is meant. Upper and lower case are the same. */
export function fits(device: UsbDfuDevice, selector: DeviceSelector): boolean {
  const { serial, path, names = [], vendorId, productId } = selector;
  return (serial === undefined || isSame(device.serial, serial)) &&
    (path === undefined || isSame(device.path, path)) &&
    names.every((name) => isSame(device.serial, name) || isSame(device.path, name)) &&
    (vendorId === undefined || device.vendorId === vendorId) &&
    (productId === undefined || device.productId === productId);
}

function isSame(found: string | undefined, wanted: string): boolean {
  return found?.toLowerCase() === wanted.toLowerCase();
}

/** The error for several devices where one is wanted: it lists them. */
export function severalDevicesError(devices: readonly UsbDfuDevice[]): UsageError {
  const message = `Cannot choose a device: ${devices.length} fit, expected one`;
  const lines = devices.map(describeDevice);
  return new UsageError(message, {
    hint: `Choose one by its USB path, such as --device ${devices[0]?.path ?? "1-1"}, or by its ` +
      "serial number if no other has the same.",
    facts: { problems: [message, ...lines], devices: lines },
  });
}

/** The error for no device where one is wanted: it tells what there is instead. */
export function noDeviceError(
  { candidates, others }: Discovery,
  wanted: { readonly selector: DeviceSelector; readonly runtime: boolean },
): TransportError {
  const { selector, runtime } = wanted;
  const devices = candidates.map(({ device }) => device);
  const running = devices.filter((device) => device.mode === "runtime" && fits(device, selector));
  const message = `Cannot find ${describeSelector(selector)}: ${countsOf(devices, others.length)}`;
  const lines = devices.map(describeDevice);
  return new TransportError("not-found", message, {
    hint: !runtime && running.length > 0 ? RUNNING_HINT : devices.length > 0 ? OTHERS_HINT : HINTS,
    facts: { problems: [message, ...lines], devices: lines },
  });
}

/** What there is, in words. */
function countsOf(devices: readonly UsbDfuDevice[], otherCount: number): string {
  const running = devices.filter((device) => device.mode === "runtime").length;
  const parts = [
    ...counted(devices.length - running, "in DFU mode"),
    ...counted(running, "running its program"),
    ...counted(otherCount, "without DFU"),
  ];
  return parts.length === 0 ? "no USB device is attached" : `found ${parts.join(", ")}`;
}

function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}

const RUNNING_HINT = "The program runs. Add --detach to ask it to enter its boot loader.";
const OTHERS_HINT = "dfuse list shows every device with its serial number and USB path.";
const HINTS = "Connect the device and start its boot loader: most boards do with BOOT0 held at " +
  "reset. Add --wait to wait for it.";

/** `1-4.2, 0483:df11, serial 3573…, in its boot loader`. */
export function describeDevice(device: UsbDfuDevice): string {
  const { path, serial, mode, problem } = device;
  const parts = [
    path,
    formatUsbIds(device),
    serial === undefined ? "no serial number" : `serial ${serial}`,
    mode === "dfu" ? "in DFU mode" : "runs its program",
    ...(problem === undefined ? [] : [problem.kind]),
  ];
  return parts.join(", ");
}

function describeSelector(selector: DeviceSelector): string {
  const { serial, path, names = [], vendorId, productId } = selector;
  const product = productId ?? 0xFFFF;
  const terms = [
    ...names,
    ...(serial === undefined ? [] : [`serial=${serial}`]),
    ...(path === undefined ? [] : [`path=${path}`]),
    ...(vendorId === undefined ? [] : [`id=${formatUsbIds({ vendorId, productId: product })}`]),
  ];
  return terms.length === 0 ? "a device in DFU mode" : `the device ${terms.join(",")}`;
}
