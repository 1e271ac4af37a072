import { assertEquals } from "@std/assert";
import { crc32, dfuCrc, loadFastCrc32 } from "../../src/firmware/crc.ts";
import { ascii, bitwiseCrc } from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

Deno.test("crc32() gives the check value of CRC-32", () => {
  assertEquals(crc32(ascii("123456789")), 0xCBF43926);
});

randomTest("loadFastCrc32() gives the same function", async (seed) => {
  const fastCrc32 = await loadFastCrc32();
  const random = seededRandom(seed);
  for (let round = 0; round < 50; round++) {
    const bytes = random.bytes(random.below(200));
    const cut = random.below(bytes.length + 1);
    const [start, end] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    const whole = crc32(bytes);
    assertEquals(crc32(end, crc32(start)), whole);
    assertEquals(fastCrc32(end, crc32(start)), whole);
    assertEquals(crc32(end, fastCrc32(start, 0)), whole);
  }
});

Deno.test("dfuCrc() gives the CRC as DFU 1.1 defines it", () => {
  const bytes = ascii("firmware");
  assertEquals(dfuCrc(crc32(bytes)), bitwiseCrc(bytes));
});
