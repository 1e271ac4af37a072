import { UsageError } from "../errors.ts";
import { findChip } from "../chips/chips.ts";
import type { Expectation } from "../station/expectation.ts";
import { parsePlace } from "../station/place.ts";
import type { UnitDataSource } from "../station/unit_data.ts";
import { type StationFlags, type UnitFlags, wantsUnit } from "./station_flags.ts";

/** Whether any option is given that makes a flash an attempt of a production line. */
export function usesStation(flags: StationFlags): boolean {
  const { all, watch, jobs, portName, journal, expectChip, expectIds, skipProgrammed } = flags;
  return [all, watch, skipProgrammed].includes(true) || wantsUnit(flags) ||
    [jobs, portName, journal, expectChip, expectIds].some((value) => value !== undefined);
}

/** Where the values of units come from and go to; undefined without them. */
export function unitSourceOf(
  { unitData, place = [], verify }: UnitFlags,
): UnitDataSource | undefined {
  if (unitData === undefined && place.length === 0) return undefined;
  if (verify === false) {
    throw new UsageError("Cannot combine --unit-data with --no-verify", {
      hint: "A value counts as used when verify has passed.",
    });
  }
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
