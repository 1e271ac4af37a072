import { ExitCode } from "../errors.ts";
import { openUsbBus } from "../usb/node_usb.ts";
import { createCommand } from "./create_command.ts";
import { diagnose, type Machine } from "./diagnose.ts";
import { type Output, ReportedError } from "./output.ts";
import type { AnyCommand } from "./plan_options.ts";
import { diagnosisDocument, renderDiagnosis } from "./render_doctor.ts";
import { installUdevRules, readUdevRules } from "./udev.ts";

/** `dfuse doctor`: why no device is found. */
export function doctorCommand(output: Output): AnyCommand {
  return createCommand()
    .description("Say why no device is found or can be used, and what to do about it.")
    .option("--install-udev", "Linux, as root: let every user open boot loaders, by a udev rule.")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("Find out why there is no device", "dfuse doctor")
    .example("Linux: open devices without being root", "sudo dfuse doctor --install-udev")
    .action(async (flags) => {
      if (flags.installUdev === true) return await installUdev(output);
      const findings = await diagnose(THIS_MACHINE);
      output.out(
        flags.json === true
          ? JSON.stringify(diagnosisDocument(findings), null, 2) + "\n"
          : renderDiagnosis(findings, output.style),
      );
      if (findings.some(({ kind }) => kind === "problem")) {
        throw new ReportedError(ExitCode.transport);
      }
    });
}

const THIS_MACHINE: Machine = {
  platform: Deno.build.os,
  openBus: openUsbBus,
  readUdevRules: () => readUdevRules(),
};

async function installUdev(output: Output): Promise<void> {
  const path = await installUdevRules(Deno.build.os);
  output.out(
    `Wrote ${path}\n\nNow run\n  udevadm control --reload\n  udevadm trigger\n` +
      "as root, and plug the device in again.\n",
  );
}
