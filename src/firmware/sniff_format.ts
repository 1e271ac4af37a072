/** What the first bytes of a file tell of it. */
export interface Format {
  readonly id: "dfuse" | "hex" | "srec" | "elf" | "uf2" | "gzip" | "zip" | "web-page" | "plain";
  /** With its article. */
  readonly title: string;
  /** Every file of the format says where its bytes belong. */
  readonly hasAddresses?: boolean;
  /** What to do with a file that cannot be read. */
  readonly hint?: string;
}

/**
 * Tells the format of a file by its first bytes, `HEAD_SIZE` of them or all. One damaged byte, or a cut, does not turn it
 * into a raw binary: what nearly is the beginning of a format is left to its reader, which says what is wrong.
 */
export function sniffFormat(head: Uint8Array): Format {
  const found = FORMATS.find(({ matches }) => matches(head, 0)) ??
    FORMATS.find(({ matches }) => matches(head, 1));
  return found?.format ?? { id: "plain", title: "a plain file" };
}

/** Enough for every pattern, and for the first line of a text and the beginning of the second. */
export const HEAD_SIZE = 600;

interface Candidate {
  readonly format: Format;
  /** Whether a file begins so, but for a number of damaged bytes at most. */
  readonly matches: (head: Uint8Array, damaged: number) => boolean;
}

/** Which values a byte may have. The patterns of them are long enough that no other file nearly begins so. */
type Expected = (byte: number) => boolean;

const PACKED = "Unpack it first.";

/** The first one that matches is taken. */
const FORMATS: readonly Candidate[] = [
  {
    format: { id: "dfuse", title: "a DfuSe file", hasAddresses: true },
    matches: (head) => /^(DfuSe|DfuS?$|Df?$)/.test(textOf(head)),
  },
  {
    format: { id: "hex", title: "an Intel HEX file", hasAddresses: true },
    matches: (head, damaged) => beginsText(head, { mark: ":", pattern: HEX, damaged }),
  },
  {
    format: { id: "srec", title: "a Motorola S-record file", hasAddresses: true },
    matches: (head, damaged) => beginsText(head, { mark: "S", pattern: S_RECORD, damaged }),
  },
  {
    format: { id: "elf", title: "an ELF file", hasAddresses: true },
    matches: (head, damaged) => begins(head, { pattern: ELF, damaged }),
  },
  {
    format: { id: "uf2", title: "a UF2 file", hasAddresses: true },
    matches: (head, damaged) => begins(head, { pattern: UF2, damaged }),
  },
  {
    format: { id: "gzip", title: "a gzip archive", hint: PACKED },
    matches: (head, damaged) => begins(head, { pattern: GZIP, damaged }),
  },
  {
    format: { id: "zip", title: "a ZIP archive", hint: PACKED },
    matches: (head) => textOf(head).startsWith("PK\x03\x04"),
  },
  {
    format: {
      id: "web-page",
      title: "a web page",
      hint: "The download link led to a page about the file: download the file itself.",
    },
    matches: (head) => /^\s*<(!DOCTYPE\s+html|html)/i.test(textOf(head)),
  },
];

/** Whether a file begins as expected; one that is shorter must not be damaged. */
function begins(
  head: Uint8Array,
  expected: { readonly pattern: readonly Expected[]; readonly damaged: number },
): boolean {
  const { pattern, damaged } = expected;
  if (head.length === 0) return false;
  const wrong = pattern.filter((fits, index) => index < head.length && !fits(head[index]!));
  return wrong.length <= (head.length < pattern.length ? 0 : damaged);
}

/** A damaged mark alone could be any text of digits: the next line must have it. */
function beginsText(
  head: Uint8Array,
  expected: {
    readonly mark: string;
    readonly pattern: readonly Expected[];
    readonly damaged: number;
  },
): boolean {
  const text = withoutBlanks(head);
  if (!begins(text, expected)) return false;
  const { mark } = expected;
  return text[0] === mark.charCodeAt(0) || textOf(text).includes(`\n${mark}`);
}

function textOf(head: Uint8Array): string {
  return String.fromCharCode(...head);
}

/** Blanks, line ends and a byte order mark in front of a text are no part of it. */
function withoutBlanks(head: Uint8Array): Uint8Array {
  const text = textOf(head);
  return head.subarray(text.length - text.replace(/^(\xEF\xBB\xBF)?[ \t\r\n]*/, "").length);
}

function all(text: string): Expected[] {
  return Array.from(text, only);
}

function only(letter: string): Expected {
  return (byte) => byte === letter.charCodeAt(0);
}

function times(count: number, expected: Expected): Expected[] {
  return Array.from({ length: count }, () => expected);
}

function isDecimal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isDigit(byte: number): boolean {
  return /[0-9A-Fa-f]/.test(String.fromCharCode(byte));
}

function isElfChoice(byte: number): boolean {
  return byte === 1 || byte === 2;
}

const HEX: readonly Expected[] = [only(":"), ...times(8, isDigit)];
const S_RECORD: readonly Expected[] = [only("S"), isDecimal, ...times(6, isDigit)];
const ELF: readonly Expected[] = [...all("\x7FELF"), ...times(2, isElfChoice), only("\x01")];
const UF2: readonly Expected[] = all("UF2\nWQ\x5D\x9E");

/** The fixed fields of the header: two magic bytes, method, unused flags, speed and operating system (RFC 1952 §2.3). */
const GZIP: readonly Expected[] = [
  ...all("\x1F\x8B\x08"),
  (byte) => byte < 0x20,
  ...times(4, () => true),
  (byte) => byte === 0 || byte === 2 || byte === 4,
  (byte) => byte <= 13 || byte === 255,
];
