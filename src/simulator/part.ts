import type { Chip, FlashTiming, Quirk, VoltageRange } from "../chips/chip.ts";
import { profileOfChip } from "../plan/device_profile.ts";
import { pageAt } from "../plan/memory_layout.ts";
import type { Fault } from "./faults.ts";
import { FlashMemory } from "./flash_memory.ts";
import { fillOptionBytes, loadOptionBytes, setReadProtection } from "./option_bytes.ts";
import { Random } from "./random.ts";
import { Recorder } from "./report.ts";

/** How a part is simulated; what is left out is as on a real one. */
export interface SimulatorOptions {
  readonly chip: Chip;
  /** Old contents: pseudo-random unless said otherwise. */
  readonly fill?: "random" | "blank";
  /** Of old contents and of everything else that chance decides; default 1. */
  readonly seed?: number;
  /** `worst`: the datasheet's maximum for every erase and every write. */
  readonly timing?: "typical" | "worst";
  /** File that keeps the memory between runs; see `image_file.ts`. */
  readonly image?: string;
  /** Read protection level 1. */
  readonly readProtected?: boolean;
  /** Any address in each write-protected page. */
  readonly writeProtected?: readonly number[];
  /** Instead of the part's own. */
  readonly quirks?: readonly Quirk[];
  /**
   * While work lasts: `nak` keeps the host waiting as ST's ROMs do, `repeat` answers dfuDNBUSY again and again as
   * many other loaders do.
   */
  readonly whileBusy?: "nak" | "repeat";
  /** After dfuMANIFEST: gone, or, as some loaders do, still there. */
  readonly leaves?: "yes" | "never";
  readonly faults?: readonly Fault[];
  /**
   * After each start a program runs that can be asked to start the boot loader: `detaches` leaves the bus by itself then,
   * `waits` waits for a USB reset (DFU 1.1 §5.1).
   */
  readonly runtime?: "detaches" | "waits";
  /** Of the boot loader. */
  readonly serial?: string;
  /** USB path: bus and ports. */
  readonly path?: string;
}

/** A part with its board: all that outlives power, and what is counted. */
export interface Part {
  readonly chip: Chip;
  readonly options: SimulatorOptions;
  readonly quirks: ReadonlySet<Quirk>;
  readonly memory: FlashMemory;
  /** Addresses of pages that are write-protected whatever the option bytes say. */
  readonly alwaysProtectedPages: ReadonlySet<number>;
  /** Bits can be cleared in bytes that are programmed already; elsewhere ECC forbids it. */
  readonly rewritable: boolean;
  readonly random: Random;
  readonly recorder: Recorder;
  /** Addresses of write-protected pages, since the last start. */
  writeProtectedPages: ReadonlySet<number>;
  /** Level 1 or 2, since the last start; read unprotect ends level 1. */
  readProtected: boolean;
  /** Read protection level 2: the boot loader never runs again. */
  lockedForEver: boolean;
}

export function createPart(options: SimulatorOptions): Part {
  const { chip, fill = "random", seed = 1 } = options;
  const memory = new FlashMemory({
    alternates: profileOfChip(chip).alternates,
    fill,
    seed,
    erasedByte: chip.erasedByte ?? 0xFF,
  });
  const alwaysProtectedPages = new Set(
    (options.writeProtected ?? []).map((address) => {
      const area = memory.areaAt(address);
      return (area && pageAt(area.layout, address)?.address) ?? address;
    }),
  );
  const part: Part = {
    chip,
    options,
    quirks: new Set(options.quirks ?? chip.quirks),
    memory,
    alwaysProtectedPages,
    writeProtectedPages: alwaysProtectedPages,
    rewritable: chip.reprogrammable ?? false,
    random: new Random(seed + 1000),
    recorder: new Recorder(),
    readProtected: options.readProtected ?? false,
    lockedForEver: false,
  };
  fillOptionBytes(part);
  applyProtection(part);
  return part;
}

/** Lets a part start with the protection that its options ask for, besides what its option bytes say. */
export function applyProtection(part: Part): void {
  if (part.options.readProtected === true) setReadProtection(part, true);
  loadOptionBytes(part);
}

/** How long work takes and what the loader says of it, both in milliseconds. */
export interface WorkTime {
  readonly durationMs: number;
  /** bwPollTimeout. */
  readonly statedMs: number;
}

export function eraseTime(part: Part, work: { timing: FlashTiming; pageSize: number }): WorkTime {
  const { erase } = work.timing;
  const row = erase.find((row) => row.pageSize >= work.pageSize) ?? erase.at(-1);
  if (row === undefined) return { durationMs: 0, statedMs: 0 };
  return choose(part, { ...row, statedMs: statedEraseMs(part.chip) });
}

export function massEraseTime(part: Part, timing: FlashTiming): WorkTime {
  const total = { typicalMs: 0, maximumMs: 0 };
  for (const page of timing.massErase === undefined ? part.memory.erasablePages() : []) {
    const row = timing.erase.find((row) => row.pageSize >= page.size) ?? timing.erase.at(-1);
    total.typicalMs += row?.typicalMs ?? 0;
    total.maximumMs += row?.maximumMs ?? 0;
  }
  const statedMs = part.quirks.has("mass-erase-underreports") ? UNDERREPORTED_MS : undefined;
  return choose(part, { ...(timing.massErase ?? total), statedMs });
}

export function programTime(part: Part, work: { timing: FlashTiming; size: number }): WorkTime {
  const { unit, typicalUs, maximumUs } = work.timing.program;
  const count = Math.ceil(work.size / unit);
  return choose(part, {
    typicalMs: count * typicalUs / 1000,
    maximumMs: count * maximumUs / 1000,
    statedMs: undefined,
  });
}

/** What writing the given bytes to Device Feature selects (AN2606 §4.4). */
export function voltageOf(data: Uint8Array): VoltageRange | undefined {
  if (data.length !== 4 || data.subarray(1).some((byte) => byte !== 0xFF)) return undefined;
  return VOLTAGES[data[0]!];
}

const VOLTAGES: readonly VoltageRange[] = ["1.8-2.1", "2.1-2.4", "2.4-2.7", "2.7-3.6"];

/** F405: "100 ms" for what takes up to 32 s. */
const UNDERREPORTED_MS = 100;

function choose(
  part: Part,
  span: { typicalMs: number; maximumMs: number; statedMs: number | undefined },
): WorkTime {
  const durationMs = part.options.timing === "worst" ? span.maximumMs : span.typicalMs;
  return { durationMs, statedMs: span.statedMs ?? Math.ceil(span.typicalMs) };
}

/** bwPollTimeout of an erase as seen on real parts; the others are taken to state the typical time. */
function statedEraseMs(chip: Chip): number | undefined {
  return STATED_ERASE_MS.find((row) => row.chips.test(chip.id))?.eraseMs;
}

const STATED_ERASE_MS = [
  { chips: /^stm32h7[45]/, eraseMs: 1000 },
  { chips: /^stm32f0/, eraseMs: 40 },
  { chips: /^stm32l4[34]/, eraseMs: 21 },
] as const;
