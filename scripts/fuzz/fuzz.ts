import { FirmwareError, PlanError, UsageError } from "../../src/errors.ts";
import { collectInput } from "../../src/firmware/collect.ts";
import type { Firmware } from "../../src/firmware/firmware.ts";
import { imageSize } from "../../src/firmware/image.ts";
import { StreamedFile } from "../../src/firmware/input_file.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import type { ReadOptions } from "../../src/firmware/read_firmware.ts";
import { summarizeInput } from "../../src/firmware/summarize.ts";
import { randomChunks } from "../../tests/helpers/firmware_files.ts";
import { type Random, seededRandom } from "../../tests/helpers/random.ts";
import { mutate } from "./mutate.ts";
import { randomVector } from "./vectors.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** Whether another input shall be tried, after so many. */
  readonly goOn: (count: number) => boolean;
  /** What is tried; another one to try the fuzzer itself. */
  readonly collect?: typeof collectInput;
}

export interface FuzzReport {
  readonly count: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Growth of the process, in bytes. */
  readonly grown: number;
}

/**
 * Reads good files that were changed a little. Every one must be refused with a `FirmwareError` that tells where, or
 * (overlaps) a `PlanError`, or be read in the same way with and without its bytes, in time, and within the memory that
 * the limits below state.
 * @throws Error with the input of the first that is not.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, goOn, collect = collectInput } = options;
  const random = seededRandom(seed);
  const baseSize = Deno.memoryUsage().rss;
  let [count, accepted, slowestMs, grown] = [0, 0, 0, 0];
  for (; goOn(count); count++) {
    const file = mutate(randomVector(random), random);
    const start = performance.now();
    try {
      if (await tryFile(file, { random, collect })) accepted++;
    } catch (cause) {
      throw new Error(`Input ${count} of seed ${seed}: ${cause}\n${toBase64(file)}`, { cause });
    }
    const ms = performance.now() - start;
    slowestMs = Math.max(slowestMs, ms);
    grown = Math.max(grown, Deno.memoryUsage().rss - baseSize);
    if (ms > MAX_MS || grown > MAX_GROWN) {
      const found = `${ms.toFixed(0)} ms, ${grown} bytes of growth`;
      throw new Error(`Input ${count} of seed ${seed}: ${found}\n${toBase64(file)}`);
    }
  }
  return { count, accepted, refused: count - accepted, slowestMs, grown };
}

/** Inputs have some KiB: this is a thousand times what one takes, and little enough to notice a bad loop. */
const MAX_MS = 5000;

/** Of the whole process, whatever the number of inputs. */
const MAX_GROWN = 512 * 1024 * 1024;

/** Deflate makes at most 1032 bytes of one (zlib, technical details). */
const MAX_RATIO = 1032;

/** Whether the file was read; false where it was refused as it should be. */
async function tryFile(
  file: Uint8Array,
  { random, collect }: { readonly random: Random; readonly collect: typeof collectInput },
): Promise<boolean> {
  const stream = () => {
    const chunks = randomChunks(file, { random, limit: random.pick([3, 100, 5000]) });
    return new StreamedFile(streamOf(chunks), { name: "input" });
  };
  const options: ReadOptions = { ignoreCrc: random.chance(0.2) };
  const [collected, summarized] = [
    await outcomeOf(() => collectWithAddress(stream, { options, collect })),
    await outcomeOf(() => summarizeInput(stream(), options)),
  ];
  if (collected === undefined || summarized === undefined) {
    if (collected !== summarized) throw new Error("read with its bytes, or without, but not both");
    return false;
  }
  checkSize(file, collected);
  const outlines = collected.images.map(({ image }) => outlineImage(image));
  const expected = summarized.images.map(({ outline, elements }) =>
    elements.some(({ address }) => address === undefined) ? undefined : outline
  );
  if (expected.includes(undefined)) return true;
  if (JSON.stringify(outlines) !== JSON.stringify(expected)) throw new Error("outlines differ");
  return true;
}

/** A file without addresses is put at 0. */
async function collectWithAddress(
  stream: () => StreamedFile,
  how: { readonly options: ReadOptions; readonly collect: typeof collectInput },
): Promise<Firmware> {
  const { options, collect } = how;
  try {
    return await collect(stream(), options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return await collect(stream(), { ...options, address: 0 });
  }
}

/** What it gives; undefined where it refuses the file as it should. */
async function outcomeOf<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    const offset = error instanceof FirmwareError ? error.facts.offset : undefined;
    if (typeof offset === "number" && offset >= 0) return undefined;
    throw error;
  }
}

/** No format but gzip makes more of a file than it has. */
function checkSize(file: Uint8Array, firmware: Firmware): void {
  const { images, unpackedSize = file.length } = firmware;
  const size = images.reduce((sum, { image }) => sum + imageSize(image), 0);
  if (size > unpackedSize || unpackedSize > file.length * MAX_RATIO) {
    throw new Error(
      `${size} bytes of firmware, ${unpackedSize} unpacked, ${file.length} in the file`,
    );
  }
}

async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
