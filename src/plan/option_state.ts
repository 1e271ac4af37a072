import { LEVEL_TWO, type OptionBytes, type OptionField } from "../chips/option_bytes.ts";
import { formatAddress } from "../format.ts";
import { formatOption } from "./option_values.ts";
import {
  blockAt,
  isIntact,
  type OptionContents,
  type OptionUnit,
  readParts,
  unitsOf,
} from "./option_units.ts";

/** A setting as it is. */
export interface OptionValue {
  readonly field: OptionField;
  /** One number per part of the field. */
  readonly parts: readonly number[];
  /** As the command line takes it. */
  readonly text: string;
  /** What it means, where that is known. */
  readonly effect?: string;
  /** Why the field means something else now: another field has a value that it must not have. */
  readonly void?: string;
}

/** A value and what is stored beside it contradict each other. */
export interface OptionDamage {
  readonly unit: OptionUnit;
  /** Names of the fields in it. */
  readonly fields: readonly string[];
  /** A sentence. */
  readonly message: string;
}

/** Option bytes, understood. */
export interface OptionState {
  readonly table: OptionBytes;
  readonly contents: OptionContents;
  readonly values: readonly OptionValue[];
  readonly damage: readonly OptionDamage[];
  /** Of read protection. */
  readonly level: 0 | 1 | 2;
}

/** Reads all settings out of option bytes. `contents` has every block of the table, whole. */
export function decodeOptionBytes(table: OptionBytes, contents: OptionContents): OptionState {
  const raw = new Map(
    table.fields.map((field) => [field.name, readParts(table, { field, contents })]),
  );
  const damage = findDamage(table, contents);
  const values = table.fields.map((field): OptionValue => {
    const parts = raw.get(field.name)!;
    const reason = voidReason(field, raw);
    return {
      field,
      parts,
      ...formatOption(table, field, parts),
      ...(reason === undefined ? {} : { void: reason }),
    };
  });
  return { table, contents, values, damage, level: levelOf(table, values, damage) };
}

/** The value of a field; undefined if the part has none of that name. Upper and lower case are the same. */
export function findOption(state: OptionState, name: string): OptionValue | undefined {
  return state.values.find(({ field }) => field.name.toLowerCase() === name.toLowerCase());
}

/** Which level an RDP byte means. */
export function levelOfByte(table: OptionBytes, byte: number): 0 | 1 | 2 {
  if (byte === table.levelZero) return 0;
  return table.hasLevelTwo && byte === LEVEL_TWO ? 2 : 1;
}

/** A damaged RDP counts as level 1 (RM0091, RM0365: "even if the complement is not correct"). */
function levelOf(
  table: OptionBytes,
  values: readonly OptionValue[],
  damage: readonly OptionDamage[],
): 0 | 1 | 2 {
  const found = values.find(({ field }) => field.kind === "level");
  if (found === undefined) return 1;
  const isDamaged = damage.some(({ fields }) => fields.includes(found.field.name));
  return isDamaged ? 1 : levelOfByte(table, found.parts[0]!);
}

function voidReason(
  { needs = {} }: OptionField,
  raw: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  const broken = Object.entries(needs).find(([name, value]) => raw.get(name)?.[0] !== value);
  return broken === undefined ? undefined : `${broken[0]} is not ${broken[1]}`;
}

function findDamage(table: OptionBytes, contents: OptionContents): OptionDamage[] {
  const byUnit = new Map<number, { unit: OptionUnit; fields: string[] }>();
  for (const field of table.fields) {
    for (const unit of unitsOf(table, field)) {
      const entry = byUnit.get(unit.address) ?? { unit, fields: [] };
      entry.fields.push(field.name);
      byUnit.set(unit.address, entry);
    }
  }
  return [...byUnit.values()]
    .filter(({ unit }) => !isIntact(contents.get(blockAt(table, unit.address).address)!, unit))
    .map(({ unit, fields }) => ({
      unit,
      fields,
      message: `${formatAddress(unit.address)} and its complement do not fit each other (${
        fields.join(", ")
      })`,
    }));
}
