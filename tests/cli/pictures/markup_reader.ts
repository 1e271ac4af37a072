/** Reads SVG as strictly as XML wants it, with no code of the renderers, and finds what a picture shows. */
import { assert, assertEquals } from "@std/assert";

export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

const TOKEN = /<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/gi;
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g;

/** All elements in the order of their start tags; fails where the document is not well-formed. */
export function readMarkup(document: string): Tag[] {
  const tags: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof tags = [];
  for (const [, slash, name = "", list = "", empty, text, stray] of document.matchAll(TOKEN)) {
    assertEquals(stray, undefined, "a < that starts no tag");
    if (text !== undefined) {
      if (open.at(-1)?.name !== "style") assert(!/&(?!amp;|lt;|gt;|quot;|#39;)|>/.test(text), text);
      const last = open.at(-1);
      if (last !== undefined) last.text += decode(text);
      else assertEquals(text.trim(), "");
    } else if (slash === "/") {
      assertEquals(open.pop()?.name, name);
    } else {
      const attributes: Record<string, string> = {};
      for (const [, key = "", value = ""] of list.matchAll(ATTRIBUTE)) {
        assert(!(key in attributes), `${key} twice`);
        attributes[key] = decode(value);
      }
      const tag = { name, attributes, text: "" };
      tags.push(tag);
      if (empty !== "/") open.push(tag);
    }
  }
  assertEquals(open.map((tag) => tag.name), []);
  return tags;
}

function decode(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

/** The lines of text in a picture. */
export function textsIn(document: string): string[] {
  return readMarkup(document).filter(({ name }) => name === "text").map(({ text }) => text);
}
