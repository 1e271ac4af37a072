import { unprotectDevice } from "../dfu/change_option_bytes.ts";
import { isReadProtected } from "../dfu/option_bytes.ts";
import { UsageError } from "../errors.ts";
import { askLine } from "./ask.ts";
import { createCommand } from "./create_command.ts";
import { stopUnchanged } from "./interrupt.ts";
import {
  addTargetDeviceOptions,
  type Target,
  type TargetFlags,
  withTarget,
} from "./open_target.ts";
import { type Output, printResult, renderWarning } from "./output.ts";
import { renderSentence } from "./wrap.ts";

interface UnprotectFlags extends TargetFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `dfuse unprotect`: read protection off, and everything erased. */
export function unprotectCommand(output: Output) {
  const command = createCommand()
    .description("Lift read protection (RDP level 1). This erases the whole flash.");
  return addTargetDeviceOptions(command)
    .option("-y, --yes", "Erase everything without asking. Needed where nobody can be asked.")
    .option("--force", "Do it also where the device can be read.")
    .option("-q, --quiet", "Print nothing but errors and warnings.")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("Ask first, then do it", "dfuse unprotect")
    .example("On a production line", "dfuse unprotect --yes")
    .action((flags: UnprotectFlags) => unprotect(output, flags));
}

async function unprotect(output: Output, flags: UnprotectFlags): Promise<void> {
  await withTarget(flags, output, async (target, signal) => {
    const isProtected = await isReadProtected(target.device);
    if (!isProtected && flags.force !== true) {
      return tell(output, flags, {
        outcome: "nothing-to-do",
        text: "Nothing to do: the device can be read, so it is not read-protected",
      });
    }
    await confirm(output, target, { flags, signal });
    stopUnchanged(signal);
    await unprotectDevice(target.device, { reopen: () => target.reopen() });
    tell(output, flags, {
      outcome: "done",
      text: "Done: read protection is off, and the flash is erased",
    });
  });
}

/** Nothing is erased before somebody has said so. */
async function confirm(
  output: Output,
  { device, location }: Target,
  { flags, signal }: { readonly flags: UnprotectFlags; readonly signal: AbortSignal },
): Promise<void> {
  const loss = `This erases the whole flash of ${device.profile.name}, ${location}: ` +
    "program and data are lost, and nothing can bring them back";
  output.err(renderWarning(loss, output.errorStyle));
  if (flags.yes === true) return;
  if (!Deno.stdin.isTerminal() || !output.errorIsTerminal) {
    throw new UsageError("Cannot ask whether to erase the device: this is no terminal", {
      hint: "Give --yes to erase everything without being asked.",
    });
  }
  const answer = await askLine(output, 'Erase everything? Type "yes":', { signal });
  if (answer.trim().toLowerCase() !== "yes") {
    throw new UsageError("Cannot lift read protection: it was not confirmed. Nothing was erased", {
      hint: "Run it again and answer yes, in full, to erase everything.",
    });
  }
}

function tell(
  output: Output,
  { json = false, quiet = false }: UnprotectFlags,
  told: { readonly outcome: string; readonly text: string },
): void {
  const { outcome, text } = told;
  if (json) {
    const words = renderSentence(text, output.errorStyle);
    printResult(output, JSON.stringify({ schema: "dfuse.unprotect/1", outcome }) + "\n", { words });
  } else if (!quiet) printResult(output, renderSentence(text, output.style));
}
