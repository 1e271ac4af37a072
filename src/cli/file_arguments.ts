import { UsageError } from "../errors.ts";
import type { FileToRead } from "../firmware/merge_files.ts";
import { parseAddress } from "./value_types.ts";

/** The firmware files of a command line: one firmware. */
export interface FileArguments {
  readonly files: readonly [FileToRead, ...FileToRead[]];
  /** The words as they were given, for people. */
  readonly title: string;
}

/**
 * Takes the words of a command line as files. `app.bin@0x08008000` says where a file without addresses belongs; a file
 * that exists under the whole word is that file, and a word without an address behind its last `@` is a name.
 * @throws {UsageError} where `--address` is to mean one of several.
 */
export function readFileArguments(
  words: readonly [string, ...string[]],
  options: { readonly address?: number | undefined } = {},
): FileArguments {
  const { address } = options;
  if (address !== undefined && words.length > 1) {
    throw new UsageError("Cannot put several files at one address, expected --address with one", {
      hint: "Write the address behind the name: app.bin@0x08008000",
    });
  }
  const [first, ...more] = words;
  return {
    files: [fileOf(first, address), ...more.map((word) => fileOf(word))],
    title: words.join(" + "),
  };
}

function fileOf(word: string, address?: number): FileToRead {
  const file = splitAddress(word);
  if (address === undefined) return file;
  if (file.address === undefined) return { ...file, address };
  throw new UsageError(`Cannot put ${word} at two addresses: it has one, and --address another`);
}

function splitAddress(word: string): FileToRead {
  const at = word.lastIndexOf("@");
  const address = at > 0 ? parseAddress(word.slice(at + 1)) : undefined;
  if (address === undefined || exists(word)) return { path: word };
  return { path: word.slice(0, at), address };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
