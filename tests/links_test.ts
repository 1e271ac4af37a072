import { assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);

/** The headings of a page as GitHub names them in links: small letters, no punctuation, dashes for blanks. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return new Set(
    [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

async function findBrokenLinks(page: URL): Promise<string[]> {
  const text = await Deno.readTextFile(page);
  const broken: string[] = [];
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [path, anchor] = target!.split("#");
    try {
      const other = path === "" ? page : new URL(path!, page);
      const isThere = anchor === undefined
        ? (await Deno.stat(other)) !== undefined
        : anchorsOf(await Deno.readTextFile(other)).has(anchor);
      if (!isThere) broken.push(target!);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      broken.push(target!);
    }
  }
  return broken;
}

const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
for (const { name } of Deno.readDirSync(new URL("docs/", root))) {
  if (name.endsWith(".md")) pages.push(`docs/${name}`);
}

for (const page of pages.sort()) {
  Deno.test(`${page} has no broken link within the project`, async () => {
    assertEquals(await findBrokenLinks(new URL(page, root)), []);
  });
}
