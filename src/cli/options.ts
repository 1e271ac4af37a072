import { changeOptionBytes } from "../dfu/change_option_bytes.ts";
import { isReadRefusal, optionBytesOf, readOptionBytes } from "../dfu/option_bytes.ts";
import { DeviceError, UsageError } from "../errors.ts";
import type { OptionState } from "../plan/option_state.ts";
import { type OptionPlan, type OptionSetting, planOptionBytes } from "../plan/plan_option_bytes.ts";
import { createCommand } from "./create_command.ts";
import { stopUnchanged } from "./interrupt.ts";
import {
  addTargetDeviceOptions,
  type Target,
  type TargetFlags,
  withTarget,
} from "./open_target.ts";
import { type Output, printResult, renderWarning } from "./output.ts";
import { optionsDocument, renderChanges, renderOptions, renderOutcome } from "./render_options.ts";

interface OptionsFlags extends TargetFlags {
  readonly dryRun?: boolean;
  readonly lockForEver?: boolean;
  readonly giveUpBootLoader?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `dfuse options`: the settings that a part keeps outside its program. */
export function optionsCommand(output: Output) {
  const command = createCommand()
    .description("Show the option bytes of a device by name, or set some of them.")
    .arguments("[words...:string]");
  return addTargetDeviceOptions(command)
    .option("--dry-run", "With set: print what would change, and stop.")
    .option(
      "--lock-for-ever",
      "Allow RDP=2: nobody can ever read, erase or rewrite the part again but its own program.",
    )
    .option(
      "--give-up-boot-loader",
      "Allow boot settings with which no boot pin starts the boot loader.",
    )
    .option("-q, --quiet", "Print nothing but errors and warnings.")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("Show all", "dfuse options")
    .example("Set two", "dfuse options set BOR_LEV=0 WRP=0-1")
    .example("See first what would change", "dfuse options set RDP=1 --dry-run")
    .action((flags: OptionsFlags, ...words: string[]) => options(output, words, flags));
}

async function options(
  output: Output,
  words: readonly string[],
  flags: OptionsFlags,
): Promise<void> {
  const settings = settingsOf(words);
  checkFlags(settings, flags);
  await withTarget(flags, output, async (target, signal) => {
    const { table, chips } = optionBytesOf(target.device);
    const before = await read(target, table);
    if (settings === undefined) {
      if (flags.json === true) printJson(output, optionsDocument({ target, chips, state: before }));
      else if (flags.quiet !== true) {
        output.out(renderOptions({ target, chips, state: before }, output.style));
      }
      return;
    }
    const plan = planOptionBytes(before, settings, { ...flags, chips });
    await change(output, { target, chips, plan, flags, signal });
  });
}

async function change(
  output: Output,
  job: {
    readonly target: Target;
    readonly chips: readonly string[];
    readonly plan: OptionPlan;
    readonly flags: OptionsFlags;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { target, chips, plan, flags, signal } = job;
  const { json = false, quiet = false, dryRun = false } = flags;
  const told = { target, chips, state: plan.after, plan };
  for (const warning of plan.warnings) output.err(renderWarning(warning, output.errorStyle));
  if (!json && !quiet) output.out(renderChanges(plan, output.style));
  if (dryRun || plan.write === undefined) {
    const outcome = dryRun ? "planned" : "nothing-to-do";
    if (json) printJson(output, optionsDocument({ ...told, outcome }));
    return;
  }
  // Once it has begun it is done to its end: half an option block may lock the part.
  stopUnchanged(signal);
  const reopen = () => target.reopen();
  const outcome = await changeOptionBytes(target.device, plan, { reopen });
  if (json) {
    const { kind, hasReset, found } = outcome;
    const state = found ?? plan.after;
    const document = optionsDocument({ ...told, state, outcome: kind, hasReset });
    printJson(output, document, renderOutcome(outcome, output.errorStyle));
  } else if (!quiet) printResult(output, renderOutcome(outcome, output.style));
}

async function read(
  { device }: Target,
  table: Parameters<typeof readOptionBytes>[1],
): Promise<OptionState> {
  try {
    return await readOptionBytes(device, table);
  } catch (error) {
    if (!isReadRefusal(error)) throw error;
    throw new DeviceError(
      "Cannot read the option bytes: the device is read-protected (RDP level 1)",
      {
        hint: "dfuse unprotect lifts the protection, and erases the whole flash.",
        cause: error,
        facts: { status: 11 },
      },
    );
  }
}

/** What follows `set`; undefined without it. */
function settingsOf([action, ...words]: readonly string[]): readonly OptionSetting[] | undefined {
  if (action === undefined) return undefined;
  if (action !== "set") {
    throw new UsageError(`Cannot do "${action}" with option bytes: expected set, or nothing`, {
      hint: "See: dfuse options --help",
    });
  }
  if (words.length === 0) {
    throw new UsageError("Cannot set option bytes: nothing is named, expected NAME=VALUE", {
      hint: "dfuse options shows the names and values.",
    });
  }
  return words.map((word) => {
    const [, name, value] = /^([A-Za-z]\w*)=(.+)$/.exec(word) ?? [];
    if (name !== undefined && value !== undefined) return { name, value };
    throw new UsageError(`Cannot read "${word}": expected NAME=VALUE, such as BOR_LEV=0`);
  });
}

/** Flags that only mean something with `set`. */
function checkFlags(settings: unknown, flags: OptionsFlags): void {
  if (settings !== undefined) return;
  const { dryRun, lockForEver, giveUpBootLoader } = flags;
  const found = Object.entries({
    "--dry-run": dryRun,
    "--lock-for-ever": lockForEver,
    "--give-up-boot-loader": giveUpBootLoader,
  })
    .find(([, given]) => given === true)?.[0];
  if (found !== undefined) {
    throw new UsageError(`Cannot use ${found} without set: nothing would change`);
  }
}

/** `words` say the same, where that must be seen by somebody. */
function printJson(output: Output, document: Record<string, unknown>, words = ""): void {
  printResult(output, JSON.stringify(document, null, 2) + "\n", { words });
}
