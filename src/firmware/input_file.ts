import { FirmwareError, messageOf } from "../errors.ts";
import { formatSize } from "../format.ts";
import { GrowingBytes } from "./growing_bytes.ts";

/** A firmware file that has been opened. */
export interface InputFile {
  /** How messages call it. */
  readonly name: string;
  /** All its bytes, once. A chunk is valid only until the next one is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
  /**
   * Fills `into` with bytes that `chunks` gave before, from `offset` on.
   * @throws FirmwareError where they can no longer be had.
   */
  readAgain(offset: number, into: Uint8Array): void;
  /**
   * All its bytes a second time, after the end of `chunks`.
   * @throws FirmwareError where they can no longer be had.
   */
  chunksAgain(): AsyncIterable<Uint8Array>;
  close(): void;
}

/** A file whose bytes are in memory already; without them it is read from where it is. */
export interface Loaded {
  readonly bytes?: Uint8Array | undefined;
}

/**
 * Opens a firmware file; `-` is standard input.
 * @throws FirmwareError where it cannot be opened; facts: `path`.
 */
export function openInputFile(path: string, { bytes }: Loaded = {}): InputFile {
  if (bytes !== undefined) return new LoadedFile(path === "-" ? STANDARD_INPUT : path, bytes);
  if (path === "-") return openStandardInput();
  const file = openPath(path);
  try {
    const { isFile, isDirectory } = file.statSync();
    if (isDirectory) throw directoryError(path);
    if (isFile) return new SeekableFile(path, file);
    return new StreamedFile(readAll(file, path), { name: path, close: () => file.close() });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What has been read already. */
class LoadedFile implements InputFile {
  readonly name: string;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.#bytes = bytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    yield await this.#bytes;
  }

  chunksAgain(): AsyncGenerator<Uint8Array> {
    return this.chunks();
  }

  readAgain(offset: number, into: Uint8Array): void {
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  close(): void {}
}

/** An input that can be read once, such as a pipe. It remembers its first 16 MiB, to read them again. */
export class StreamedFile implements InputFile {
  readonly name: string;
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #close: () => void;
  #remembered: GrowingBytes | undefined = new GrowingBytes();

  constructor(
    chunks: AsyncIterable<Uint8Array>,
    options: { readonly name: string; readonly close?: () => void },
  ) {
    this.name = options.name;
    this.#chunks = chunks;
    this.#close = options.close ?? (() => {});
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks) {
      this.#remember(chunk);
      yield chunk;
    }
  }

  readAgain(offset: number, into: Uint8Array): void {
    into.set(this.#memory(offset).subarray(offset, offset + into.length));
  }

  async *chunksAgain(): AsyncGenerator<Uint8Array> {
    yield await this.#memory(0);
  }

  close(): void {
    this.#close();
  }

  #memory(offset: number): Uint8Array {
    if (this.#remembered !== undefined) return this.#remembered.view();
    throw new FirmwareError(
      `Cannot read ${this.name}: its elements are not in order of address, and it is a stream ` +
        `of more than ${formatSize(MAX_REMEMBERED_SIZE)}, expected a file that can be read twice`,
      { hint: "Save it to a file, and give the path of that.", facts: { offset } },
    );
  }

  #remember(chunk: Uint8Array): void {
    const size = (this.#remembered?.view().length ?? 0) + chunk.length;
    if (size > MAX_REMEMBERED_SIZE) this.#remembered = undefined;
    this.#remembered?.add(chunk);
  }
}

/** Enough for the firmware of any microcontroller with flash of its own, and little beside the memory of dfuse. */
const MAX_REMEMBERED_SIZE = 16 * 1024 * 1024;

/** Read at once. Larger ones are not faster, and this one stays in the processor's cache. */
const BUFFER_SIZE = 256 * 1024;

class SeekableFile implements InputFile {
  readonly name: string;
  readonly #file: Deno.FsFile;

  constructor(path: string, file: Deno.FsFile) {
    this.name = path;
    this.#file = file;
  }

  /** Synchronous reads into one buffer: eight times as fast as `file.readable`, and a disk answers soon. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(BUFFER_SIZE);
    for (;;) {
      const size = this.#read(buffer);
      if (size === 0) return;
      yield buffer.subarray(0, size);
    }
  }

  chunksAgain(): AsyncGenerator<Uint8Array> {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    return this.chunks();
  }

  readAgain(offset: number, into: Uint8Array): void {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < into.length;) {
      const size = this.#read(into.subarray(done));
      if (size === 0) {
        throw new FirmwareError(
          `Cannot read ${this.name}: it has become shorter while it was read, expected no change`,
          { hint: "Try again when nothing writes to the file.", facts: { offset: offset + done } },
        );
      }
      done += size;
    }
  }

  close(): void {
    this.#file.close();
  }

  #read(into: Uint8Array): number {
    try {
      return this.#file.readSync(into) ?? 0;
    } catch (error) {
      throw readError(this.name, error);
    }
  }
}

const STANDARD_INPUT = "standard input";

function openStandardInput(): InputFile {
  const name = STANDARD_INPUT;
  if (Deno.stdin.isTerminal()) {
    throw new FirmwareError(`Cannot read ${name}: it is a terminal, expected a pipe or a file`, {
      hint: "Give the path of a file instead of -, or send one: dfuse info - < firmware.dfu",
      facts: { path: "-" },
    });
  }
  return new StreamedFile(readAll(Deno.stdin, name), { name });
}

/** Reads what may have to be waited for; signals are heard meanwhile. */
async function* readAll(
  reader: { read(into: Uint8Array): Promise<number | null> },
  name: string,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  for (;;) {
    let size: number | null;
    try {
      size = await reader.read(buffer);
    } catch (error) {
      throw readError(name, error);
    }
    if (size === null) return;
    yield buffer.subarray(0, size);
  }
}

function openPath(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw explainOpen(path, error);
  }
}

function explainOpen(path: string, error: unknown): FirmwareError {
  const fail = (reason: string, hint: string) =>
    new FirmwareError(`Cannot open ${path}: ${reason}`, { hint, facts: { path }, cause: error });
  if (error instanceof Deno.errors.NotFound) {
    return fail("there is no such file", "Check the path.");
  }
  if (error instanceof Deno.errors.NotCapable) {
    // Deno lets programs with few rights open no devices.
    return fail("it is a special file", "Give an ordinary file, or - for standard input.");
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return fail("permission denied", "Check who may read it, and that it is a file.");
  }
  return fail(messageOf(error), "Check the path.");
}

function directoryError(path: string): FirmwareError {
  return new FirmwareError(`Cannot read ${path}: it is a directory, expected a file`, {
    hint: "Give the path of a firmware file in it.",
    facts: { path },
  });
}

function readError(name: string, error: unknown): FirmwareError {
  return new FirmwareError(`Cannot read ${name}: ${messageOf(error)}`, { cause: error });
}
