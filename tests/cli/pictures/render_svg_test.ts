import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { textWidth } from "../../../src/cli/pictures/canvas.ts";
import { LOOKS, TREATMENTS } from "../../../src/cli/pictures/palette.ts";
import { memoriesOf } from "../../../src/cli/pictures/picture.ts";
import { renderHtml } from "../../../src/cli/pictures/render_html.ts";
import { renderSvg } from "../../../src/cli/pictures/render_svg.ts";
import { readMarkup, type Tag, textsIn } from "./markup_reader.ts";
import { examplePicture, picture, SAMPLES } from "./sample_pictures.ts";

/** What a file, a device and a layout may call themselves. */
const HOSTILE =
  `</text></svg><script>alert("1")</script><img src=x onerror='x'>&amp;\u0000\u202E\uD800]]>`;

function hostilePicture() {
  const sample = picture([`@${HOSTILE}/0x08000000/4*1Kg`], {
    images: [{ segments: [[0x08000000, 100]] }],
  }, { file: HOSTILE, name: HOSTILE });
  const elements = sample.elements.map((element) => ({ ...element, name: HOSTILE }));
  return { ...sample, elements, warnings: [HOSTILE], facts: [[HOSTILE, HOSTILE]] as const };
}

Deno.test("renderSvg() draws the example with its pages, addresses, losses, totals and time", async () => {
  const texts = textsIn(renderSvg(await examplePicture()));
  for (
    const text of [
      "examples/example.dfu → STM32F405/407/415/417, 1 MiB",
      "Alternate 0: Internal Flash",
      "0x08003F00",
      "0x08000000..0x08004000, 16 KiB: written 12.1 KiB, padding 3 B, lost 3.9 KiB",
      "lost: erased, outside the image · 48.3 KiB",
      "Erase 2 pages (80 KiB), write 20.9 KiB in 13 blocks, verify 31.6 KiB, start at 0x08000000",
      "About 2.0 s: erase 1.6 s, write 374 ms, verify 42 ms",
    ]
  ) {
    assert(texts.includes(text), `${text} is not in ${texts.join("\n")}`);
  }
});

for (const [name, make] of Object.entries(SAMPLES)) {
  Deno.test(`renderSvg() fits into its frame, and no text covers another: ${name}`, async () => {
    const tags = readMarkup(renderSvg(await make()));
    const svg = tags[0]!;
    const [width, height] = [Number(svg.attributes["width"]), Number(svg.attributes["height"])];
    assertEquals(svg.attributes["viewBox"], `0 0 ${width} ${height}`);
    const boxes = tags.filter((tag) => tag.name === "text" && tag.attributes["x"] !== "30").map(
      boxOf,
    );
    for (const [index, box] of boxes.entries()) {
      assert(box.left >= 0 && box.right <= width + 1 && box.bottom <= height, box.text);
      for (const other of boxes.slice(0, index)) {
        const apart = box.right <= other.left || other.right <= box.left ||
          box.bottom <= other.top || other.bottom <= box.top;
        assert(apart, `"${box.text}" covers "${other.text}"`);
      }
    }
    for (const { attributes } of tags.filter((tag) => tag.name === "rect")) {
      const right = Number(attributes["x"] ?? 0) + Number(attributes["width"]);
      assert(right <= width && Number(attributes["width"]) > 0);
    }
  });

  Deno.test(`renderSvg() has each treatment of the plan in its legend: ${name}`, async () => {
    const sample = await make();
    const texts = textsIn(renderSvg(sample)).join("\n");
    for (const { spans } of memoriesOf(sample)) {
      for (const { treatment } of spans) {
        const { words, word } = LOOKS[treatment];
        assertStringIncludes(texts, `${words ?? word} · `);
      }
    }
  });
}

function boxOf({ attributes, text }: Tag) {
  const { x = "0", y = "0", class: look = "" } = attributes;
  const size = look.includes("small") ? "small" : look.includes("title") ? "title" : "normal";
  const width = textWidth(text, size);
  const anchor = attributes["text-anchor"];
  const left = Number(x) - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
  return { text, left, right: left + width, top: Number(y) - 8, bottom: Number(y) + 2 };
}

Deno.test("renderSvg() needs nothing but itself, has no scripts, and follows the reader's theme", async () => {
  const svg = renderSvg(await examplePicture(), { details: true });
  const names = new Set(readMarkup(svg).map((tag) => tag.name));
  for (const name of ["script", "image", "use", "foreignObject", "a", "animate", "link"]) {
    assert(!names.has(name), name);
  }
  assertEquals([...svg.matchAll(/https?:[^"]*/g)].map(([url]) => url), [
    "http://www.w3.org/2000/svg",
  ]);
  assertEquals(/@import|javascript:|\son\w+=/.test(svg), false);
  assertStringIncludes(svg, "prefers-color-scheme:dark");
});

Deno.test("renderSvg() and renderHtml() take no text for markup, and stay well-formed", () => {
  const sample = hostilePicture();
  for (const details of [false, true]) {
    const tags = readMarkup(renderSvg(sample, { details }));
    assertEquals(tags.some(({ name }) => name === "script" || name === "img"), false);
  }
  const html = renderHtml(sample);
  assertEquals(/<script|<img|(?![\n])\p{C}/u.test(html), false);
  assertStringIncludes(html, "&lt;script&gt;");
  // From the first tag of its own on, the page is as strict as XML, but for the tags that HTML leaves open.
  readMarkup(html.slice(html.indexOf("<body>")).replace(/<\/html>\s*$/, ""));
});

Deno.test("renderSvg() stays small however many pages and elements there are", () => {
  const segments = Array.from({ length: 20_000 }, (_, i) => [0x08000000 + i * 4096, 100] as const);
  const sample = picture(["@Flash/0x08000000/9999*4Kg,9999*4Kg,9999*4Kg"], {
    images: [{ segments }],
  });
  assert(renderSvg(sample).length < 1_000_000);
  assert(renderHtml(sample).length < 8_000_000);
});

Deno.test("renderSvg() shows one page of a very large part, and a piece smaller than a pixel", () => {
  const sample = picture(["@Flash/0x08000000/9999*4Kg"], {
    images: [{ segments: [[0x09000000, 4]] }],
  });
  const svg = renderSvg(sample);
  assertStringIncludes(svg, "url(#fill-blanked)");
  assertStringIncludes(svg, "0x09000000..0x09001000");
});

Deno.test("renderSvg() hooks an element where it begins and ends, not where a row does", () => {
  const sample = picture(["@Flash/0x08000000/256*1Kg"], {
    images: [{ segments: [[0x08000000 + 32 * 1024, 64 * 1024]] }],
  });
  const paths = readMarkup(renderSvg(sample))
    .filter(({ attributes }) => attributes["class"] === "element" && attributes["d"] !== undefined)
    .map(({ attributes }) => attributes["d"]!.replaceAll(/[\d.]+/g, "n"));
  // The middle of the first row to its end, then to the middle of the second; the last is the legend's.
  assertEquals(paths, ["Mn nVnHn", "Mn nHnVn", "Mn nVnHnVn"]);
});

Deno.test("The colours of a theme differ in hatch, and two of them in lightness where they have none", () => {
  const hatches = TREATMENTS.map((name) => LOOKS[name].hatch ?? `plain ${name}`);
  assertEquals(new Set(hatches).size, hatches.length);
  const plain = TREATMENTS.filter((name) => LOOKS[name].hatch === undefined);
  assertEquals(plain, ["written", "untouched"]);
  for (const theme of ["light", "dark"] as const) {
    const [one = 0, other = 0] = plain.map((name) => lightness(LOOKS[name][theme]));
    assert(contrast(one, other) >= 3, `${theme}: ${contrast(one, other)}`);
  }
});

/** Relative luminance and contrast (WCAG 2.2). */
function lightness(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

Deno.test("renderHtml() tells each page, each operation in order, and the file's facts", async () => {
  const sample = await examplePicture();
  const html = renderHtml(sample);
  const cells = readMarkup(html.slice(html.indexOf("<body>")).replace(/<\/html>\s*$/, ""))
    .filter(({ name }) => name === "td").map(({ text }) => text);
  assert(cells.includes("DfuSe"));
  const steps = cells.slice(cells.indexOf("select"));
  assertEquals(steps.filter((cell) => /^(erase|write|verify|start the program)$/.test(cell)), [
    ...["erase", "erase", "write", "write", "write", "verify", "verify", "verify"],
    "start the program",
  ]);
  const tips = textsIn(renderSvg(sample, { details: true }));
  assert(tips.includes("0x08010000..0x08020000, page 4"));
  assert(tips.includes("0x08003F00..0x08003F40: 64 B of the file"));
});
