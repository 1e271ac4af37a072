import { flashDevice } from "../dfu/flash.ts";
import { flashInputOf } from "../dfu/flash_input.ts";
import { collectFiles } from "../firmware/merge_files.ts";
import { createCommand } from "./create_command.ts";
import { type FileArguments, readFileArguments } from "./file_arguments.ts";
import { conclude, createListener } from "./event_lines.ts";
import { addTargetDeviceOptions, type TargetFlags, withTarget } from "./open_target.ts";
import type { Output } from "./output.ts";
import {
  addFirmwareOptions,
  addPlanOptions,
  type PlanFlags,
  planOptionsOf,
} from "./plan_options.ts";

import { planOnDevice } from "./plan_on_device.ts";

interface FlashFlags extends PlanFlags, TargetFlags {
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/** `dfuse flash`: plan and do it. */
export function flashCommand(output: Output) {
  const command = createCommand()
    .description("Put firmware onto a device, verify it, and start it.")
    .arguments("<files...:string>");
  return addPlanOptions(addTargetDeviceOptions(addFirmwareOptions(command)))
    .option("--dry-run", "Look at the device, print the plan, and stop.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("Flash, verify and start", "dfuse flash firmware.dfu")
    .example("Try it on a simulated part", "dfuse flash firmware.dfu --simulate stm32f405")
    .example("Several files at once", "dfuse flash boot.hex app.bin@0x08008000")
    .example("See first what it would do", "dfuse flash firmware.dfu --dry-run")
    .action((flags: FlashFlags, ...words: [string, ...string[]]) =>
      flash(output, readFileArguments(words, flags), flags)
    );
}

async function flash(output: Output, files: FileArguments, flags: FlashFlags): Promise<void> {
  if (flags.dryRun === true) {
    return await withTarget(
      flags,
      output,
      (target, signal) => planOnDevice(output, target, { files, flags, signal }),
    );
  }
  const { ignoreCrc } = flags;
  const input = flashInputOf(await collectFiles(files.files, { ignoreCrc }));
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const listener = createListener(output, { ...flags, title: files.title, clock });
    listener.device(target);
    const report = await flashDevice(device, input, {
      ...planOptionsOf(flags),
      onEvent: listener.onEvent,
      onPlan: (plan) => listener.plan(plan),
      signal,
    });
    conclude(report, listener);
  });
}
