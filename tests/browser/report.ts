/**
 * What a browser makes of the report and the picture. Not part of `deno task ok`, as it needs Chromium:
 *
 *     deno task test tests/browser/report.ts
 *
 * DFUSE_SCREENSHOTS names a folder for pictures of what was shown.
 */
import { assert, assertEquals } from "@std/assert";
import { renderHtml } from "../../src/cli/pictures/render_html.ts";
import { renderSvg } from "../../src/cli/pictures/render_svg.ts";
import { SAMPLES } from "../cli/pictures/sample_pictures.ts";
import { findChromium, type Page, type View, withPage } from "./chromium.ts";

const chromium = findChromium();
const ignore = chromium === undefined;
/** Said in the name: the runner shows nothing else of a test that it leaves out. */
const why = ignore ? " (skipped: no Chromium here; Debian: apt-get install chromium)" : "";

/** A folder with a file in it, removed afterwards. */
async function withFile(name: string, text: string, work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    await work(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("DFUSE_SCREENSHOTS");
  if (folder !== undefined) await Deno.writeFile(`${folder}/${name}.png`, await page.screenshot());
}

const VIEWS = [
  { name: "light", width: 1000, height: 900, theme: "light" },
  { name: "dark", width: 1000, height: 900, theme: "dark" },
  { name: "narrow", width: 380, height: 800, theme: "light" },
] as const;

/** Text of the one tip that is shown. */
const SHOWN_TIPS = `[...document.querySelectorAll(".tip")]
  .filter((tip) => getComputedStyle(tip).visibility === "visible").map((tip) => tip.textContent)`;

Deno.test({ name: `A report shows in Chromium what the plan says${why}`, ignore }, async () => {
  const html = renderHtml(await SAMPLES["example"]!());
  await withFile("plan.html", html, (path) =>
    withPage(chromium!, async (page) => {
      for (const { name, ...view } of VIEWS) {
        await page.open(path, view);
        await keepScreenshot(page, `report-${name}`);
        const text = String(await page.evaluate("document.body.innerText"));
        for (const word of ["0x08003F00..0x08003F40", "start the program", "DfuSe", "44.5 KiB"]) {
          assert(text.includes(word), `${word} is not in ${text}`);
        }
        const wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
        assertEquals(wider, false, `${name}: the page is wider than its window`);
        const paper = await page.evaluate(
          `getComputedStyle(document.querySelector(".paper")).fill`,
        );
        assertEquals(paper, view.theme === "dark" ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
      }
      assertEquals(page.complaints, []);
    }));
});

Deno.test({ name: `A report tells about the page under the pointer${why}`, ignore }, async () => {
  const html = renderHtml(await SAMPLES["example"]!());
  await withFile("plan.html", html, (path) =>
    withPage(chromium!, async (page) => {
      await page.open(path, VIEWS[0]);
      assertEquals(await page.evaluate(SHOWN_TIPS), []);
      const place = await page.evaluate(`(() => {
        const { x, y, width, height } = document.querySelectorAll(".area")[4].getBoundingClientRect();
        return [x + width / 2, y + height / 2];
      })()`) as [number, number];
      await page.point(...place);
      const [tip = "", ...others] = await page.evaluate(SHOWN_TIPS) as string[];
      assertEquals(others, []);
      assert(tip.startsWith("0x08010000..0x08020000, page 4"), tip);
      assert(tip.includes("written 8.8 KiB, erased 10.7 KiB, lost 44.5 KiB"), tip);
      await keepScreenshot(page, "report-hover");
      await page.point(1, 1);
      assertEquals(await page.evaluate(SHOWN_TIPS), []);
    }));
});

/** Themes, and how people see them who tell fewer colours apart or none: the screenshots are for the eye. */
const LOOKS: readonly Pick<View, "theme" | "vision">[] = [
  { theme: "light" },
  { theme: "dark" },
  { theme: "light", vision: "achromatopsia" },
  { theme: "light", vision: "deuteranopia" },
  { theme: "light", vision: "protanopia" },
];

for (const [name, make] of Object.entries(SAMPLES)) {
  Deno.test(
    { name: `A picture stands alone in Chromium, its text as text: ${name}${why}`, ignore },
    async () => {
      const svg = renderSvg(await make());
      await withFile("plan.svg", svg, (path) =>
        withPage(chromium!, async (page) => {
          for (const look of LOOKS) {
            const height = Number(/ height="(\d+)"/.exec(svg)?.[1]);
            await page.open(path, { width: 900, height, ...look });
            await keepScreenshot(page, `${name}-${look.vision ?? look.theme}`);
            // What the renderer reckons with is at least what the browser's font takes.
            const beyond = await page.evaluate(`[...document.querySelectorAll("text")]
            .filter((text) => text.getBoundingClientRect().right > 900).map((text) => text.textContent)`);
            assertEquals(beyond, []);
            const count = await page.evaluate(`document.querySelectorAll("text").length`);
            assertEquals(count, [...svg.matchAll(/<text/g)].length);
          }
          assertEquals(page.complaints, []);
        }));
    },
  );
}
