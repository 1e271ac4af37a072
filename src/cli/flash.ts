import { flashDevice } from "../dfu/flash.ts";
import { flashInputOf } from "../dfu/flash_input.ts";
import { checkExpectation } from "../station/expectation.ts";
import { createCommand } from "./create_command.ts";
import { conclude, createListener } from "./event_lines.ts";
import { type FileArguments, readFileArguments } from "./file_arguments.ts";
import { isJob, readJob } from "./job.ts";
import { addTargetDeviceOptions, type TargetFlags, withTarget } from "./open_target.ts";
import type { Output } from "./output.ts";
import { planOnDevice } from "./plan_on_device.ts";
import {
  addFirmwareOptions,
  addPlanOptions,
  type PlanFlags,
  planOptionsOf,
} from "./plan_options.ts";
import { checkFiles, readCheckedFirmware } from "./station_firmware.ts";
import { addStationOptions, type StationFlags } from "./station_flags.ts";
import { expectationOf, usesStation } from "./station_options.ts";
import type { Build } from "./version.ts";

interface FlashFlags extends PlanFlags, TargetFlags, StationFlags {
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/** `dfuse flash`: plan and do it. */
export function flashCommand(output: Output, build: Build) {
  const command = createCommand()
    .description("Put firmware onto a device, verify it, and start it.")
    .arguments("<files...:string>");
  const withDevice = addTargetDeviceOptions(addFirmwareOptions(command));
  return addStationOptions(addPlanOptions(withDevice))
    .option("--dry-run", "Look at the device, print the plan, and stop.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("Flash, verify and start", "dfuse flash firmware.dfu")
    .example("Try it on a simulated part", "dfuse flash firmware.dfu --simulate stm32f405")
    .example("Several files at once", "dfuse flash boot.hex app.bin@0x08008000")
    .example("See first what it would do", "dfuse flash firmware.dfu --dry-run")
    .example("One after the other, all day", "dfuse flash firmware.dfu --watch --journal log.jsonl")
    .example("The same, from a job file", "dfuse flash job.json")
    .action(async (given: FlashFlags, ...parameters: [string, ...string[]]) => {
      const { words, flags } = isJob(parameters)
        ? await readJob(parameters[0], given)
        : { words: parameters, flags: given };
      const files = readFileArguments(words, flags);
      if (!usesStation(flags) || flags.dryRun === true) return await flash(output, files, flags);
      // Loaded on demand: a flash at a desk does without.
      const { flashStation } = await import("./station_flash.ts");
      await flashStation(output, { files, flags, build });
    });
}

async function flash(output: Output, files: FileArguments, flags: FlashFlags): Promise<void> {
  if (flags.dryRun === true) return await planOnly(output, files, flags);
  const options = planOptionsOf(flags);
  const { firmware } = await readCheckedFirmware(files, flags);
  const input = flashInputOf(firmware);
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const listener = createListener(output, { ...flags, title: files.title, clock });
    listener.device(target);
    const report = await flashDevice(device, input, {
      ...options,
      onEvent: listener.onEvent,
      onPlan: (plan) => listener.plan(plan),
      signal,
    });
    conclude(report, listener);
  });
}

/** What a flash would refuse before it changes anything, this refuses too. */
async function planOnly(output: Output, given: FileArguments, flags: FlashFlags): Promise<void> {
  const expectation = expectationOf(flags);
  const options = planOptionsOf(flags);
  const files = await checkFiles(given, flags);
  await withTarget(flags, output, async (target, signal) => {
    checkExpectation(target.device.facts, expectation);
    await planOnDevice(output, target, { files, flags, options, signal });
  });
}
