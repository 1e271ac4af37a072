import { Command } from "@cliffy/command";
import { TransportError } from "../errors.ts";
import { summarizeFile } from "../firmware/summarize.ts";
import { planFlash } from "../plan/plan.ts";
import { planInputOf } from "../plan/plan_input.ts";
import { addDeviceOptions } from "./device_options.ts";
import { type TargetFlags, withTarget } from "./open_target.ts";
import { type Output, renderWarning } from "./output.ts";
import { planOnDevice } from "./plan_on_device.ts";
import { addFirmwareOptions, addPlanOptions, addTargetOptions } from "./plan_options.ts";
import { type PlanFlags, planOptionsOf, profileOf } from "./plan_options.ts";
import { infoDocument, renderInfo } from "./render_info.ts";
import { printPlan } from "./render_plan.ts";

/** `dfuse plan`: what a flash would do, without doing it. */
export function planCommand(output: Output) {
  const command = new Command()
    .description("Show what a flash would erase, write and keep, and how long it takes.")
    .arguments("<file:string>");
  return addPlanOptions(addDeviceOptions(addTargetOptions(addFirmwareOptions(command))))
    .option("--simulate <spec:string>", "Plan for a simulated part: stm32f405[,image=FILE,…].")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("For the attached device, as it is now", "dfuse plan firmware.dfu")
    .example("For a known part", "dfuse plan firmware.dfu --chip stm32f405")
    .example(
      "For any memory layout",
      `dfuse plan firmware.dfu --layout "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"`,
    )
    .example("A raw binary", "dfuse plan app.bin --address 0x08008000 --chip stm32f405")
    .action((flags: PlanFlags & TargetFlags, file: string) => showPlan(output, file, flags));
}

async function showPlan(
  output: Output,
  file: string,
  flags: PlanFlags & TargetFlags,
): Promise<void> {
  const namesDevice = flags.simulate !== undefined || flags.device !== undefined ||
    flags.wait !== undefined;
  const profile = namesDevice ? undefined : profileOf(flags);
  if (profile === undefined) return await planForDevice(output, file, { flags, namesDevice });
  const { address, ignoreCrc, json = false } = flags;
  const summary = await summarizeFile(file, { address, ignoreCrc });
  const plan = planFlash(planInputOf(summary, { file }), profile, planOptionsOf(flags));
  printPlan(output, { file, summary, profile, plan }, { json });
}

/** With no device that was named, and none attached, the file is shown, and what to add. */
async function planForDevice(
  output: Output,
  file: string,
  options: { readonly flags: PlanFlags & TargetFlags; readonly namesDevice: boolean },
): Promise<void> {
  const { flags, namesDevice } = options;
  try {
    await withTarget(
      flags,
      output,
      (target, signal) => planOnDevice(output, target, { file, flags, signal }),
    );
  } catch (error) {
    const noDevice = error instanceof TransportError && error.kind === "not-found";
    if (namesDevice || !noDevice) throw error;
    await showFile(output, file, flags);
  }
}

async function showFile(output: Output, file: string, flags: PlanFlags): Promise<void> {
  const { address, ignoreCrc, json } = flags;
  const summary = await summarizeFile(file, { address, ignoreCrc });
  output.out(
    json === true
      ? JSON.stringify(infoDocument(file, summary), null, 2) + "\n"
      : renderInfo(file, summary, output.style),
  );
  output.err(renderWarning(
    "There is no plan without a memory to plan for, and no device is attached. Add --chip NAME " +
      '(dfuse chips lists them) or --layout "@Internal Flash  /0x08000000/…"',
    output.errorStyle,
  ));
}
