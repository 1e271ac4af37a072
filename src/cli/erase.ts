import { executePlan } from "../dfu/execute.ts";
import { UsageError } from "../errors.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import { type EraseTarget, planErase } from "../plan/plan_erase.ts";
import { pageAt } from "../plan/memory_layout.ts";
import { createCommand } from "./create_command.ts";
import { conclude, createListener } from "./event_lines.ts";
import { addTargetDeviceOptions, type TargetFlags, withTarget } from "./open_target.ts";
import type { Output } from "./output.ts";
import { printPlan } from "./render_plan.ts";

interface EraseFlags extends TargetFlags {
  readonly all?: boolean;
  readonly page?: number;
  readonly address?: number;
  readonly size?: number;
  readonly alternate?: number;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `dfuse erase`: pages, or everything. */
export function eraseCommand(output: Output) {
  const command = createCommand().description("Erase pages of a device, or all of its memory.");
  return addTargetDeviceOptions(command)
    .option("--all", "Erase the whole memory of the alternate setting.")
    .option("--page <address:address>", "Erase the page that holds this address.")
    .option("-s, --address <address:address>", "Erase from here; needs --size.", {
      depends: ["size"],
    })
    .option("--size <size:size>", "How much to erase: whole pages.", { depends: ["address"] })
    .option("-a, --alternate <number:integer>", "Alternate setting. Default: 0.")
    .option("--dry-run", "Print what would be erased, and stop.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("Everything", "dfuse erase --all")
    .example("One page", "dfuse erase --page 0x08004000")
    .example("A range", "dfuse erase --address 0x08004000 --size 32K")
    .action((flags: EraseFlags) => erase(output, flags));
}

async function erase(output: Output, flags: EraseFlags): Promise<void> {
  checkFlags(flags);
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const { profile, session } = device;
    const alternate = flags.alternate ?? profile.alternates[0]?.alternate ?? 0;
    const plan = planErase(eraseTargetOf(flags, profile, alternate), profile, { alternate });
    if (flags.dryRun === true) {
      const title = "Erase";
      return printPlan(output, { file: title, profile, plan }, { json: flags.json ?? false });
    }
    const listener = createListener(output, { ...flags, title: "Erase", clock });
    listener.device(target);
    await session.recover();
    listener.plan(plan);
    const report = await executePlan(plan, {
      session,
      clock,
      transferSize: profile.transferSize,
      erasedByte: profile.erasedByte ?? 0xFF,
      images: new Map(),
      onEvent: listener.onEvent,
      signal,
    });
    conclude(report, listener);
  });
}

function checkFlags({ all, page, address }: EraseFlags): void {
  const given = [all === true, page !== undefined, address !== undefined].filter(Boolean).length;
  if (given === 1) return;
  const found = given === 0 ? "nothing says what" : "several options say what";
  throw new UsageError(`Cannot erase: ${found}, expected one of --all, --page and --address`, {
    hint: "Give --all, or --page ADDRESS, or --address ADDRESS with --size SIZE.",
  });
}

function eraseTargetOf(
  { all, page, address = 0, size = 0 }: EraseFlags,
  profile: DeviceProfile,
  alternate: number,
): EraseTarget {
  if (all === true) return { kind: "all" };
  if (page === undefined) return { kind: "range", address, size };
  const layout = profile.alternates.find((found) => found.alternate === alternate)?.layout;
  const found = layout === undefined ? undefined : pageAt(layout, page);
  return { kind: "range", address: found?.address ?? page, size: found?.size ?? 1 };
}
