import { PlanError } from "../errors.ts";
import { type OptionChange, optionProblems } from "./option_refusals.ts";
import {
  decodeOptionBytes,
  findOption,
  type OptionState,
  type OptionValue,
} from "./option_state.ts";
import { blockAt, placeIn, sealUnit, unitsOf, writeBits } from "./option_units.ts";
import { parseOption } from "./option_values.ts";
import { optionWarnings } from "./option_warnings.ts";

/** `NAME=VALUE`, taken apart. */
export interface OptionSetting {
  readonly name: string;
  readonly value: string;
}

/** What the user has said to be meant, and of which parts the option bytes may be. */
export interface OptionPlanOptions {
  /** Ids; where there are several, only the settings that they share are known. */
  readonly chips?: readonly string[];
  /** Read protection level 2 may be set. */
  readonly lockForEver?: boolean;
  /** The boot pins may be set so that they no longer start the boot loader. */
  readonly giveUpBootLoader?: boolean;
}

/** What is to be written, and what comes of it. */
export interface OptionPlan {
  readonly before: OptionState;
  /** The settings as they are wanted; the same object as `before` where nothing changes. */
  readonly after: OptionState;
  readonly changes: readonly OptionChange[];
  /** A whole block; missing where it holds already what is wanted. */
  readonly write?: { readonly address: number; readonly data: Uint8Array };
  /** Sentences. */
  readonly warnings: readonly string[];
}

/**
 * Plans the change of settings: the whole block as it was read, with only these bits changed, and what is stored beside them
 * to notice damage. Reserved bits stay as they were read.
 *
 * @throws {PlanError} for a name or value that the part does not have, and for whatever would lock the part or cannot be
 * relied on; facts: `problems`, a sentence each.
 */
export function planOptionBytes(
  before: OptionState,
  settings: readonly OptionSetting[],
  options: OptionPlanOptions = {},
): OptionPlan {
  const wanted = readSettings(before, settings, options);
  const changes = wanted.filter(({ from, parts }) =>
    parts.some((part, index) => part !== from.parts[index]) ||
    before.damage.some(({ fields }) => fields.includes(from.field.name))
  );
  const after = changes.length === 0 ? before : applyChanges(before, changes);
  const named = changes.map(({ from }) => {
    const name = from.field.name;
    return { name, from, to: findOption(after, name)! };
  });
  const problems = optionProblems({ before, after, changes: named }, options);
  if (problems.length > 0) throw refusal(problems);
  const write = changes.length === 0 ? undefined : blockToWrite(before, after, changes);
  return {
    before,
    after,
    changes: named,
    ...(write === undefined ? {} : { write }),
    warnings: optionWarnings({ before, after, changes: named }),
  };
}

/** A setting that was understood, and what it stands at now. */
interface Wanted {
  readonly from: OptionValue;
  readonly parts: readonly number[];
}

function readSettings(
  state: OptionState,
  settings: readonly OptionSetting[],
  { chips = [] }: OptionPlanOptions,
): readonly Wanted[] {
  const problems: string[] = [];
  const isShared = chips.length > 1;
  const wanted = new Map<string, Wanted>();
  for (const { name, value } of settings) {
    const from = findOption(state, name);
    if (from === undefined) {
      const names = state.values.map(({ field }) => field.name).join(", ");
      problems.push(
        isShared
          ? `Cannot set ${name}: ${chips.join(", ")} do not share it, expected one of ${names}`
          : `Cannot set ${name}: the part has no such option, expected one of ${names}`,
      );
      continue;
    }
    const { field } = from;
    const parts = parseOption(state.table, { field, before: from.parts }, value);
    if (typeof parts === "string") {
      problems.push(`Cannot set ${field.name}: found "${value}", expected ${parts}`);
    } else if (wanted.has(field.name)) {
      problems.push(`Cannot set ${field.name}: it is given more than once, expected once`);
    } else wanted.set(field.name, { from, parts });
  }
  if (problems.length > 0) throw refusal(problems, isShared ? SHARED_HINT : undefined);
  return [...wanted.values()];
}

function applyChanges(before: OptionState, changes: readonly Wanted[]): OptionState {
  const { table } = before;
  const contents = new Map(
    [...before.contents].map(([address, bytes]) => [address, bytes.slice()]),
  );
  for (const { from, parts } of changes) {
    from.field.parts.forEach((part, index) => {
      const block = blockAt(table, part.address);
      writeBits(contents.get(block.address)!, placeIn(block, part), parts[index]!);
    });
  }
  for (const { from } of changes) {
    for (const unit of unitsOf(table, from.field)) {
      sealUnit(contents.get(blockAt(table, unit.address).address)!, unit);
    }
  }
  return decodeOptionBytes(table, contents);
}

/** Blocks that may be written are one per part; the refusals have seen to the others. */
function blockToWrite(
  before: OptionState,
  after: OptionState,
  changes: readonly Wanted[],
): OptionPlan["write"] {
  const { address } = blockAt(before.table, changes[0]!.from.field.parts[0]!.address);
  const data = after.contents.get(address)!;
  const isSame = before.contents.get(address)!.every((byte, index) => byte === data[index]);
  return isSame ? undefined : { address, data };
}

const SHARED_HINT =
  "The device may be any of several parts: --chip says which, and lets all of its options be set. " +
  "Nothing was written.";

function refusal(
  problems: readonly string[],
  hint = "dfuse options shows all options with their values. Nothing was written.",
): PlanError {
  return new PlanError(problems[0]!, {
    hint,
    facts: { problems },
  });
}
