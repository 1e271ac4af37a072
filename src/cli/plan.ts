import { TransportError, UsageError } from "../errors.ts";
import { summarizeFiles } from "../firmware/merge_files.ts";
import { planFlash, type PlanInput, type PlanOptions } from "../plan/plan.ts";
import { planInputOf } from "../plan/plan_input.ts";
import { createCommand } from "./create_command.ts";
import { addDeviceOptions } from "./device_options.ts";
import { type FileArguments, readFileArguments } from "./file_arguments.ts";
import type { TargetFlags } from "./open_target.ts";
import { type Output, renderWarning } from "./output.ts";
import { addFirmwareOptions, addPlanOptions, addTargetOptions } from "./plan_options.ts";
import { type PlanFlags, planOptionsOf, profileOf } from "./plan_options.ts";
import { addPictureOptions, checkPictures, type PictureFlags } from "./plan_pictures.ts";
import { wantsPictures, writePictures } from "./plan_pictures.ts";
import { infoDocument, renderInfo } from "./render_info.ts";
import { printPlan } from "./render_plan.ts";
import { checkFiles } from "./station_firmware.ts";
import { addProofOptions, type ProofFlags } from "./station_flags.ts";
import { addUnitOptions, type UnitFlags, wantsUnit } from "./station_flags.ts";

/** `dfuse plan`: what a flash would do, without doing it. */
export function planCommand(output: Output) {
  const command = createCommand()
    .description("Show what a flash would erase, write and keep, and how long it takes.")
    .arguments("<files...:string>");
  const withMemory = addDeviceOptions(addTargetOptions(addFirmwareOptions(command)));
  return addPictureOptions(addProofOptions(addUnitOptions(addPlanOptions(withMemory))))
    .option("--simulate <spec:string:chip>", "Plan for a simulated part: stm32f405[,image=FILE,…].")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("For the attached device, as it is now", "dfuse plan firmware.dfu")
    .example("For a known part", "dfuse plan firmware.dfu --chip stm32f405")
    .example(
      "For any memory layout",
      `dfuse plan firmware.dfu --layout "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"`,
    )
    .example("A raw binary", "dfuse plan app.bin --address 0x08008000 --chip stm32f405")
    .example("Several files at once", "dfuse plan boot.hex app.bin@0x08008000 --chip stm32f405")
    .example("As a picture", "dfuse plan firmware.dfu --chip stm32f405 --svg plan.svg")
    .action((flags: PlanCommandFlags, ...words: [string, ...string[]]) =>
      showPlan(output, readFileArguments(words, flags), flags)
    );
}

type PlanCommandFlags = PlanFlags & TargetFlags & UnitFlags & ProofFlags & PictureFlags;

async function showPlan(
  output: Output,
  given: FileArguments,
  flags: PlanCommandFlags,
): Promise<void> {
  checkPictures(flags);
  const planOptions = planOptionsOf(flags);
  const files = await checkFiles(given, flags);
  const namesDevice = flags.simulate !== undefined || flags.device !== undefined ||
    flags.wait !== undefined;
  const profile = namesDevice ? undefined : profileOf(flags);
  if (profile === undefined) {
    return await planForDevice(output, files, { flags, planOptions, namesDevice });
  }
  const { ignoreCrc, json = false, html } = flags;
  const summary = await summarizeFiles(files.files, { ignoreCrc, sha256: html !== undefined });
  const file = files.title;
  const { input, unit } = await withUnit(flags, planInputOf(summary, { file }));
  const plan = planFlash(input, profile, planOptions);
  const report = { file, summary, profile, plan, unit };
  printPlan(output, report, { json });
  await writePictures(flags, report);
}

/** Loaded on demand: few plans are for a unit with values of its own. */
async function withUnit(flags: UnitFlags, input: PlanInput) {
  if (!wantsUnit(flags)) return { input, unit: undefined };
  const { planInputWithUnit } = await import("./station_unit.ts");
  return await planInputWithUnit(flags, input);
}

const NO_MEMORY = "no memory to plan for is named, and no device is attached";
const ADD_MEMORY = {
  hint: 'Add --chip NAME (dfuse chips lists them) or --layout "@Internal Flash  /0x08000000/…"',
};

/** With no device that was named, and none attached, the file is shown, and what to add. */
async function planForDevice(
  output: Output,
  files: FileArguments,
  options: {
    readonly flags: PlanCommandFlags;
    readonly planOptions: PlanOptions;
    readonly namesDevice: boolean;
  },
): Promise<void> {
  const { flags, planOptions, namesDevice } = options;
  // Loaded on demand: all that talks to a device is more than all the rest.
  const { withTarget } = await import("./open_target.ts");
  const { planOnDevice } = await import("./plan_on_device.ts");
  try {
    await withTarget(
      flags,
      output,
      (target, signal) =>
        planOnDevice(output, target, { files, flags, options: planOptions, signal }),
    );
  } catch (error) {
    const noDevice = error instanceof TransportError && error.kind === "not-found";
    if (namesDevice || !noDevice) throw error;
    if (wantsPictures(flags)) throw new UsageError(`Cannot draw a plan: ${NO_MEMORY}`, ADD_MEMORY);
    await showFile(output, files, flags);
  }
}

async function showFile(output: Output, files: FileArguments, flags: PlanFlags): Promise<void> {
  const { ignoreCrc, json } = flags;
  const summary = await summarizeFiles(files.files, { ignoreCrc });
  const file = files.title;
  output.out(
    json === true
      ? JSON.stringify(infoDocument(file, summary), null, 2) + "\n"
      : renderInfo(file, summary, { style: output.style }),
  );
  output.err(renderWarning(
    `There is no plan: ${NO_MEMORY}. ${ADD_MEMORY.hint}`,
    output.errorStyle,
  ));
}
