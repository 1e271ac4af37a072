import {
  buildDfu,
  buildDfuse,
  concat,
  countingBytes,
  type ElementParts,
} from "./firmware_files.ts";
import type { Random } from "./random.ts";

export interface RandomTarget {
  readonly alternate?: number;
  readonly name?: string;
  readonly elements: readonly ElementParts[];
}

/** A file, and what a reader must find in it. */
export interface RandomFirmware {
  readonly bytes: Uint8Array;
  readonly format: "dfuse" | "dfu" | "binary";
  readonly targets: readonly RandomTarget[];
  /** The option that a file without addresses needs. */
  readonly address?: number;
}

/** A file of any format; elements may be out of order, touch, and overlap with the same bytes. */
export function randomFirmware(random: Random): RandomFirmware {
  if (random.below(4) === 0) return randomPlain(random);
  const targets = Array.from({ length: 1 + random.below(3) }, () => randomTarget(random));
  const size = targets.flatMap((target) => target.elements)
    .reduce((sum, element) => sum + element.data.length, 0);
  if (size === 0) return randomFirmware(random);
  const bytes = buildDfuse({
    targets,
    ...(random.below(2) === 0 ? { imageSize: "with suffix" } : {}),
    suffix: { metadata: random.bytes(random.pick([0, 0, 5, 239])) },
  });
  return { bytes, format: "dfuse", targets };
}

function randomPlain(random: Random): RandomFirmware {
  const address = random.pick([0, 0x08000000, 0x90000000]);
  const data = concat(randomMemory(random, 1 + random.below(700)), [1]);
  const targets = [{ elements: [{ address, data }] }];
  if (random.below(2) === 0) return { bytes: data, format: "binary", targets, address };
  return { bytes: buildDfu(data), format: "dfu", targets, address };
}

function randomTarget(random: Random): RandomTarget {
  const memory = randomMemory(random, 1200);
  const base = random.pick([0x08000000, 0x7FFFFE00, 0xFFFFF000]);
  const elements: ElementParts[] = [];
  let start = 0;
  for (let count = random.below(6); count > 0; count--) {
    start += random.pick([0, 0, 1, 70]);
    const end = start + random.pick([0, 1, 3, 64, 150]);
    elements.push({ address: base + start, data: memory.slice(start, end) });
    start = end - (random.below(8) === 0 ? random.below(end - start + 1) : 0);
  }
  if (random.below(2) === 0) elements.sort(() => random.below(2) - 0.5);
  const alternate = random.below(256);
  return random.below(2) === 0
    ? { alternate, elements }
    : { alternate, name: random.pick(["ST...", "Internal Flash"]), elements };
}

function randomMemory(random: Random, size: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < size; length += parts.at(-1)!.length) {
    const stretch = random.pick([1, 30, 64, 65, 200]);
    parts.push(
      random.pick([
        new Uint8Array(stretch).fill(0xFF),
        random.bytes(stretch),
        countingBytes(stretch),
      ]),
    );
  }
  return concat(...parts).subarray(0, size);
}
