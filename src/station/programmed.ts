import { executePlan } from "../dfu/execute.ts";
import {
  type FlashDevice,
  type FlashInput,
  type FlashOptions,
  prepareFlash,
} from "../dfu/flash.ts";
import { readMemory } from "../dfu/read_memory.ts";
import type { Report } from "../dfu/report.ts";
import { regionAt } from "../plan/memory_layout.ts";
import type { Plan } from "../plan/operation.ts";
import { patchInput } from "./patch_image.ts";
import type { Place } from "./place.ts";
import type { UnitData } from "./unit_data.ts";
import type { UnitRow } from "./unit_rows.ts";

/** A unit that holds all that it should already, and was started. */
export interface Programmed {
  readonly report: Report;
  readonly plan: Plan;
  /** The values that it passed with before. */
  readonly unit?: UnitRow["values"];
}

/**
 * Looks whether a unit holds the image already, every byte of it; with unit data, also values that a unit has passed
 * with. If so it is only started. Changes nothing on it.
 */
export async function startIfProgrammed(
  device: FlashDevice,
  input: FlashInput,
  options: FlashOptions & { readonly unitData?: UnitData | undefined },
): Promise<Programmed | undefined> {
  if (!device.canUpload) return undefined;
  const { unitData, ...flashOptions } = options;
  const row = unitData === undefined ? undefined : await findRow(device, unitData);
  if (unitData !== undefined && row === undefined) return undefined;
  const expected = row === undefined ? input : patchInput(input, row);
  const looking = { ...flashOptions, erase: "needed", fullSurvey: true } as const;
  const { plan, images, surveyMs } = await prepareFlash(device, expected, looking);
  if (plan.operations.some(({ kind }) => kind !== "select" && kind !== "leave")) return undefined;
  const { session, clock, profile } = device;
  const { transferSize } = profile;
  const { onEvent, signal } = options;
  const report = await executePlan(plan, {
    ...{ session, clock, transferSize, images, surveyMs, signal },
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  return { report, plan, ...(row === undefined ? {} : { unit: row.values }) };
}

/** The row that a unit has passed with, by what is in its places now. */
async function findRow(device: FlashDevice, unitData: UnitData): Promise<UnitRow | undefined> {
  await device.session.recover();
  const bytes = new Map<Place, Uint8Array>();
  for (const place of unitData.places) {
    const found = await readPlace(device, place);
    if (found === undefined) return undefined;
    bytes.set(place, found);
  }
  const values = unitData.findUsed((place) => bytes.get(place)!);
  return values === undefined ? undefined : { values, bytes, key: "" };
}

async function readPlace(device: FlashDevice, place: Place): Promise<Uint8Array | undefined> {
  const holder = device.profile.alternates.find(({ layout }) =>
    regionAt(layout, place.address)?.readable === true
  );
  if (holder === undefined) return undefined;
  const { alternate } = holder;
  const image = await readMemory(device, { alternate, ranges: [place] });
  return image.segments[0]?.data;
}
