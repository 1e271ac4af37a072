import type { DeviceProfile } from "./device_profile.ts";
import { estimatePlan } from "./estimate.ts";
import { totalSize } from "./extents.ts";
import type { Operation, PageRun, Plan } from "./operation.ts";
import {
  type PlannedImage,
  resolveImages,
  type ResolveOptions,
  type TargetedImage,
} from "./resolve_images.ts";
import { EMPTY_TOTALS } from "./totals.ts";
import { touchedPages } from "./touched_pages.ts";

/** Plans to compare a device with images, and to change nothing. Throws `PlanError` where they do not fit. */
export function planVerify(
  images: readonly PlannedImage[],
  profile: DeviceProfile,
  options: ResolveOptions = {},
): Plan {
  const targets = resolveImages(images, profile, { ...options, allowSpecial: true });
  const operations = targets.flatMap(({ alternate, outline }): Operation[] => [
    { kind: "select", alternate },
    ...outline.segments.map(({ address, size }): Operation => ({ kind: "verify", address, size })),
  ]);
  const imageSize = targets.reduce((sum, { outline }) => sum + totalSize(outline.segments), 0);
  const estimate = estimatePlan(operations, profile);
  return {
    operations,
    pages: targets.flatMap(pagesOf),
    blanked: [],
    preserved: [],
    warnings: [],
    totals: { ...EMPTY_TOTALS, imageSize, verifiedSize: imageSize },
    ...(estimate === undefined ? {} : { estimate }),
  };
}

/** The pages that are compared, one by one: what differs is told by page. */
function pagesOf({ alternate, outline, layout }: TargetedImage): PageRun[] {
  return Array.from(touchedPages(outline, layout), ({ address, size, extents }): PageRun => ({
    alternate,
    address,
    pageSize: size,
    pageCount: 1,
    action: "keep",
    reason: "requested",
    imageSize: totalSize(extents),
    writeSize: 0,
  }));
}
