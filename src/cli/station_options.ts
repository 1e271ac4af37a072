import { UsageError } from "../errors.ts";
import { findChip } from "../chips/chips.ts";
import type { Expectation } from "../station/expectation.ts";
import { parsePlace } from "../station/place.ts";
import type { UnitDataSource } from "../station/unit_data.ts";
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

/** Options of the production line: many devices, what must hold, and what is kept of it. */
export function addStationOptions(command: AnyCommand): AnyCommand {
  return addUnitOptions(command)
    .option("--all", "Flash every device that is attached, all at once.", { conflicts: ["watch"] })
    .option("--watch", "Flash every device that comes, until Ctrl-C.")
    .option("--jobs <count:integer>", "Flash so many devices at once, at most.")
    .option("--port-name <port:string>", "Call a port by a name: 1-4.2=A", { collect: true })
    .option("--bell", "Ring when a unit is done: once if it passed, three times if not.")
    .option("--journal <file:string>", "Append a JSON line for each attempt.")
    .option("--sha256 <hex:string>", "The file must have this SHA-256.")
    .option("--public-key <key:string>", "The file must be signed: minisign's key, or its file.")
    .option("--expect-chip <name:string:chip>", "Fail what is not this part.")
    .option("--expect-ids <ids:string>", "Fail what does not have these USB ids: 0483:df11")
    .option("--skip-programmed", "Pass a unit that holds the image already.");
}

/** Whether any option is given that makes a flash an attempt of a production line. */
export function usesStation(flags: StationFlags): boolean {
  const { all, watch, jobs, portName, journal, expectChip, expectIds, skipProgrammed } = flags;
  return [all, watch, skipProgrammed].includes(true) || unitSourceOf(flags) !== undefined ||
    [jobs, portName, journal, expectChip, expectIds].some((value) => value !== undefined);
}

/** Where the values of units come from and go to; undefined without them. */
export function unitSourceOf({ unitData, place = [] }: UnitFlags): UnitDataSource | undefined {
  if (unitData === undefined && place.length === 0) return undefined;
  if (unitData === undefined) {
    throw new UsageError("Cannot place values without a file to keep account of them in", {
      hint: "Add --unit-data units.csv; for counters it need not exist.",
    });
  }
  return { path: unitData, places: place.map(parsePlace) };
}

/** What every device must be. */
export function expectationOf({ expectChip, expectIds }: StationFlags): Expectation {
  return {
    ...(expectChip === undefined ? {} : { chip: findChip(expectChip) }),
    ...(expectIds === undefined ? {} : { ids: parseIds(expectIds) }),
  };
}

function parseIds(text: string): NonNullable<Expectation["ids"]> {
  const match = /^(?:0x)?([0-9a-f]{4}):(?:(?:0x)?([0-9a-f]{4})|\*)$/i.exec(text);
  if (match === null) {
    throw new UsageError(`Cannot use --expect-ids ${text}: expected ids such as 0483:df11`);
  }
  return {
    vendorId: parseInt(match[1]!, 16),
    productId: match[2] === undefined ? 0xFFFF : parseInt(match[2], 16),
  };
}

/** The names of ports by their USB paths, in the order in which they are given. */
export function portNamesOf({ portName = [] }: StationFlags): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const text of portName) {
    const [, path = "", name = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (path === "" || name === "") {
      throw new UsageError(`Cannot use --port-name ${text}: expected a port such as 1-4.2=A`, {
        hint: "dfuse list shows the USB path of each device.",
      });
    }
    if (names.has(path) || [...names.values()].includes(name)) {
      throw new UsageError(`Cannot use --port-name ${text}: the port or the name is given twice`);
    }
    names.set(path, name);
  }
  return names;
}

/** How many devices are flashed at once; undefined for all. */
export function jobsOf({ jobs }: StationFlags): number | undefined {
  if (jobs === undefined || jobs >= 1) return jobs;
  throw new UsageError(`Cannot use --jobs ${jobs}: expected at least 1`);
}
