import { PlanError } from "../errors.ts";
import type { Extent } from "../firmware/firmware.ts";
import { formatAddress, formatRange } from "../format.ts";
import { throwProblems } from "./check_images.ts";
import type { DeviceProfile } from "./device_profile.ts";
import { appendExtent, clipExtents, extentOf, gapsIn } from "./extents.ts";

/**
 * What to read: a range, or all readable memory of an alternate setting. Throws `PlanError` where the range is not all
 * readable memory.
 */
export function planRead(
  profile: DeviceProfile,
  wanted: {
    readonly alternate: number;
    readonly address?: number;
    /** In bytes; missing for all that follows the address without a gap. */
    readonly size?: number;
  },
): Extent[] {
  const { alternate, address, size } = wanted;
  const layout = profile.alternates.find((found) => found.alternate === alternate)?.layout;
  if (layout === undefined) {
    throw new PlanError(`Cannot read alternate ${alternate}: ${profile.name} has none`, {
      hint: "dfuse list shows the alternates of a device.",
    });
  }
  const readable: Extent[] = [];
  for (const region of layout.regions) {
    if (region.readable) appendExtent(readable, extentOf(region));
  }
  if (readable.length === 0) {
    throw new PlanError(`Cannot read "${layout.name}": nothing of it is readable`);
  }
  if (address === undefined && size === undefined) return readable;
  const start = address ?? readable[0]!.address;
  const rest = readable.find((extent) =>
    extent.address <= start && start < extent.address + extent.size
  );
  const range = {
    address: start,
    size: size ?? (rest === undefined ? 1 : rest.address + rest.size - start),
  };
  throwProblems(
    gapsIn(readable, range).map((gap) =>
      `Cannot read ${formatRange(range)}: ${
        formatAddress(gap.address)
      } is not readable memory of ` +
      `"${layout.name}" (${readable.map(formatRange).join(", ")})`
    ),
    "dfuse list shows the memory of a device.",
  );
  return clipExtents([range], range);
}
