import type { Chip, Quirk } from "../chips/chip.ts";
import { findChip } from "../chips/chips.ts";
import { QUIRKS } from "../chips/quirks.ts";
import { UsageError } from "../errors.ts";
import { DFU_STATUSES, type DfuStatusName } from "./dfu_numbers.ts";
import { type Fault, FAULT_KINDS } from "./faults.ts";
import type { SimulatorOptions } from "./part.ts";

/** What `--simulate` asks for. */
export interface SimulatorSpec {
  readonly options: SimulatorOptions;
  /** Real time, so many times faster; virtual time where it is missing. */
  readonly speed?: number;
}

/**
 * Reads `CHIP[,KEY=VALUE…]`, such as `stm32f405,image=board.img,quirk=random-stalls,fault=stall@12`. The keys are told
 * in docs/simulator.md; `wrp`, `quirk` and `fault` may come several times.
 *
 * @throws {UsageError} for an unknown chip, key or value, saying what is allowed.
 */
export function parseSimulatorSpec(text: string): SimulatorSpec {
  const [name = "", ...settings] = text.split(",").map((part) => part.trim());
  const chip = findChip(name);
  let spec: Draft = { chip, quirks: new Set(chip.quirks), writeProtected: [], faults: [] };
  for (const setting of settings) {
    const [key = ""] = setting.split("=", 1);
    const value = setting.slice(key.length + 1);
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (BENCH_KEYS.includes(key)) throw oneBoard(setting);
    if (read === undefined) throw unknown(setting, `a setting such as ${keysText()}`);
    spec = { ...spec, ...read({ text: setting, value }, spec) };
  }
  const { speed, quirks, ...options } = spec;
  return {
    options: { ...options, quirks: [...quirks] },
    ...(speed === undefined ? {} : { speed }),
  };
}

/** What is read so far: options whose lists can grow. */
type Draft = Omit<SimulatorOptions, "chip" | "quirks" | "writeProtected" | "faults"> & {
  readonly chip: Chip;
  readonly quirks: ReadonlySet<Quirk>;
  readonly writeProtected: readonly number[];
  readonly faults: readonly Fault[];
  readonly speed?: number;
};

/** A setting as it was written, and what follows its equals sign. */
interface Setting {
  readonly text: string;
  readonly value: string;
}

type Read = (setting: Setting, spec: Draft) => Partial<Draft>;

const KEYS: Readonly<Record<string, Read>> = {
  fill: (setting) => ({ fill: oneOf(["random", "blank"], setting) }),
  seed: (setting) => ({ seed: wholeNumber(setting) }),
  timing: (setting) => ({ timing: oneOf(["typical", "worst"], setting) }),
  speed: (setting) => ({ speed: readSpeed(setting) }),
  image: (setting) => ({ image: someText(setting) }),
  serial: (setting) => ({ serial: someText(setting) }),
  path: (setting) => ({ path: someText(setting) }),
  rdp: (setting) => ({ readProtected: oneOf(["0", "1"], setting) === "1" }),
  wrp: (setting, spec) => ({ writeProtected: [...spec.writeProtected, readAddress(setting)] }),
  quirk: (setting, spec) => ({ quirks: changeQuirks(spec.quirks, setting) }),
  busy: (setting) => ({ whileBusy: oneOf(["nak", "repeat"], setting) }),
  leaves: (setting) => ({ leaves: oneOf(["yes", "never"], setting) }),
  runtime: (setting) => ({ runtime: oneOf(["detaches", "waits"], setting) }),
  fault: (setting, spec) => ({ faults: [...spec.faults, readFault(setting)] }),
};

/** What makes several boards, for a production line: see docs/production-line.md. */
const BENCH_KEYS: readonly string[] = ["count", "units"];

function oneBoard(text: string): UsageError {
  return new UsageError(
    `Cannot use simulator setting "${text}" here: it makes several boards, expected one`,
    {
      hint: "Leave it out, also to see a plan with --dry-run. To flash several boards, " +
        "use dfuse flash --all or --watch; to serve them, dfuse simulate --count.",
    },
  );
}

function keysText(): string {
  return Object.keys(KEYS).map((key) => `${key}=`).join(", ");
}

function unknown(text: string, wanted: string): UsageError {
  return new UsageError(`Cannot read simulator setting "${text}": expected ${wanted}`, {
    hint: "docs/simulator.md tells every setting.",
  });
}

function oneOf<const T extends string>(allowed: readonly T[], setting: Setting): T {
  const found = allowed.find((text) => text === setting.value);
  if (found === undefined) throw unknown(setting.text, allowed.join(" or "));
  return found;
}

function someText({ text, value }: Setting): string {
  if (value === "") throw unknown(text, "a value after the equals sign");
  return value;
}

function wholeNumber({ text, value }: Setting): number {
  if (!/^\d{1,9}$/.test(value)) throw unknown(text, "a number of up to nine digits");
  return Number(value);
}

function readSpeed({ text, value }: Setting): number {
  const speed = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  if (!(speed > 0) || speed > 1e6) throw unknown(text, "a number above 0, such as 1 or 10");
  return speed;
}

function readAddress({ text, value }: Setting): number {
  const address = /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : NaN;
  if (Number.isNaN(address)) throw unknown(text, "an address such as 0x08004000");
  return address;
}

/** `NAME` adds, `-NAME` takes away, `none` takes all away. */
function changeQuirks(quirks: ReadonlySet<Quirk>, { text, value }: Setting): ReadonlySet<Quirk> {
  if (value === "none") return new Set();
  const isRemoved = value.startsWith("-");
  const quirk = isQuirk(isRemoved ? value.slice(1) : value);
  if (quirk === undefined) {
    throw unknown(text, `none, or one of ${Object.keys(QUIRKS).join(", ")}`);
  }
  const changed = new Set(quirks);
  if (isRemoved) changed.delete(quirk);
  else changed.add(quirk);
  return changed;
}

function isQuirk(name: string): Quirk | undefined {
  return (Object.keys(QUIRKS) as Quirk[]).find((quirk) => quirk === name);
}

function readFault({ text, value }: Setting): Fault {
  const [name = "", number = ""] = value.split("@");
  const transfer = /^[1-9]\d{0,8}$/.test(number) ? Number(number) : undefined;
  const kind = FAULT_KINDS.find((kind) => kind === name);
  const status = DFU_STATUSES.find((status) => status === name && status !== "OK");
  if (transfer !== undefined && kind !== undefined) return { kind, transfer };
  if (transfer !== undefined && status !== undefined) return { kind: "status", status, transfer };
  const statuses = DFU_STATUSES.filter((status: DfuStatusName) => status !== "OK");
  const allowed = [...FAULT_KINDS, ...statuses].join(", ");
  throw unknown(text, `KIND@N with N from 1 and one of ${allowed}`);
}
