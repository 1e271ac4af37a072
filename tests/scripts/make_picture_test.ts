import { assert, assertEquals } from "@std/assert";
import { makePictures } from "../../scripts/make_picture.ts";

const root = new URL("../../", import.meta.url);

Deno.test("The pictures in the repository are those that scripts/make_picture.ts makes", async () => {
  const pictures = await makePictures();
  assert(pictures.has("docs/images/plan.svg"));
  for (const [path, text] of pictures) {
    const kept = (await Deno.readTextFile(new URL(path, root))).replaceAll("\r\n", "\n");
    assertEquals(
      kept,
      text,
      `${path} is not current. Run: deno run -A scripts/make_picture.ts`,
    );
  }
});
