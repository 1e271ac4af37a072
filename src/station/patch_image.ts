import type { FlashInput } from "../dfu/flash.ts";
import type { Extent, Image, Outline } from "../firmware/firmware.ts";
import { buildImage } from "../firmware/image.ts";
import { outlineImage } from "../firmware/outline.ts";
import { endOf, gapsIn, joinExtents, overlaps, subtractExtents } from "../plan/extents.ts";
import type { PlanInput } from "../plan/plan.ts";
import type { PlannedImage } from "../plan/resolve_images.ts";
import type { UnitRow } from "./unit_rows.ts";

/** An image with the values of one unit in it. What the image does not cover is added to it. */
export function patchInput(input: FlashInput, row: UnitRow): FlashInput {
  const images = [...input.images];
  for (const [place, data] of row.bytes) {
    const index = holderOf(images, place);
    const holder = images[index];
    if (holder === undefined) continue;
    const image = overlay(holder.image, { address: place.address, data });
    images[index] = { ...holder, image, outline: outlineImage(image) };
  }
  return { ...input, images };
}

/** As `patchInput()`, where no bytes are at hand: what is planned is the same. */
export function patchOutlines(input: PlanInput, places: readonly Extent[]): PlanInput {
  const images = [...input.images];
  for (const place of places) {
    const index = holderOf(images, place);
    const holder = images[index];
    if (holder === undefined) continue;
    images[index] = { ...holder, outline: withPlace(holder.outline, place) };
  }
  return { ...input, images };
}

function withPlace(outline: Outline, { address, size }: Extent): Outline {
  const place = { address, size };
  const segments = [...outline.segments, place].toSorted((a, b) => a.address - b.address);
  return {
    ...outline,
    segments: joinExtents(segments),
    blanks: subtractExtents(outline.blanks, [place]),
  };
}

/** Where values go that the image has no bytes for: these are written too. */
export function addedExtents(input: PlanInput, places: readonly Extent[]): Extent[] {
  const covered = joinExtents(
    input.images.flatMap(({ outline }) => outline.segments)
      .toSorted((a, b) => a.address - b.address),
  );
  const gaps = places.flatMap((place) => gapsIn(covered, place));
  return joinExtents(gaps.toSorted((a, b) => a.address - b.address));
}

/** The image that has bytes at a place; otherwise the one whose bytes are next to it. */
function holderOf(images: readonly PlannedImage[], place: Extent): number {
  const distances = images.map(({ outline }) =>
    Math.min(
      ...outline.segments.map((segment) =>
        overlaps(segment, place)
          ? 0
          : Math.max(segment.address - endOf(place), place.address - endOf(segment)) + 1
      ),
    )
  );
  return distances.indexOf(Math.min(...distances));
}

function overlay(image: Image, part: { address: number; data: Uint8Array }): Image {
  const hole = { address: part.address, size: part.data.length };
  const parts = image.segments.flatMap((segment) =>
    gapsIn([hole], segment).map(({ address, size }) => ({
      address,
      data: segment.data.subarray(address - segment.address, address - segment.address + size),
    }))
  );
  return buildImage([...parts, part]);
}
