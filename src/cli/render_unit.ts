import type { Extent } from "../firmware/firmware.ts";
import { formatRange } from "../format.ts";
import type { UnitRow } from "../station/unit_rows.ts";
import { paint, type Style } from "./style.ts";
import { hang } from "./wrap.ts";

/** What the next unit will get. */
export interface UnitPlan {
  readonly row: UnitRow;
  /** How many units can still get values. */
  readonly free: number;
  /** What the image does not cover, and is written too. */
  readonly added: readonly Extent[];
}

/** Nobody will run out of so many: a counter has billions. */
const MANY = 1_000_000;

/** A line for each value, and one for what is added to the image. */
export function unitLines({ row, free, added }: UnitPlan, style: Style): string[] {
  const count = free < MANY ? ` (${free} left)` : "";
  const values = [...row.bytes.keys()].flatMap((place) =>
    hang(`${place.name} ${row.values[place.name]}`, style, { head: `  ${formatRange(place)}  ` })
  );
  const ranges = added.map(formatRange).join(", ");
  return [
    `${paint(style, "bold", "The next unit gets")}${count}`,
    ...values,
    ...(added.length === 0 ? [] : hang(`Added to the image: ${ranges}`, style, {
      head: "  ",
      paintText: "yellow",
      indent: 4,
    })),
  ];
}

/** `unit serial A-1` for each value that a unit got: its name may be that of something that the device has, too. */
export function unitPhrases(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).map(([name, value]) => `unit ${name} ${value}`);
}

/** `device serial 3573`: what USB tells, which a serial number in unit data does not change. */
export function deviceSerial(serial: string): string {
  return `device serial ${serial}`;
}

/** The same for a program. */
export function unitDocument({ row, free, added }: UnitPlan): Record<string, unknown> {
  return {
    places: [...row.bytes].map(([{ name, address, size }, bytes]) => ({
      name,
      address,
      size,
      value: row.values[name],
      bytes: [...bytes],
    })),
    added,
    free,
  };
}
