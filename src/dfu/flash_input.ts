import { PlanError } from "../errors.ts";
import type { Firmware, Image, Outline, Segment } from "../firmware/firmware.ts";
import { buildImage } from "../firmware/image.ts";
import { outlineImage } from "../firmware/outline.ts";
import { formatRange } from "../format.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import { endOf } from "../plan/extents.ts";
import { resolveImages, type ResolveOptions } from "../plan/resolve_images.ts";
import type { FlashImage, FlashInput } from "./flash.ts";

/**
 * What a file holds, as a flash wants it: one image per alternate setting, also where the file has several.
 *
 * @throws {PlanError} if two images of one alternate setting overlap.
 */
export function flashInputOf(firmware: Firmware): FlashInput {
  const groups = Map.groupBy(firmware.images, (image) => image.alternate);
  const images = [...groups].map(([alternate, parts]): FlashImage => {
    const image = buildImage(checkDisjoint(parts.flatMap((part) => part.image.segments)));
    const outline = outlineImage(image);
    return { ...(alternate === undefined ? {} : { alternate }), image, outline };
  });
  const family = firmware.family === undefined ? {} : { family: firmware.family };
  if (firmware.suffix === undefined) return { images, ...family };
  const { vendorId, productId, deviceVersion } = firmware.suffix;
  return { images, ids: { vendorId, productId, deviceVersion }, ...family };
}

/** The bytes for each alternate setting of a device that takes part. */
export function imagesByAlternate(
  input: FlashInput,
  profile: DeviceProfile,
  options: ResolveOptions = {},
): ReadonlyMap<number, Image> {
  const targets = resolveImages(input.images, profile, { ...options, allowSpecial: true });
  return new Map(targets.map(({ alternate, outline }) => [alternate, imageOf(input, outline)]));
}

/** The image that an outline was made from. */
export function imageOf(input: FlashInput, outline: Outline): Image {
  return input.images.find((candidate) => candidate.outline === outline)?.image ?? { segments: [] };
}

function checkDisjoint(segments: readonly Segment[]): readonly Segment[] {
  const sorted = segments.toSorted((a, b) => a.address - b.address);
  sorted.forEach((segment, index) => {
    const before = sorted[index - 1];
    if (before === undefined || endOf(before) <= segment.address) return;
    throw new PlanError(
      `Cannot plan: two images of the file overlap, ${formatRange(before)} and ${
        formatRange(segment)
      }`,
      { hint: "Two parts of the firmware claim the same memory: correct them and build it again." },
    );
  });
  return sorted;
}
