/**
 * Writes docs/images/plan.svg, the picture of README: what a flash of examples/example.dfu does to an STM32F405. And the
 * pictures that tests compare with, in tests/fixtures/pictures/: look at them before they are committed.
 */
import { renderSvg } from "../src/cli/pictures/render_svg.ts";
import { examplePicture, SAMPLES } from "../tests/cli/pictures/sample_pictures.ts";

/** Every picture that is kept in the repository, by its path from the project's root. */
export async function makePictures(): Promise<ReadonlyMap<string, string>> {
  const pictures = new Map([["docs/images/plan.svg", renderSvg(await examplePicture())]]);
  for (const [name, make] of Object.entries(SAMPLES)) {
    pictures.set(`tests/fixtures/pictures/${name}.svg`, renderSvg(await make()));
  }
  return pictures;
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  for (const [path, text] of await makePictures()) {
    await Deno.writeTextFile(new URL(path, root), text);
  }
}
