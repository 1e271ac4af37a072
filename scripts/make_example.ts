/**
 * Writes examples/example.dfu, the file that README and tests use: a made-up program for an STM32F4 with its settings in
 * the first page, which two elements share, and a second part in another page that ends in blank bytes.
 */
import { buildDfuse } from "../tests/helpers/firmware_files.ts";
import { seededRandom } from "../tests/helpers/random.ts";

/** The bytes of examples/example.dfu: always the same. */
export function makeExample(): Uint8Array {
  const random = seededRandom(405);
  const program = random.bytes(12_345);
  const vectors = new DataView(program.buffer);
  vectors.setUint32(0, 0x20020000, true); // initial stack pointer: the end of SRAM
  vectors.setUint32(4, 0x08000009, true); // reset vector: the next instruction, in Thumb state
  vectors.setUint16(8, 0xE7FE, true); // b .
  const tail = new Uint8Array(20_000).fill(0xFF);
  tail.set(random.bytes(9_000));
  return buildDfuse({
    targets: [{
      alternate: 0,
      name: "Internal Flash",
      elements: [
        { address: 0x08000000, data: program },
        { address: 0x08003F00, data: random.bytes(64) },
        { address: 0x08010000, data: tail },
      ],
    }],
    suffix: { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0xFFFF },
  });
}

if (import.meta.main) {
  await Deno.writeFile(new URL("../examples/example.dfu", import.meta.url), makeExample());
}
