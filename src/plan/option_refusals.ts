import type { OptionField } from "../chips/option_bytes.ts";
import { findOption, type OptionState, type OptionValue } from "./option_state.ts";
import { blockAt, type OptionUnit, unitsOf } from "./option_units.ts";
import type { OptionPlanOptions } from "./plan_option_bytes.ts";

/** One setting, before and after. */
export interface OptionChange {
  readonly name: string;
  readonly from: OptionValue;
  readonly to: OptionValue;
}

/** A change that was not judged yet. */
export interface OptionStep {
  readonly before: OptionState;
  readonly after: OptionState;
  readonly changes: readonly OptionChange[];
}

/** Why option bytes must not be changed so, a sentence each; none where they may. */
export function optionProblems(step: OptionStep, options: OptionPlanOptions): readonly string[] {
  if (step.changes.length === 0) return [];
  return [
    ...tableProblems(step),
    ...step.changes.flatMap((change) => fieldProblems(step, change)),
    ...damageProblems(step),
    ...levelProblems(step, options),
    ...bootProblems(step, options),
  ];
}

function tableProblems({ before }: OptionStep): string[] {
  const { readOnly } = before.table;
  return readOnly === undefined ? [] : [`Cannot set option bytes of this part: ${readOnly}`];
}

function fieldProblems({ before }: OptionStep, { name, from, to }: OptionChange): string[] {
  const { field } = from;
  const problems: string[] = [];
  if (field.locked !== undefined) {
    problems.push(`Cannot set ${name}: ${field.locked}, expected a debug probe for that`);
  }
  const reason = from.void ?? to.void;
  if (reason !== undefined) {
    problems.push(`Cannot set ${name}: it means something else while ${reason}`);
  }
  for (const { address } of field.parts) {
    const { readOnly } = blockAt(before.table, address);
    if (readOnly !== undefined) problems.push(`Cannot set ${name}: ${readOnly}`);
  }
  return problems;
}

/** What is damaged must be set as a whole, or nobody knows what it would become. */
function damageProblems({ before, after, changes }: OptionStep): string[] {
  const left = after.damage.map(({ message }) =>
    `Cannot set option bytes: ${message}, expected settings that mend it`
  );
  const mended = before.damage.filter(({ unit }) =>
    !after.damage.some((other) => other.unit.address === unit.address)
  );
  const partly = mended.filter(({ unit }) => !isCovered(unit, changes, before))
    .map(({ message, fields }) =>
      `Cannot set ${fields.join(", ")}: ${message}, and not every bit of it is known`
    );
  return [...left, ...partly];
}

/** Whether every bit of a unit's value is set. */
function isCovered(
  unit: OptionUnit,
  changes: readonly OptionChange[],
  { table }: OptionState,
): boolean {
  const start = unit.address * 8;
  const covered = new Set<number>();
  const parts = changes.map(({ from }) => from.field)
    .filter((field: OptionField) =>
      unitsOf(table, field).some(({ address }) => address === unit.address)
    )
    .flatMap((field) => field.parts);
  for (const { address, bit, width } of parts) {
    for (let index = 0; index < width; index++) covered.add(address * 8 + bit + index);
  }
  return Array.from({ length: unit.valueSize * 8 }, (_, bit) => start + bit)
    .every((bit) => covered.has(bit));
}

function levelProblems({ before, after }: OptionStep, options: OptionPlanOptions): string[] {
  const from = before.level;
  const to = after.level;
  if (to === 2 && from !== 2 && options.lockForEver !== true) {
    return [
      "Cannot set RDP=2: nothing can ever undo it. No boot loader, no debug probe and not ST itself can read, " +
      "write or erase the part again, or set it free; only its own program can still change it. Expected " +
      "--lock-for-ever if that is meant",
    ];
  }
  if (from === 1 && to === 0) {
    return [
      "Cannot set RDP=0: lifting read protection erases the whole flash, expected dfuse unprotect",
    ];
  }
  const boots = findOption(after, "BOOT_LOCK")?.parts[0] === 1;
  return to === 1 && from === 0 && boots
    ? ["Cannot set RDP=1: with BOOT_LOCK no boot loader and no debugger can lift it again"]
    : [];
}

function bootProblems({ before, after }: OptionStep, options: OptionPlanOptions): string[] {
  if (!bootPinWorks(before) || bootPinWorks(after) || options.giveUpBootLoader === true) return [];
  return [
    "Cannot set the boot options so: no boot pin would start the boot loader any more, so that only the program or a " +
    "debug probe can bring dfuse back. Expected --give-up-boot-loader if that is meant",
  ];
}

/** Whether a boot pin can start the boot loader in ROM. */
export function bootPinWorks(state: OptionState): boolean {
  const rows = state.table.bootPinWorks;
  if (rows === undefined) return true;
  return rows.some((row) =>
    Object.entries(row).every(([name, value]) => findOption(state, name)?.parts[0] === value)
  );
}
