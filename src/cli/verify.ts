import { executePlan } from "../dfu/execute.ts";
import { flashInputOf, imagesByAlternate } from "../dfu/flash_input.ts";
import { planVerify } from "../plan/plan_verify.ts";
import { createCommand } from "./create_command.ts";
import { type FileArguments, readFileArguments } from "./file_arguments.ts";
import { conclude, createListener } from "./event_lines.ts";
import { addTargetDeviceOptions, type TargetFlags, withTarget } from "./open_target.ts";
import type { Output } from "./output.ts";
import { addFirmwareOptions, type PlanFlags } from "./plan_options.ts";
import { readCheckedFirmware } from "./station_firmware.ts";
import { addProofOptions, type ProofFlags } from "./station_flags.ts";

type VerifyFlags =
  & TargetFlags
  & ProofFlags
  & Pick<PlanFlags, "address" | "ignoreCrc" | "alternate" | "json">
  & { readonly quiet?: boolean };

/** `dfuse verify`: compare a device with a file, and change nothing. */
export function verifyCommand(output: Output) {
  const command = createCommand()
    .description("Compare a device's memory with a file; nothing is changed.")
    .arguments("<files...:string>");
  return addProofOptions(addTargetDeviceOptions(addFirmwareOptions(command)))
    .option("-a, --alternate <number:integer>", "Alternate setting to compare.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("Whether the device holds this file", "dfuse verify firmware.dfu")
    .action((flags: VerifyFlags, ...words: [string, ...string[]]) =>
      verify(output, readFileArguments(words, flags), flags)
    );
}

async function verify(output: Output, files: FileArguments, flags: VerifyFlags): Promise<void> {
  const { alternate } = flags;
  const { firmware } = await readCheckedFirmware(files, flags);
  const input = flashInputOf(firmware);
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const choice = alternate === undefined ? {} : { alternate };
    const plan = planVerify(input.images, device.profile, choice);
    const listener = createListener(output, { ...flags, title: files.title, clock });
    listener.device(target);
    await device.session.recover();
    const report = await executePlan(plan, {
      session: device.session,
      clock,
      transferSize: device.profile.transferSize,
      erasedByte: device.profile.erasedByte ?? 0xFF,
      images: imagesByAlternate(input, device.profile, choice),
      onEvent: listener.onEvent,
      signal,
    });
    conclude(report, listener);
  });
}
