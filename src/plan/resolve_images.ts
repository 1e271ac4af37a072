import { PlanError } from "../errors.ts";
import type { Outline } from "../firmware/firmware.ts";
import { formatAddress } from "../format.ts";
import { findUnwritable, throwProblems } from "./check_images.ts";
import { type DeviceProfile, specialArea } from "./device_profile.ts";
import { type MemoryLayout, regionAt } from "./memory_layout.ts";

/** One image of a file. Without `alternate` it goes where its addresses are. */
export interface PlannedImage {
  readonly alternate?: number;
  readonly outline: Outline;
}

/** One image, and the memory that it goes to. */
export interface TargetedImage {
  readonly alternate: number;
  readonly layout: MemoryLayout;
  readonly outline: Outline;
}

export interface ResolveOptions {
  readonly alternate?: number;
  readonly allowSpecial?: boolean;
}

/**
 * Finds the memory of each image and checks that it may go there. In order of alternate setting, special memory later
 * and option bytes last: writing them resets many parts.
 *
 * @throws {PlanError} with all problems, if one may not.
 */
export function resolveImages(
  images: readonly PlannedImage[],
  profile: DeviceProfile,
  options: ResolveOptions = {},
): TargetedImage[] {
  const chosen = images.filter((image) =>
    image.outline.segments.length > 0 &&
    (image.alternate === undefined || options.alternate === undefined ||
      image.alternate === options.alternate)
  );
  if (chosen.length === 0) throw nothingToFlash(images, options);
  const targets = chosen.map((image) => targetOf(image, profile, options));
  throwProblems(
    targets.flatMap(({ outline, layout }) => findUnwritable(outline.segments, layout)),
    "Choose the part with --chip or the memory with --alternate, or check the addresses in the file.",
  );
  if (options.allowSpecial !== true) throwProblems(findSpecial(targets), SPECIAL_HINT);
  throwProblems(findShared(targets), "Flash the images one after the other.");
  return targets.sort((a, b) => rankOf(a) - rankOf(b) || a.alternate - b.alternate);
}

function rankOf({ layout }: TargetedImage): number {
  const area = specialArea(layout);
  return area === undefined ? 0 : area === "option-bytes" ? 2 : 1;
}

const SPECIAL_HINT =
  "Wrong option bytes or OTP can make a part useless for ever. If that is what you want, give --allow-special; " +
  "--alternate 0 flashes the program only.";

function findSpecial(targets: readonly TargetedImage[]): string[] {
  return targets.filter(({ layout }) => specialArea(layout) !== undefined).map((target) =>
    `Cannot write ${formatAddress(target.outline.segments[0]?.address ?? 0)}: ` +
    `"${target.layout.name}" is not memory for programs`
  );
}

/** One outline per alternate setting: who has several images for one joins them first. */
function findShared(targets: readonly TargetedImage[]): string[] {
  const seen = new Set<number>();
  return targets.filter(({ alternate }) => seen.size === seen.add(alternate).size)
    .map(({ alternate }) => `Cannot plan two images for alternate ${alternate} at once`);
}

function nothingToFlash(images: readonly PlannedImage[], options: ResolveOptions): PlanError {
  const found = [...new Set(images.map((image) => image.alternate ?? "any"))].join(", ");
  return options.alternate === undefined || images.length === 0
    ? new PlanError("Cannot plan: the file holds no bytes to flash")
    : new PlanError(
      `Cannot plan for alternate ${options.alternate}: the file has images for ${found} only`,
      { hint: "Leave --alternate out to flash all that the file holds." },
    );
}

function targetOf(
  image: PlannedImage,
  profile: DeviceProfile,
  options: ResolveOptions,
): TargetedImage {
  const alternate = image.alternate ?? options.alternate ?? alternateAt(image.outline, profile);
  const found = profile.alternates.find((candidate) => candidate.alternate === alternate);
  const unusable = profile.unusable?.find((candidate) => candidate.alternate === alternate);
  if (unusable !== undefined) {
    throw new PlanError(`Cannot plan for alternate ${alternate}: ${unusable.reason}`, {
      hint: "Describe its memory with --layout.",
    });
  }
  if (found === undefined) {
    const known = profile.alternates.map((candidate) =>
      `${candidate.alternate} "${candidate.layout.name}"`
    );
    if (known.length === 0) known.push("none that can be planned for");
    throw new PlanError(
      `Cannot plan for alternate ${alternate}: ${profile.name} has ${known.join(", ")}`,
      { hint: "Choose one of them with --alternate, or check whether the file is for this part." },
    );
  }
  return { alternate, layout: found.layout, outline: image.outline };
}

/** The first alternate setting whose memory holds the image's first byte, else the first one there is. */
function alternateAt(outline: Outline, profile: DeviceProfile): number {
  const address = outline.segments[0]?.address ?? 0;
  const holder = profile.alternates.find(({ layout }) => regionAt(layout, address) !== undefined);
  return holder?.alternate ?? profile.alternates[0]?.alternate ?? 0;
}
