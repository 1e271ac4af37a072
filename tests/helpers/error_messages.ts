/** Stands for what a message fills in. */
const FILLED_IN = "…";

/**
 * The messages of all errors that a source text makes, as templates: `Cannot read …: it is empty`. They are found by where
 * the style puts them, so that nobody has to keep a list.
 */
export function errorMessagesIn(source: string): string[] {
  const found = PLACES.flatMap(({ pattern, before = "", after = "" }) =>
    [...source.matchAll(pattern)].map((match) => {
      const { text } = readText(source, match.index + match[0].length - 1);
      return (before + text + after).replace(/…+/g, FILLED_IN).trim();
    })
  );
  return [...new Set(found)].filter((text) => !isFilledIn(text));
}

const CLASSES = "(?:Usage|Firmware|Plan|Device|Transport|Verify|Interrupted)Error";

/** Each ends in the first quote of a text. */
const PLACES: readonly {
  readonly pattern: RegExp;
  readonly before?: string;
  readonly after?: string;
}[] = [
  // Wherever such a sentence stands, a person may meet it; a RangeError is a bug.
  { pattern: /(?<!RangeError\(\s*)["`](?=Cannot \S)/g },
  {
    pattern: new RegExp(`new ${CLASSES}\\(\\s*(?:"[a-z-]+",\\s*)?["\`](?!Cannot |[a-z-]+",)`, "g"),
  },
  // What is wrong with a file: see `ByteSource.error()`.
  { pattern: /(?:source|text|this)\.error\(\s*["`]/g, before: "Cannot read …: " },
  // What a device was asked to do: see `refused()` and `transportErrorOf()`.
  {
    pattern: /(?:\bdoing(?::| =)|\brefused\(|#attempt\()\s*["`]/g,
    before: "Cannot ",
    after: ": …",
  },
  // Why USB failed: see `transportErrorOf()`.
  { pattern: /kind: "[a-z-]+",\s*words:\s*["`]/g, before: "Cannot …: " },
];

/** Whether nothing of a message is fixed: the places that fill it in have the words. */
function isFilledIn(text: string): boolean {
  return /^(Cannot )?…: …/.test(text);
}

/** The text that begins with the quote at `start`, and what is added to it by `+`. */
function readText(source: string, start: number): { text: string; end: number } {
  const { text, end } = readLiteral(source, start);
  const plus = /^\s*\+\s*(?=["`])/.exec(source.slice(end))?.[0];
  if (plus === undefined) return { text, end };
  const more = readText(source, end + plus.length);
  return { text: text + more.text, end: more.end };
}

function readLiteral(source: string, start: number): { text: string; end: number } {
  const quote = source[start];
  let text = "";
  let at = start + 1;
  while (source[at] !== quote) {
    if (at >= source.length) throw new Error(`Cannot find the end of the text at ${start}`);
    if (source[at] === "\\") {
      text += source[at + 1];
      at += 2;
    } else if (quote === "`" && source.startsWith("${", at)) {
      text += FILLED_IN;
      at = endOfFilledIn(source, at + 2);
    } else text += source[at++];
  }
  return { text, end: at + 1 };
}

/** Behind the brace that ends what is filled in. */
function endOfFilledIn(source: string, start: number): number {
  let at = start;
  for (let depth = 1; depth > 0;) {
    const letter = source[at];
    if (letter === undefined) {
      throw new Error(`Cannot find the end of what is filled in at ${start}`);
    }
    if (letter === '"' || letter === "`") at = readLiteral(source, at).end;
    else {
      depth += letter === "{" ? 1 : letter === "}" ? -1 : 0;
      at++;
    }
  }
  return at;
}
