import type { PlanInput } from "../plan/plan.ts";
import { addedExtents, patchOutlines } from "../station/patch_image.ts";
import { peekUnit } from "../station/unit_data.ts";
import type { UnitPlan } from "./render_unit.ts";
import type { UnitFlags } from "./station_flags.ts";
import { unitSourceOf } from "./station_options.ts";

/** The values that a flash would put into the next unit; undefined without `--unit-data`. Reserves nothing. */
export async function planUnit(
  flags: UnitFlags,
  input: PlanInput,
): Promise<UnitPlan | undefined> {
  const source = unitSourceOf(flags);
  if (source === undefined) return undefined;
  return { ...await peekUnit(source), added: addedExtents(input, source.places) };
}

/** The same, with the input that the planner gets then. */
export async function planInputWithUnit(
  flags: UnitFlags,
  input: PlanInput,
): Promise<{ readonly unit: UnitPlan | undefined; readonly input: PlanInput }> {
  const unit = await planUnit(flags, input);
  return { unit, input: patchOutlines(input, [...unit?.row.bytes.keys() ?? []]) };
}
