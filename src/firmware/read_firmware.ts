import type { ByteSource } from "./byte_source.ts";
import { readDfuse } from "./dfuse.ts";
import type { FirmwareEvent } from "./firmware.ts";
import { readPlain } from "./plain.ts";

export interface ReadOptions {
  /** Where the bytes of a file without addresses belong. */
  readonly address?: number | undefined;
  /** Makes a wrong CRC a warning instead of an error. */
  readonly ignoreCrc?: boolean | undefined;
}

/**
 * Reads a firmware file of any known format; its content decides which, never its name.
 * @throws FirmwareError where the file is empty, damaged, or of a format without a reader; UsageError where
 * `address` contradicts the file.
 */
export async function* readFirmware(
  source: ByteSource,
  options: ReadOptions = {},
): AsyncGenerator<FirmwareEvent> {
  const head = await source.peek(HEAD_SIZE);
  if (head.length === 0) {
    throw source.error("it is empty, expected firmware", { offset: 0 });
  }
  const text = String.fromCharCode(...head);
  const format = FORMATS.find((format) => format.matches(text))!;
  if (format.read === undefined) {
    throw source.error(`it is ${format.title}, expected a DfuSe, DFU or raw binary file`, {
      offset: 0,
      hint: format.hint ?? "Convert it first, for example with objcopy -O binary.",
    });
  }
  yield* format.read(source, options);
}

interface Format {
  /** With its article. */
  readonly title: string;
  /** Whether a file is of this format; `head` are its first bytes, one character each. */
  readonly matches: (head: string) => boolean;
  readonly read?: (source: ByteSource, options: ReadOptions) => AsyncGenerator<FirmwareEvent>;
  /** What to do with a format that has no reader. */
  readonly hint?: string;
}

const UNPACK = "Unpack it first.";

/** The first one that matches is taken; a cut-off `DfuSe` is no raw binary, so its parts match too. */
const FORMATS: readonly Format[] = [
  { title: "a DfuSe file", matches: (head) => /^(DfuSe|DfuS?$|Df?$)/.test(head), read: readDfuse },
  { title: "Intel HEX", matches: (head) => /^\s*:[0-9A-Fa-f]{8}/.test(head) },
  { title: "a Motorola S-record file", matches: (head) => /^\s*S[0-9][0-9A-Fa-f]{6}/.test(head) },
  { title: "an ELF file", matches: (head) => head.startsWith("\x7FELF") },
  { title: "a UF2 file", matches: (head) => head.startsWith("UF2\nWQ]\x9E") },
  { title: "a gzip archive", matches: (head) => head.startsWith("\x1F\x8B\x08"), hint: UNPACK },
  { title: "a ZIP archive", matches: (head) => head.startsWith("PK\x03\x04"), hint: UNPACK },
  {
    title: "a web page",
    matches: (head) => /^\s*<(!DOCTYPE\s+html|html)/i.test(head),
    hint: "The download link led to a page about the file: download the file itself.",
  },
  { title: "a plain file", matches: () => true, read: readPlain },
];

/** Enough for every pattern, blanks in front included. */
const HEAD_SIZE = 64;
