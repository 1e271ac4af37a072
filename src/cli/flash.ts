import { Command } from "@cliffy/command";
import { flashDevice } from "../dfu/flash.ts";
import { flashInputOf } from "../dfu/flash_input.ts";
import { collectFile } from "../firmware/collect.ts";
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
  const command = new Command()
    .description("Put firmware onto a device, verify it, and start it.")
    .arguments("<file:string>");
  return addPlanOptions(addTargetDeviceOptions(addFirmwareOptions(command)))
    .option("--dry-run", "Look at the device, print the plan, and stop.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("Flash, verify and start", "dfuse flash firmware.dfu")
    .example("Try it on a simulated part", "dfuse flash firmware.dfu --simulate stm32f405")
    .example("See first what it would do", "dfuse flash firmware.dfu --dry-run")
    .action((flags: FlashFlags, file: string) => flash(output, file, flags));
}

async function flash(output: Output, file: string, flags: FlashFlags): Promise<void> {
  if (flags.dryRun === true) {
    return await withTarget(
      flags,
      output,
      (target, signal) => planOnDevice(output, target, { file, flags, signal }),
    );
  }
  const { address, ignoreCrc } = flags;
  const input = flashInputOf(await collectFile(file, { address, ignoreCrc }));
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const listener = createListener(output, { ...flags, title: file, clock });
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
