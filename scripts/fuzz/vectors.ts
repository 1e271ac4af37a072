import { gzipSync } from "node:zlib";
import { buildDfu, buildDfuse } from "../../tests/helpers/firmware_files.ts";
import {
  buildElf,
  buildHex,
  buildSRecord,
  buildUf2,
} from "../../tests/helpers/firmware_formats.ts";
import type { Random } from "../../tests/helpers/random.ts";

/** A good file of a random format with random bytes. */
export function randomVector(random: Random): Uint8Array {
  const elements = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
    address: random.pick([0x08000000, 0xFFFE0000, 0]) + index * 0x100 + random.below(0x40),
    data: random.bytes(1 + random.below(random.pick([8, 80, 400]))),
  }));
  if (random.chance(0.2)) elements.reverse();
  const targets = [{ elements }, ...(random.chance(0.3) ? [{ alternate: 1, elements }] : [])];
  const build = random.pick<() => Uint8Array>([
    () => buildDfuse({ targets }),
    () => buildDfu(elements[0]!.data),
    () => elements[0]!.data,
    () => buildHex(elements, random.pick(["\n", "\r\n"])),
    () => buildSRecord(elements, random.pick(["\n", "\r\n"])),
    () => buildUf2(elements, random.chance(0.5) ? { family: 0x57755A57 } : {}),
    () => buildElf({ segments: elements, headersLast: random.chance(0.3) }),
    () =>
      buildElf({
        segments: elements.map((element, index) => ({ ...element, withHeaders: index === 0 })),
      }),
  ]);
  return random.chance(0.15) ? new Uint8Array(gzipSync(build())) : build();
}
