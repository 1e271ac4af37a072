import { UsageError } from "../errors.ts";
import { missingAddressHint } from "../firmware/collect_elements.ts";
import type { Extent, FirmwareSummary, ImageSummary, Outline } from "../firmware/firmware.ts";
import { formatRange } from "../format.ts";
import { throwProblems } from "./check_images.ts";
import { joinExtents, overlaps } from "./extents.ts";
import type { PlanInput } from "./plan.ts";
import type { PlannedImage } from "./resolve_images.ts";

/**
 * What a file holds, as the planner wants it: one image per alternate setting, also where the file has several.
 * `file` is how messages call it.
 *
 * @throws {UsageError} if the file has no addresses and none was given.
 * @throws {PlanError} if two images of one alternate setting overlap.
 */
export function planInputOf(
  summary: FirmwareSummary,
  { file = "this file" }: { readonly file?: string } = {},
): PlanInput {
  if (summary.images.some(lacksAddress)) {
    throw new UsageError(
      `Cannot plan ${file}: it has no addresses, expected one for its first byte`,
      { hint: missingAddressHint(file) },
    );
  }
  const byAlternate = Map.groupBy(summary.images, (image) => image.alternate);
  const groups = [...byAlternate];
  throwProblems(
    groups.flatMap(([alternate, images]) => findOverlaps(images, alternate)),
    "Two parts of the firmware claim the same memory: correct them and build the file again.",
  );
  const images = groups.map(([alternate, images]): PlannedImage => ({
    ...(alternate === undefined ? {} : { alternate }),
    outline: joinOutlines(images.map((image) => image.outline)),
  }));
  const family = summary.family === undefined ? {} : { family: summary.family };
  if (summary.suffix === undefined) return { images, ...family };
  const { vendorId, productId, deviceVersion } = summary.suffix;
  return { images, ids: { vendorId, productId, deviceVersion }, ...family };
}

function lacksAddress(image: ImageSummary): boolean {
  return image.elements.some((element) => element.address === undefined);
}

/** Two images may be interleaved, so it is their segments that must not overlap. */
function findOverlaps(images: readonly ImageSummary[], alternate: number | undefined): string[] {
  const where = alternate === undefined ? "the file" : `alternate ${alternate}`;
  const problems: string[] = [];
  let reaching: Extent | undefined;
  for (const segment of sortExtents(images.flatMap((image) => image.outline.segments))) {
    if (reaching !== undefined && overlaps(reaching, segment)) {
      problems.push(
        `Cannot join the images of ${where}: ${formatRange(reaching)} and ` +
          `${formatRange(segment)} overlap, expected each byte once`,
      );
    }
    if (
      reaching === undefined || reaching.address + reaching.size < segment.address + segment.size
    ) {
      reaching = segment;
    }
  }
  return problems;
}

function joinOutlines(outlines: readonly Outline[]): Outline {
  const [first] = outlines;
  if (first !== undefined && outlines.length === 1) return first;
  const lowest = outlines.toSorted((a, b) => startOf(a) - startOf(b))[0];
  const join = (extents: readonly Extent[]) => joinExtents(sortExtents(extents));
  return {
    segments: join(outlines.flatMap((outline) => outline.segments)),
    blanks: join(outlines.flatMap((outline) => outline.blanks)),
    ...(lowest?.vectorTable === undefined ? {} : { vectorTable: lowest.vectorTable }),
  };
}

function startOf({ segments }: Outline): number {
  return segments[0]?.address ?? Infinity;
}

function sortExtents(extents: readonly Extent[]): Extent[] {
  return extents.toSorted((a, b) => a.address - b.address);
}
