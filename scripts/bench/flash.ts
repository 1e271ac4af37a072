import type { VoltageRange } from "../../src/chips/chip.ts";
import { findChip } from "../../src/chips/chips.ts";
import { flashDevice } from "../../src/dfu/flash.ts";
import { openDevice } from "../../src/dfu/open_device.ts";
import type { Outline } from "../../src/firmware/firmware.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import type { DeviceProfile } from "../../src/plan/device_profile.ts";
import { eraseTimeMs, programTimeMs } from "../../src/plan/estimate.ts";
import { touchedPages } from "../../src/plan/touched_pages.ts";
import {
  createSimulatedDevice,
  type SimulatedDevice,
} from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";
import { seededRandom } from "../../tests/helpers/random.ts";
import { judge, printTable } from "./measure.ts";

const BASE = 0x08000000;
const SIZE = 256 * 1024;

/** Each part with the most that its time may be over the floor on other or blank contents. */
const PARTS: Readonly<Record<string, number>> = {
  stm32f405: 1.05,
  stm32f072: 1.15,
  stm32h743: 1.05,
  stm32l476: 1.05,
  stm32g474: 1.15,
};

/** What is on the part before the flash. */
type Before = "other" | "blank" | "unchanged" | "one page";

/**
 * A flash on simulated parts, in virtual time, over its floor: the erase of the pages that must be erased, the
 * programming of the bytes that must be programmed, and the wire time of the data written and verified.
 */
export async function benchFlash(): Promise<void> {
  const rows = [["part", "before", "virtual time", "floor", "over the floor", "transfers"]];
  for (const [id, most] of Object.entries(PARTS)) {
    for (const before of ["other", "blank", "unchanged", "one page"] as const) {
      const limit = before === "unchanged" ? 1.05 : before === "one page" ? 1.1 : most;
      const { ms, floorMs, transfers } = await flash(id, before);
      rows.push([
        id,
        before,
        `${ms.toFixed(0)} ms`,
        `${floorMs.toFixed(0)} ms`,
        judge(ms / floorMs, limit),
        `${transfers}`,
      ]);
    }
  }
  printTable(rows);
  const slow = await flash("stm32f405", "other");
  const fast = await flash("stm32f405", "other", "2.7-3.6");
  const gain = slow.ms / fast.ms;
  console.log(
    `\nstm32f405 with --vdd 3.3: ${fast.ms.toFixed(0)} ms, ${
      gain.toFixed(2)
    } times faster (at least 2)${gain < 2 ? " MISSED" : ""}`,
  );
}

async function flash(id: string, before: Before, voltage?: VoltageRange) {
  const chip = findChip(id);
  const clock = new VirtualClock();
  const part = createSimulatedDevice(
    { chip, fill: before === "blank" ? "blank" : "random" },
    clock,
  );
  const data = programOf(Math.min(SIZE, chip.flashSize));
  prepareMemory(part, before, data);
  const image = buildImage([{ address: BASE, data }]);
  const outline = outlineImage(image);
  const device = await openDevice(await part.open(), { clock, chip, voltage });
  const start = clock.now();
  const transfersBefore = part.report.transfers;
  const options = voltage === undefined ? {} : { voltage };
  const report = await flashDevice(device, { images: [{ image, outline }] }, options);
  if (report.error !== undefined) throw report.error;
  if (part.report.violationCount > 0) throw new Error(part.report.violations[0]);
  return {
    ms: clock.now() - start,
    floorMs: floorMs(outline, device.profile, before),
    transfers: part.report.transfers - transfersBefore,
  };
}

/** Random bytes behind a vector table, so that the part can start it. */
function programOf(size: number): Uint8Array {
  const data = seededRandom(1).bytes(size);
  const view = new DataView(data.buffer);
  view.setUint32(0, 0x20001000, true);
  view.setUint32(4, BASE + 9, true);
  return data;
}

/** Somewhere in the middle. */
const CHANGED = BASE + 70_000;

function prepareMemory(part: SimulatedDevice, before: Before, data: Uint8Array): void {
  if (before === "other" || before === "blank") return;
  part.writeMemory(BASE, data);
  if (before === "one page") part.writeMemory(CHANGED, Uint8Array.of(1, 2, 3));
}

function floorMs(outline: Outline, profile: DeviceProfile, before: Before): number {
  const { transferSize, timing } = profile;
  const size = outline.segments[0]!.size;
  const wireMs = (bytes: number) => bytes / transferSize * wireTimeMs(transferSize);
  const eraseMs = (bytes: number) => eraseTimeMs(bytes, timing!);
  const programMs = (bytes: number) => programTimeMs(bytes, timing!);
  const pages = [...touchedPages(outline, profile.alternates[0]!.layout)];
  switch (before) {
    case "other":
      return pages.reduce((sum, page) => sum + eraseMs(page.size), 0) + programMs(size) +
        2 * wireMs(size);
    case "blank":
      return programMs(size) + 2 * wireMs(size);
    case "unchanged":
      return wireMs(size);
    case "one page": {
      const page = pages.find(({ address, size }) =>
        address <= CHANGED && CHANGED < address + size
      )!;
      return wireMs(size) + eraseMs(page.size) + programMs(page.size) + 2 * wireMs(page.size);
    }
  }
}
