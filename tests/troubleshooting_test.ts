import { assert, assertEquals } from "@std/assert";
import { describeStatus } from "../src/dfu/protocol.ts";
import { errorMessagesIn } from "./helpers/error_messages.ts";

const root = new URL("../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/troubleshooting.md", root));
const sources = await readSources(new URL("src/", root));
const messages = [...new Set(sources.flatMap(errorMessagesIn))].sort();

/** What the entries of the page begin with. */
const entries = [...page.matchAll(/^- `([^`]+)`/gm)].map(([, text]) => text!.replace(/\s+/g, " "));

Deno.test("docs/troubleshooting.md has every error message", () => {
  assert(messages.length > 200, "the messages are no longer found where they are made");
  const missing = messages.filter((message) => !entries.some((entry) => isOf(entry, message)));
  assertEquals(missing, [], "Give each an entry, or one for its family: its first words");
});

Deno.test("docs/troubleshooting.md has no message that is no longer there", () => {
  const stale = entries.filter((entry) =>
    entry.startsWith("Cannot ")
      ? !messages.some((message) => isOf(entry, message))
      : !sources.some((source) => hasPieces(source, entry))
  );
  assertEquals(stale, []);
});

Deno.test("docs/troubleshooting.md has every entry once, and something to say to it", () => {
  assertEquals(entries.toSorted(), [...new Set(entries)].sort());
  assertEquals(page.match(/^- `[^`]+`\.?\n(?! )/gm) ?? [], []);
});

Deno.test("docs/troubleshooting.md explains every status of DFU", () => {
  for (let status = 1; status < 16; status++) {
    const { name } = describeStatus(status);
    assert(page.includes(`| \`${name}\``), name);
  }
});

/**
 * Whether an entry is about a message: it is the message, or the first words of a family of them, beyond the colon. Where a
 * message does not say itself what was tried, the entry does.
 */
function isOf(entry: string, message: string): boolean {
  if (entry === message) return true;
  if (message.startsWith("Cannot …")) return patternOf(message).test(entry);
  const isBegun = message.startsWith(entry) && /^\W/.test(message.slice(entry.length));
  return isBegun && /\w$/.test(entry) && entry.includes(":") === message.includes(":");
}

function patternOf(message: string): RegExp {
  const parts = message.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}`);
}

/** Whether a source has all fixed words of an entry. */
function hasPieces(source: string, entry: string): boolean {
  return entry.split("…").every((piece) => source.includes(piece.trim()));
}

async function readSources(folder: URL): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) texts.push(...await readSources(new URL(`${name}/`, folder)));
    else texts.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return texts;
}
