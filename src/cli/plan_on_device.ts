import { prepareFlash } from "../dfu/flash.ts";
import { flashInputOf } from "../dfu/flash_input.ts";
import { collectFiles } from "../firmware/merge_files.ts";
import type { PlanOptions } from "../plan/plan.ts";
import type { FileArguments } from "./file_arguments.ts";
import { createListener } from "./event_lines.ts";
import type { Target, TargetFlags } from "./open_target.ts";
import type { Output } from "./output.ts";
import type { PlanFlags } from "./plan_options.ts";
import { type PictureFlags, writePictures } from "./plan_pictures.ts";
import { printPlan } from "./render_plan.ts";
import type { UnitFlags } from "./station_flags.ts";
import { planUnit } from "./station_unit.ts";
import { patchInput } from "../station/patch_image.ts";

/** A plan for a device as it is now, printed: what `plan` does with a device, and `flash --dry-run`. */
export async function planOnDevice(
  output: Output,
  target: Target,
  job: {
    readonly files: FileArguments;
    readonly flags: PlanFlags & TargetFlags & UnitFlags & PictureFlags & {
      readonly quiet?: boolean;
    };
    /** Those of the planner, from the flags. */
    readonly options: PlanOptions;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { files: { files, title: file }, flags, signal } = job;
  const { device, clock } = target;
  const { ignoreCrc, json } = flags;
  const firmware = await collectFiles(files, { ignoreCrc });
  const quiet = flags.quiet === true || json === true;
  const listener = createListener(output, { title: file, clock, quiet });
  const options = { ...job.options, onEvent: listener.onEvent, signal };
  const fileInput = flashInputOf(firmware);
  const unit = await planUnit(flags, fileInput);
  const input = unit === undefined ? fileInput : patchInput(fileInput, unit.row);
  const { plan } = await prepareFlash(device, input, options);
  listener.end();
  await device.session.finish();
  const report = { file, summary: firmware, profile: device.profile, plan, unit };
  printPlan(output, report, { json: json ?? false });
  await writePictures(flags, report);
}
