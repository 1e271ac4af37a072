import type { OptionOutcome } from "../dfu/change_option_bytes.ts";
import { formatAddress, formatBytes } from "../format.ts";
import type { OptionState, OptionValue } from "../plan/option_state.ts";
import type { OptionPlan } from "../plan/plan_option_bytes.ts";
import type { Target } from "./open_target.ts";
import type { Style } from "./style.ts";
import { fitsBeside, hang, lineWidth, renderSentence } from "./wrap.ts";

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
    ...hang(`${target.device.profile.name}, ${target.location}`, style, { indent: 2 }),
    ...table.blocks.flatMap(({ address }) =>
      byteLines("  ", { address, data: contents.get(address)! }, style)
    ),
    "",
    ...valueLines(values, style),
    ...(notes.length === 0 ? [] : [""]),
    ...notes.flatMap((note) => hang(note, style, { indent: 2 })),
  ].map((line) => `${line}\n`).join("");
}

function valueLines(values: readonly OptionValue[], style: Style): string[] {
  const nameWidth = Math.max(...values.map(({ field }) => field.name.length));
  const textWidth = Math.max(...values.map(({ text }) => text.length));
  const heads = values.map(({ field, text }) =>
    `  ${field.name.padEnd(nameWidth)}  ${text.padEnd(textWidth)}  `
  );
  const below = !fitsBeside(heads[0] ?? "", values.map(meaningOf), style);
  return values.flatMap((value, index) =>
    hang(meaningOf(value), style, { head: heads[index]!, paintHead: "bold", below })
  );
}

function meaningOf(value: OptionValue): string {
  const { field } = value;
  const effect = value.void === undefined ? value.effect : `means something else: ${value.void}`;
  const words = effect === undefined ? field.meaning : `${field.meaning}: ${effect}`;
  return field.locked === undefined ? words : `${words} (locked)`;
}

/** What a plan changes, as text. */
export function renderChanges(plan: OptionPlan, style: Style): string {
  if (plan.changes.length === 0) {
    return renderSentence("Nothing to do: the option bytes are so already", style);
  }
  const width = Math.max(...plan.changes.map(({ name }) => name.length));
  const lines = plan.changes.flatMap(({ name, from, to }) => {
    const effect = to.effect === undefined ? "" : `  (${from.field.meaning}: ${to.effect})`;
    const text = `${from.text} -> ${to.text}${effect}`;
    return hang(text, style, { head: `  ${name.padEnd(width)}  `, paintHead: "bold" });
  });
  return ["Option bytes to be changed:", ...lines, ...differenceLines(plan, style)]
    .map((line) => `${line}\n`).join("");
}

/** The block before and after, byte for byte. */
function differenceLines({ before, write }: OptionPlan, style: Style): string[] {
  if (write === undefined) return [];
  const { address, data } = write;
  return [
    ...byteLines("  - ", { address, data: before.contents.get(address)! }, style),
    ...byteLines("  + ", { address, data }, style),
  ];
}

/** Bytes after their address, as many in a line as are a power of two and fit. */
function byteLines(
  start: string,
  { address, data }: { readonly address: number; readonly data: Uint8Array },
  style: Style,
): string[] {
  const room = lineWidth(style) - start.length - formatAddress(address).length - 2;
  const count = [16, 8, 4].find((count) => 3 * count - 1 <= room) ?? 2;
  return Array.from({ length: Math.ceil(data.length / count) }, (_, line) => {
    const part = data.subarray(line * count, (line + 1) * count);
    return `${start}${formatAddress(address + line * count)}  ${formatBytes(part)}`;
  });
}

/** How a change ended, as text. */
export function renderOutcome(outcome: OptionOutcome, style: Style): string {
  return renderSentence(`Done: ${outcomeWords(outcome)}`, style);
}

function outcomeWords({ kind, hasReset }: OptionOutcome): string {
  switch (kind) {
    case "verified":
      return hasReset
        ? "written and read back; the device has reset, and they are in force"
        : "written and read back; in force after the next reset";
    case "protected":
      return "written; the device refuses to be read now, as it should";
    case "locked":
      return "written; the device does not come back as a boot loader, as it should";
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
