import type { Extent, Outline } from "../../src/firmware/firmware.ts";
import type { DeviceProfile } from "../../src/plan/device_profile.ts";
import { parseMemoryLayout } from "../../src/plan/memory_layout.ts";
import type { Operation, PageState, Plan } from "../../src/plan/operation.ts";
import { planFlash, type PlanOptions } from "../../src/plan/plan.ts";

/** Options of the planner, and what the test is about. */
export interface TestOptions extends PlanOptions {
  readonly profile?: Partial<DeviceProfile>;
  readonly blanks?: readonly Stretch[];
  /** Of the first pages. */
  readonly states?: readonly PageState[];
}

/** Addresses, in bytes. */
export type Stretch = readonly [address: number, size: number];

/** The plan of an image onto memories; `states` are of the first one. */
export function planFor(
  layouts: string | readonly string[],
  segments: readonly Stretch[],
  { profile = {}, blanks, states, ...options }: TestOptions = {},
): Plan {
  const whole = profileOf([layouts].flat(), profile);
  const { address, pageSize } = whole.alternates[0]!.layout.regions[0]!;
  const pages = states?.map((state, index) => [address + index * pageSize, state] as const);
  return planFlash({ images: [{ outline: outlineOf(segments, blanks) }] }, whole, {
    ...options,
    ...(pages === undefined ? {} : { pageStates: new Map([[0, new Map(pages)]]) }),
  });
}

/** A part with these interface strings: 2048-byte blocks, aligned to 4 bytes. */
export function profileOf(
  layouts: readonly string[],
  over: Partial<DeviceProfile> = {},
): DeviceProfile {
  return {
    name: "Test part",
    alternates: layouts.map((text, alternate) => ({ alternate, layout: parseMemoryLayout(text) })),
    transferSize: 2048,
    writeAlignment: 4,
    quirks: [],
    ...over,
  };
}

/** An outline; segments that touch are joined. */
export function outlineOf(segments: readonly Stretch[], blanks: readonly Stretch[] = []): Outline {
  const extents = (list: readonly Stretch[]) => list.map(([address, size]) => ({ address, size }));
  const joined: Extent[] = [];
  for (const { address, size } of extents(segments)) {
    const last = joined.at(-1);
    if (last === undefined || last.address + last.size < address) joined.push({ address, size });
    else joined[joined.length - 1] = { ...last, size: last.size + size };
  }
  return { segments: joined, blanks: extents(blanks) };
}

/** All but the selections, a line each. */
export function steps(plan: Plan): string[] {
  return plan.operations.filter(({ kind }) => kind !== "select").map(step);
}

/** The writes, a line each. */
export function writes(plan: Plan): string[] {
  return plan.operations.filter(({ kind }) => kind === "write").map(step);
}

/** Action and reason of each run of pages. */
export function reasons(plan: Plan): string[] {
  return plan.pages.map((run) => `${run.action} ${run.reason}`);
}

/** An operation as a line: numbers are hexadecimal, counts decimal. */
export function step(operation: Operation): string {
  switch (operation.kind) {
    case "select":
      return `select ${operation.alternate}`;
    case "voltage":
      return `voltage ${hex(operation.address)} ${operation.range}`;
    case "erase-all":
      return "erase-all";
    case "erase":
      return `erase ${hex(operation.address)} ${operation.pageCount}x${
        operation.pageSize.toString(16)
      }`;
    case "leave":
      return `leave ${hex(operation.address)}`;
    default:
      return `${operation.kind} ${hex(operation.address)} ${
        operation.size.toString(16).toUpperCase()
      }`;
  }
}

/** Address and size of each, hexadecimal. */
export function ranges(extents: readonly Extent[]): string[] {
  return extents.map(({ address, size }) => `${hex(address)} ${size.toString(16).toUpperCase()}`);
}

function hex(address: number): string {
  return address.toString(16).toUpperCase().padStart(8, "0");
}
