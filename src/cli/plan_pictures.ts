import { UsageError } from "../errors.ts";
import type { FileFacts, Firmware, FirmwareSummary } from "../firmware/firmware.ts";
import type { PictureElement } from "./pictures/picture.ts";
import type { AnyCommand } from "./plan_options.ts";
import type { PlanReport } from "./render_plan.ts";
import { checkWritable, writeWhole } from "./write_file.ts";

/** Where pictures of a plan go. */
export interface PictureFlags {
  readonly svg?: string;
  readonly html?: string;
  readonly force?: boolean;
}

/** A plan to be drawn, with all that is known of its file. */
export interface PictureReport extends PlanReport {
  readonly summary: Firmware | FirmwareSummary;
}

/** Options of a command that can draw its plan. */
export function addPictureOptions(command: AnyCommand): AnyCommand {
  return command
    .option("--svg <file:string>", "Draw a map of the memory: an SVG for browsers and pages.")
    .option("--html <file:string>", "Write a report: the map and the tables on one page.")
    .option("-f, --force", "Replace the files of --svg and --html if they exist.");
}

/**
 * Refuses files that may not be written, before any time is spent on a plan.
 *
 * @throws {UsageError} where a file exists and `--force` is missing, or both options name the same.
 */
export function checkPictures({ svg, html, force = false }: PictureFlags): void {
  if (svg !== undefined && svg === html) {
    throw new UsageError(`Cannot write ${svg} twice: --svg and --html need a file each`);
  }
  for (const path of [svg, html]) {
    if (path === "-") {
      throw new UsageError("Cannot draw to standard output: expected a file name", {
        hint: "The text of the plan goes there.",
      });
    }
    if (path !== undefined) checkWritable(path, { force });
  }
}

/** Whether a picture is wanted at all. */
export function wantsPictures({ svg, html }: PictureFlags): boolean {
  return svg !== undefined || html !== undefined;
}

/** Draws a plan into the files that the options name. */
export async function writePictures(flags: PictureFlags, report: PictureReport): Promise<void> {
  if (!wantsPictures(flags)) return;
  const picture = await pictureOf(report);
  // Loaded on demand: few plans are drawn.
  if (flags.svg !== undefined) {
    const { renderSvg } = await import("./pictures/render_svg.ts");
    writeWhole(flags.svg, new TextEncoder().encode(renderSvg(picture)));
  }
  if (flags.html !== undefined) {
    const { renderHtml } = await import("./pictures/render_html.ts");
    writeWhole(flags.html, new TextEncoder().encode(renderHtml(picture)));
  }
}

async function pictureOf(report: PictureReport) {
  const [{ fileFacts }, { warningsOf }] = await Promise.all([
    import("./render_info.ts"),
    import("./render_plan.ts"),
  ]);
  const { file, profile, plan, summary, unit } = report;
  const facts: FileFacts & Pick<FirmwareSummary, "files" | "sha256"> = summary;
  return {
    file,
    profile,
    plan,
    elements: [
      ...elementsOf(summary),
      ...[...unit?.row.bytes.keys() ?? []].map(({ name, address, size }) => ({
        name,
        address,
        size,
      })),
    ],
    warnings: warningsOf(report),
    facts: fileFacts(facts),
  };
}

/** Where the file has bytes: its elements, or, where only the image is known, the image's segments. */
function elementsOf({ images }: Firmware | FirmwareSummary): PictureElement[] {
  return images.flatMap((image) => {
    const parts = "elements" in image ? image.elements : image.image.segments;
    return parts.flatMap(({ address, size }) =>
      address === undefined ? [] : [{ alternate: image.alternate, address, size }]
    );
  });
}
