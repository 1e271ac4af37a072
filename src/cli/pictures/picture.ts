import type { Extent } from "../../firmware/firmware.ts";
import type { AlternateProfile, DeviceProfile } from "../../plan/device_profile.ts";
import { ExtentCursor, extentOf, joinExtents } from "../../plan/extents.ts";
import type { Plan } from "../../plan/operation.ts";
import { findTreatments, type Span } from "./treatment.ts";

/** A piece of the firmware that its maker put at an address. */
export interface PictureElement extends Extent {
  /** Where the file names an alternate setting. */
  readonly alternate?: number | undefined;
  readonly name?: string | undefined;
}

/** All that a picture of a plan shows. */
export interface Picture {
  readonly file: string;
  readonly profile: DeviceProfile;
  readonly plan: Plan;
  /** In any order; sizes in bytes. */
  readonly elements: readonly PictureElement[];
  readonly warnings: readonly string[];
  /** What is known of the file: labels and values. */
  readonly facts: readonly (readonly [label: string, value: string])[];
}

/** One alternate setting that a plan touches, ready to be drawn. */
export interface PictureMemory {
  readonly target: AlternateProfile;
  /** In order of address. */
  readonly elements: readonly PictureElement[];
  readonly spans: readonly Span[];
}

/** The memories that a plan touches, in the order of the device. */
export function memoriesOf({ profile, plan, elements }: Picture): PictureMemory[] {
  return profile.alternates.flatMap((target) => {
    const pages = plan.pages.filter((run) => run.alternate === target.alternate);
    if (pages.length === 0) return [];
    const touched = new ExtentCursor(joinExtents(pages.map(extentOf)));
    const ours = elements
      .filter(({ alternate, size }) =>
        size > 0 && (alternate === undefined || alternate === target.alternate)
      )
      .toSorted((a, b) => a.address - b.address)
      .filter((element) => touched.within(element).length > 0);
    return [{ target, elements: ours, spans: findTreatments(target, plan, ours) }];
  });
}
