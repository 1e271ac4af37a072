import { factoryBytes, findOptionBytes, type OptionBytes } from "../../src/chips/option_bytes.ts";
import { PlanError } from "../../src/errors.ts";
import { decodeOptionBytes, type OptionState } from "../../src/plan/option_state.ts";
import {
  type OptionPlan,
  type OptionPlanOptions,
  planOptionBytes,
} from "../../src/plan/plan_option_bytes.ts";

/** Whatever would lock the part is meant. */
export const ALLOW_ALL = { lockForEver: true, giveUpBootLoader: true };

/** The table of a part. */
export function tableOf(chip: string): OptionBytes {
  return findOptionBytes(chip)!;
}

/** Option bytes of a new part; `change` may alter the first block. */
export function stateOf(
  chip: string | OptionBytes,
  change: (bytes: Uint8Array) => void = () => {},
): OptionState {
  const table = typeof chip === "string" ? tableOf(chip) : chip;
  const contents = new Map(table.blocks.map((block) => [block.address, factoryBytes(block)]));
  change(contents.get(table.blocks[0]!.address)!);
  return decodeOptionBytes(table, contents);
}

/** Plans `NAME=VALUE` words. */
export function plan(
  state: OptionState,
  words: string,
  options: OptionPlanOptions = {},
): OptionPlan {
  const settings = words.split(" ").map((word) => {
    const [name = "", ...value] = word.split("=");
    return { name, value: value.join("=") };
  });
  return planOptionBytes(state, settings, options);
}

/** The problems that a plan is refused for; none if it is not. */
export function problemsOf(
  state: OptionState,
  words: string,
  options: OptionPlanOptions = {},
): readonly string[] {
  try {
    plan(state, words, options);
    return [];
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.facts["problems"] as readonly string[];
  }
}

/** `aa55 ff00` as bytes. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, index) => parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}
