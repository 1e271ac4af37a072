import { FirmwareError, messageOf, UsageError, writeReasonOf } from "../errors.ts";
import { crc32 } from "../firmware/crc.ts";
import type { Part } from "./part.ts";

/**
 * Keeps the memory of a simulated part between runs.
 *
 * | part    | content                                                                       |
 * | ------- | ----------------------------------------------------------------------------- |
 * | line 1  | `dfuse simulator image 1`                                                     |
 * | line 2  | JSON: `chip`, `areas` as a list of `{ alternate, address, size }`, and `crc32` |
 * | rest    | the bytes of all areas, in that order                                         |
 *
 * The CRC is over the bytes of the areas. Lines end with a line feed.
 */
export function saveImageFile(part: Part, path: string): void {
  const body = bodyOf(part);
  const header = { chip: part.chip.id, areas: areasOf(part), crc32: crc32(body) };
  const head = new TextEncoder().encode(`${MAGIC}\n${JSON.stringify(header)}\n`);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  const temporary = `${path}.${Deno.pid}.tmp`;
  try {
    Deno.writeFileSync(temporary, whole);
    // A rename replaces the old image at once: whoever reads it finds the old or the new one whole.
    Deno.renameSync(temporary, path);
  } catch (cause) {
    removeQuietly(temporary);
    throw new UsageError(`Cannot save simulator image ${path}: ${writeReasonOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Sets the memory of a part from an image file. A file that does not exist yet changes nothing.
 *
 * @throws {FirmwareError} if the file is damaged or cannot be read.
 * @throws {UsageError} if it is the image of another part.
 */
export function loadImageFile(part: Part, path: string): void {
  const bytes = readIfThere(path);
  if (bytes === undefined) return;
  const fail = (found: string, wanted: string) =>
    new FirmwareError(`Cannot read simulator image ${path}: ${found}, expected ${wanted}`, {
      hint: "Name another file, or delete this one to start with a new part.",
    });
  const { header, body } = split(bytes, fail);
  checkPart(part, { header, path });
  const size = part.memory.areas.reduce((sum, area) => sum + area.bytes.length, 0);
  if (body.length !== size) throw fail(`${body.length} bytes of memory`, `${size}`);
  if (crc32(body) !== header.crc32) throw fail("its CRC is wrong", "the one in its header");
  let offset = 0;
  for (const area of part.memory.areas) {
    area.bytes.set(body.subarray(offset, offset + area.bytes.length));
    offset += area.bytes.length;
  }
}

const MAGIC = "dfuse simulator image 1";
const LINE_FEED = 10;

interface Header {
  readonly chip: unknown;
  readonly areas: unknown;
  readonly crc32: unknown;
}

type Fail = (found: string, wanted: string) => FirmwareError;

function split(bytes: Uint8Array, fail: Fail): { header: Header; body: Uint8Array } {
  const first = bytes.indexOf(LINE_FEED);
  const magic = new TextDecoder().decode(bytes.subarray(0, Math.max(0, first)));
  if (magic !== MAGIC) throw fail("it begins otherwise", `the line "${MAGIC}"`);
  const second = bytes.indexOf(LINE_FEED, first + 1);
  const text = new TextDecoder().decode(bytes.subarray(first + 1, Math.max(first + 1, second)));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw fail("its second line is no JSON", "a header");
  }
  if (typeof header !== "object" || header === null) throw fail("its header is no object", "one");
  const { chip, areas, crc32 } = header as Partial<Header>;
  return { header: { chip, areas, crc32 }, body: bytes.subarray(second + 1) };
}

function checkPart(part: Part, { header, path }: { header: Header; path: string }): void {
  const sameAreas = JSON.stringify(header.areas) === JSON.stringify(areasOf(part));
  if (header.chip === part.chip.id && sameAreas) return;
  const found = header.chip === part.chip.id ? "another memory layout" : `chip ${header.chip}`;
  throw new UsageError(
    `Cannot use simulator image ${path}: it holds ${found}, expected ${part.chip.id}`,
    { hint: "Give every simulated part an image file of its own." },
  );
}

function areasOf(part: Part) {
  return part.memory.areas.map(({ alternate, address, bytes }) => ({
    alternate,
    address,
    size: bytes.length,
  }));
}

function bodyOf(part: Part): Uint8Array {
  const size = part.memory.areas.reduce((sum, area) => sum + area.bytes.length, 0);
  const body = new Uint8Array(size);
  let offset = 0;
  for (const area of part.memory.areas) {
    body.set(area.bytes, offset);
    offset += area.bytes.length;
  }
  return body;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new FirmwareError(`Cannot read simulator image ${path}: ${messageOf(cause)}`, { cause });
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never written; the first error is the one to tell.
  }
}
