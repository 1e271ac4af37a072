import type { AnyCommand } from "./plan_options.ts";

/** What makes sure that the right file is flashed. */
export interface ProofFlags {
  readonly sha256?: string;
  readonly publicKey?: string;
}

/** Which unit gets which values. */
export interface UnitFlags {
  readonly unitData?: string;
  readonly place?: readonly string[];
  /** A value counts as used when it was read back, so this must not be `false`. */
  readonly verify?: boolean;
}

/** What the options below give. */
export interface StationFlags extends ProofFlags, UnitFlags {
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly jobs?: number;
  readonly portName?: readonly string[];
  readonly bell?: boolean;
  readonly journal?: string;
  readonly expectChip?: string;
  readonly expectIds?: string;
  readonly skipProgrammed?: boolean;
}

/** Options that give each unit values of its own. */
export function addUnitOptions(command: AnyCommand): AnyCommand {
  return command
    .option("--unit-data <file:string>", "CSV file: each unit gets the values of its own row.")
    .option(
      "--place <spec:string>",
      "Where a value goes: serial=0x0800F000:ascii:16 (see docs/production-line.md).",
      { collect: true },
    );
}

/** Options that make sure that the right file is flashed. */
export function addProofOptions(command: AnyCommand): AnyCommand {
  return command
    .option("--sha256 <hex:string>", "The file must have this SHA-256.")
    .option("--public-key <key:string>", "The file must be signed: minisign's key, or its file.");
}

/** Options of the production line: many devices, what must hold, and what is kept of it. */
export function addStationOptions(command: AnyCommand): AnyCommand {
  return addProofOptions(addUnitOptions(command))
    .option("--all", "Flash every device that is attached, all at once.", { conflicts: ["watch"] })
    .option("--watch", "Flash every device that comes, until Ctrl-C.")
    .option("--jobs <count:integer>", "Flash so many devices at once, at most.")
    .option("--port-name <port:string>", "Call a port by a name: 1-4.2=A", { collect: true })
    .option("--bell", "Ring when a unit is done: once if it passed, three times if not.")
    .option("--journal <file:string>", "Append a JSON line for each attempt.")
    .option("--expect-chip <name:string:chip>", "Fail what is not this part.")
    .option("--expect-ids <ids:string>", "Fail what does not have these USB ids: 0483:df11")
    .option("--skip-programmed", "Pass a unit that holds the image already.");
}

/** Whether units get values of their own. */
export function wantsUnit({ unitData, place }: UnitFlags): boolean {
  return unitData !== undefined || (place?.length ?? 0) > 0;
}
