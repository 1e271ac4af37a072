import { gunzipSync, gzipSync } from "node:zlib";
import { ascii, concat, fixCrc } from "../../tests/helpers/firmware_files.ts";
import type { Random } from "../../tests/helpers/random.ts";

/** The file with a few changes; now and then with its checksums put right, so that what is behind them is reached. */
export function mutate(file: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.5)) {
    const inner = unpack(file);
    if (inner !== undefined) return new Uint8Array(gzipSync(mutate(inner, random)));
  }
  let mutated = file;
  for (let count = 1 + random.below(4); count > 0; count--) {
    mutated = random.pick(MUTATIONS)(mutated, random);
  }
  if (random.chance(0.5)) mutated = repairText(mutated);
  if (random.chance(0.3) && mutated.length >= 16) mutated = fixCrc(mutated);
  return mutated;
}

type Mutation = (file: Uint8Array, random: Random) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setNumber,
  insert,
  remove,
  repeat,
  cut,
  swap,
];

/** Limits and signs: what arithmetic goes wrong with. */
const NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

function flipBit(file: Uint8Array, random: Random): Uint8Array {
  const copy = file.slice();
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}

function setByte(file: Uint8Array, random: Random): Uint8Array {
  const copy = file.slice();
  const value = random.pick([0, 0x0A, 0x20, 0x30, 0x39, 0x3A, 0x46, 0x53, 0xFF, random.below(256)]);
  if (copy.length > 0) copy[random.below(copy.length)] = value;
  return copy;
}

function setNumber(file: Uint8Array, random: Random): Uint8Array {
  if (file.length < 4) return file;
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(
    random.below(Math.min(copy.length - 3, random.pick([64, 600, Infinity]))),
    random.pick(NUMBERS),
    true,
  );
  return copy;
}

function insert(file: Uint8Array, random: Random): Uint8Array {
  const at = random.below(file.length + 1);
  const added = random.pick([
    random.bytes(1 + random.below(20)),
    ascii(random.pick(["\n", "\r\n", ":", "S", ":00000001FF\n", "S9030000FC\n", "UFD\x10"])),
    new Uint8Array(random.below(600)).fill(random.below(256)),
  ]);
  return concat(file.subarray(0, at), added, file.subarray(at));
}

function remove(file: Uint8Array, random: Random): Uint8Array {
  const at = random.below(file.length + 1);
  return concat(file.subarray(0, at), file.subarray(at + random.below(40)));
}

function repeat(file: Uint8Array, random: Random): Uint8Array {
  const start = random.below(file.length + 1);
  const end = Math.min(file.length, start + random.pick([1, 16, 45, 512]));
  return concat(file.subarray(0, end), file.subarray(start));
}

function cut(file: Uint8Array, random: Random): Uint8Array {
  return file.slice(0, random.below(file.length + 1));
}

function swap(file: Uint8Array, random: Random): Uint8Array {
  const size = random.pick([1, 16, 512]);
  const [one, other] = [random.below(file.length + 1), random.below(file.length + 1)];
  const copy = file.slice();
  copy.set(file.subarray(other, Math.min(other + size, copy.length - one + other)), one);
  copy.set(file.subarray(one, Math.min(one + size, copy.length - other + one)), other);
  return copy;
}

/** Puts the checksums of text records right. */
function repairText(file: Uint8Array): Uint8Array {
  if (file[0] !== 0x3A && file[0] !== 0x53) return file;
  const text = String.fromCharCode(...file);
  return ascii(text.replaceAll(/^(:|S\d)((?:[0-9A-F]{2})+)([0-9A-F]{2})/gm, (_, mark, body) => {
    const bytes: string[] = body.match(/../g) ?? [];
    const sum = bytes.reduce((total, pair) => total + parseInt(pair, 16), 0);
    const check = (mark === ":" ? -sum : ~sum) & 0xFF;
    return mark + body + check.toString(16).toUpperCase().padStart(2, "0");
  }));
}

function unpack(file: Uint8Array): Uint8Array | undefined {
  if (file[0] !== 0x1F) return undefined;
  try {
    return new Uint8Array(gunzipSync(file));
  } catch {
    return undefined;
  }
}
