import type { Command } from "@cliffy/command";
import type { VoltageRange } from "../chips/chip.ts";
import { findChip } from "../chips/chips.ts";
import { UsageError } from "../errors.ts";
import { type DeviceProfile, profileOfChip, profileOfLayout } from "../plan/device_profile.ts";
import type { PlanOptions } from "../plan/plan.ts";
import type { EraseMode } from "../plan/plan_page.ts";

/** A command whose options are spelled out in `PlanFlags` instead of being inferred. */
// deno-lint-ignore no-explicit-any
export type AnyCommand = Command<any>;

/** What the options below give. Cliffy leaves out what was not on the command line. */
export interface PlanFlags {
  readonly address?: number;
  readonly ignoreCrc?: boolean;
  readonly chip?: string;
  readonly layout?: readonly string[];
  readonly transferSize?: number;
  /** In volts. */
  readonly vdd?: number;
  readonly alternate?: number;
  readonly erase?: EraseMode;
  readonly preserve?: boolean;
  readonly verify?: boolean;
  /** `true` is the image's own start; `--leave` without an address is the default. */
  readonly leave?: number | boolean;
  readonly allowSpecial?: boolean;
  readonly ignoreIds?: boolean;
  readonly json?: boolean;
}

/** Options of every command that reads firmware. */
export function addFirmwareOptions(command: AnyCommand): AnyCommand {
  return command
    .option("-s, --address <address:address>", "Where a file without addresses belongs.")
    .option("--ignore-crc", "Use the file although its CRC is wrong.");
}

/** Options that say what memory to plan for. */
export function addTargetOptions(command: AnyCommand): AnyCommand {
  return command
    .option("-c, --chip <name:string:chip>", "The part: stm32f405, an order code, …", {
      conflicts: ["layout"],
    })
    .option(
      "--layout <string:string>",
      "Its memory, as an interface string; once for each alternate setting.",
      { collect: true },
    )
    .option("--transfer-size <size:size>", "Longest block of a write (wTransferSize).");
}

/** Options that say how to flash. */
export function addPlanOptions(command: AnyCommand): AnyCommand {
  return command
    .option(
      "-a, --alternate <number:integer>",
      "Alternate setting to flash; of a DfuSe file, only its images for it.",
    )
    .option(
      "--erase <mode:erase>",
      "Pages to erase: needed, touched, all, none. Default: needed.",
    )
    .option("--preserve", "Keep the bytes around the image in pages that it covers in part.")
    .option("--no-verify", "Do not read back and compare.")
    .option("--leave [address:address]", "Start the program here. Default: where the image starts.")
    .option("--no-leave", "Stay in the boot loader.")
    .option("--allow-special", "Write option bytes, OTP or Device Feature if the file has them.")
    .option("--ignore-ids", "Flash a file that was made for another USB id.")
    .option(
      "--vdd <volts:number>",
      "Supply voltage: F2, F4 and F7 program faster if they know it.",
    );
}

/** The memory that the options name; undefined if they name none. */
export function profileOf(flags: PlanFlags): DeviceProfile | undefined {
  const { chip, layout, transferSize, vdd } = flags;
  const size = transferSize === undefined ? {} : { transferSize };
  if (layout !== undefined) return profileOfLayout(layout, size);
  if (chip === undefined) return undefined;
  const voltage = vdd === undefined ? {} : { voltage: voltageRangeOf(vdd) };
  return { ...profileOfChip(findChip(chip), voltage), ...size };
}

/** The options of the planner, from those of the command line. */
export function planOptionsOf(flags: PlanFlags): PlanOptions {
  const { alternate, erase, preserve, verify, leave, allowSpecial, ignoreIds, vdd } = flags;
  if (alternate !== undefined && (alternate < 0 || alternate > 255)) {
    throw new UsageError(`Cannot use alternate setting ${alternate}, expected 0 to 255`);
  }
  if (erase === "all" && preserve === true) {
    throw new UsageError("Cannot combine --erase all with --preserve: nothing is left to keep", {
      hint: "--erase touched with --preserve keeps everything outside the image.",
    });
  }
  return {
    ...(alternate === undefined ? {} : { alternate }),
    ...(erase === undefined ? {} : { erase }),
    ...(preserve === undefined ? {} : { preserve }),
    ...(verify === undefined ? {} : { verify }),
    ...(leave === undefined ? {} : { leave }),
    ...(allowSpecial === undefined ? {} : { allowSpecial }),
    ...(ignoreIds === undefined ? {} : { ignoreIds }),
    ...(vdd === undefined ? {} : { voltage: voltageRangeOf(vdd) }),
  };
}

/** Which range a supply voltage in volts is in (AN2606 §4.4). */
export function voltageRangeOf(volts: number): VoltageRange {
  if (volts >= 2.7 && volts <= 3.6) return "2.7-3.6";
  if (volts >= 2.4 && volts < 2.7) return "2.4-2.7";
  if (volts >= 2.1 && volts < 2.4) return "2.1-2.4";
  if (volts >= 1.8 && volts < 2.1) return "1.8-2.1";
  throw new UsageError(`Cannot use a supply voltage of ${volts} V, expected 1.8 to 3.6`);
}
