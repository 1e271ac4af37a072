import type { OptionOutcome } from "../dfu/change_option_bytes.ts";
import { formatAddress, formatBytes } from "../format.ts";
import type { OptionState, OptionValue } from "../plan/option_state.ts";
import type { OptionPlan } from "../plan/plan_option_bytes.ts";
import type { Target } from "./open_target.ts";
import { paint, type Style, wrapText } from "./style.ts";

/** Option bytes with the device that they are of. */
export interface OptionReport {
  readonly target: Pick<Target, "device" | "location" | "path">;
  /** Ids of the parts that the device may be. */
  readonly chips: readonly string[];
  readonly state: OptionState;
}

/** All settings as text, a line each. */
export function renderOptions({ target, chips, state }: OptionReport, style: Style): string {
  const { table, values, contents, damage } = state;
  const width = Math.max(...values.map(({ field }) => field.name.length));
  const wide = Math.max(...values.map(({ text }) => text.length));
  const notes = [
    ...damage.map(({ message }) => `DAMAGED: ${message}`),
    ...(chips.length > 1
      ? [
        `This may be ${chips.join(" or ")}: only what they share is shown; --chip would tell more`,
      ]
      : []),
    ...(table.readOnly === undefined ? [] : [`dfuse does not write these: ${table.readOnly}`]),
  ];
  return [
    `${target.device.profile.name} at ${target.location}`,
    ...table.blocks.map(({ address }) =>
      `  ${formatAddress(address)}  ${formatBytes(contents.get(address)!)}`
    ),
    "",
    ...values.map((value) => valueLine(value, { style, width, wide })),
    ...(notes.length === 0 ? [] : [""]),
    ...notes.flatMap((note) => wrapText(note, Math.max(30, style.columns - 1), "  ")),
  ].map((line) => `${line}\n`).join("");
}

function valueLine(
  value: OptionValue,
  { style, width, wide }: { readonly style: Style; readonly width: number; readonly wide: number },
): string {
  const { field, text } = value;
  const effect = value.void === undefined ? value.effect : `means something else: ${value.void}`;
  const words = effect === undefined ? field.meaning : `${field.meaning}: ${effect}`;
  const name = paint(style, "bold", field.name.padEnd(width));
  return `  ${name}  ${text.padEnd(wide)}  ${words}${
    field.locked === undefined ? "" : " (locked)"
  }`;
}

/** What a plan changes, as text. */
export function renderChanges(plan: OptionPlan, style: Style): string {
  if (plan.changes.length === 0) return "Nothing to do: the option bytes are so already\n";
  const width = Math.max(...plan.changes.map(({ name }) => name.length));
  const lines = plan.changes.map(({ name, from, to }) => {
    const effect = to.effect === undefined ? "" : `  (${from.field.meaning}: ${to.effect})`;
    return `  ${paint(style, "bold", name.padEnd(width))}  ${from.text} -> ${to.text}${effect}`;
  });
  return ["Option bytes to be changed:", ...lines, ...byteLines(plan)]
    .map((line) => `${line}\n`).join("");
}

/** The block before and after, byte for byte. */
function byteLines({ before, write }: OptionPlan): readonly string[] {
  if (write === undefined) return [];
  return [
    `  - ${formatAddress(write.address)}  ${formatBytes(before.contents.get(write.address)!)}`,
    `  + ${formatAddress(write.address)}  ${formatBytes(write.data)}`,
  ];
}

/** How a change ended, as text. */
export function renderOutcome({ kind, hasReset }: OptionOutcome): string {
  switch (kind) {
    case "verified":
      return hasReset
        ? "Done: written, in force after a reset, and read back\n"
        : "Done: written and read back; in force after the next reset\n";
    case "protected":
      return "Done: written; the device refuses to be read now, as it should\n";
    case "locked":
      return "Done: written; the device does not come back as a boot loader, as it should\n";
  }
}

/** The same as a document: schema `dfuse.options/1`, see docs/json.md. */
export function optionsDocument(
  report: OptionReport & {
    readonly plan?: OptionPlan;
    readonly outcome?: string;
    readonly hasReset?: boolean;
  },
): Record<string, unknown> {
  const { target, chips, state, plan, outcome, hasReset } = report;
  const { table, values, contents, damage, level } = state;
  return {
    schema: "dfuse.options/1",
    device: { name: target.device.profile.name, chips, path: target.path },
    writable: table.readOnly === undefined,
    ...(table.readOnly === undefined ? {} : { readOnly: table.readOnly }),
    readProtectionLevel: level,
    blocks: table.blocks.map(({ address }) => ({
      address,
      bytes: formatBytes(contents.get(address)!),
    })),
    options: values.map(optionDocument),
    damage: damage.map(({ message }) => message),
    ...(plan === undefined ? {} : {
      changes: plan.changes.map(({ name, from, to }) => ({ name, from: from.text, to: to.text })),
      warnings: plan.warnings,
    }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(hasReset === undefined ? {} : { hasReset }),
  };
}

function optionDocument({ field, text, parts, effect, void: reason }: OptionValue) {
  const { name, meaning, locked } = field;
  return {
    name,
    value: text,
    raw: parts,
    meaning,
    ...(effect === undefined ? {} : { effect }),
    ...(locked === undefined ? {} : { locked }),
    ...(reason === undefined ? {} : { void: reason }),
  };
}
