import { checkVectorTable } from "../firmware/vector_table.ts";
import { findUf2Family, formatUf2Family } from "../firmware/uf2_families.ts";
import { formatAddress } from "../format.ts";
import { extentOf } from "./extents.ts";
import { type DeviceProfile, specialArea } from "./device_profile.ts";
import type { TargetedImage } from "./resolve_images.ts";

/**
 * A warning where an image at the start of the flash, which the part runs after reset, does not begin with a vector
 * table. RISC-V parts have none there.
 */
export function warnOfNoVectorTable(
  images: readonly TargetedImage[],
  profile: DeviceProfile,
): readonly string[] {
  if (profile.chip !== undefined && RISC_V.test(profile.chip)) return [];
  return images.flatMap(({ layout, outline }) => {
    const { address } = outline.segments[0]!;
    const isStart = specialArea(layout) === undefined && layout.regions[0]?.address === address;
    if (!isStart || !isInCode(address)) return [];
    // A few bytes are a patch of what is there.
    if (outline.vectorTable === undefined) return [];
    const problems = checkVectorTable(outline.vectorTable, layout.regions.map(extentOf));
    if (problems.length === 0) return [];
    return [
      `The image at ${formatAddress(address)} does not begin with a vector table: ` +
      `${problems.join(", ")}. The part will not start it`,
    ];
  });
}

/** A sentence if a UF2 file says that it is for another family than that of the part. */
export function findFamilyMismatch(
  id: number | undefined,
  { chip, name }: DeviceProfile,
): readonly string[] {
  if (id === undefined || chip === undefined) return [];
  const family = findUf2Family(id);
  // A family that is not in the table may be a new one of this very part.
  if (family === undefined || (family.chips !== undefined && chip.startsWith(family.chips))) {
    return [];
  }
  return [`Cannot plan for ${name}: the file is for parts of ${formatUf2Family(id)}`];
}

const RISC_V = /^(gd32v|ch32v)/;

/** Memory that the part can run from after reset; external flash is elsewhere. */
function isInCode(address: number): boolean {
  return address < 0x20000000;
}
