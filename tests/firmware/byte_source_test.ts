import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { ByteSource } from "../../src/firmware/byte_source.ts";
import {
  allChunkings,
  bitwiseCrc,
  concat,
  countingBytes,
  lend,
  randomChunks,
} from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

const BYTES = countingBytes(20, 1);

Deno.test("ByteSource peeks and takes the same bytes in every chunking", async () => {
  for (const chunks of allChunkings(BYTES)) {
    const source = new ByteSource(lend(chunks));
    assertEquals([...(await source.peek(3))], [1, 2, 3]);
    assertEquals([...(await source.take(2, "test"))], [1, 2]);
    assertEquals([...(await source.peek(6))], [3, 4, 5, 6, 7, 8]);
    assertEquals(source.offset, 2);
    assertEquals([...(await source.take(18, "test"))], [...BYTES.subarray(2)]);
    assertEquals((await source.peek(1)).length, 0);
    assertEquals(source.crc, bitwiseCrc(BYTES));
  }
});

Deno.test("ByteSource.take() says where the file ends", async () => {
  for (const chunks of allChunkings(BYTES)) {
    const source = new ByteSource(lend(chunks), { name: "a.dfu" });
    await source.take(15, "test");
    const error = await assertRejects(() => source.take(8, "the prefix"), FirmwareError);
    assertEquals(
      error.message,
      "Cannot read a.dfu: the file ends at offset 20 in the prefix, expected 3 more bytes",
    );
    assertEquals(error.facts, { offset: 20 });
  }
});

Deno.test("ByteSource.chunk() keeps to its limit and leaves bytes unread", async () => {
  for (const chunks of allChunkings(BYTES)) {
    for (const keep of [0, 1, 7, 19]) {
      const source = new ByteSource(lend(chunks));
      let read = new Uint8Array(0);
      for (;;) {
        const bytes = await source.chunk({ limit: 6, keep });
        if (bytes === undefined) break;
        assert(bytes.length > 0 && bytes.length <= 6);
        read = concat(read, bytes) as typeof read;
        assertEquals(source.crc, bitwiseCrc(read));
      }
      assertEquals(read, BYTES.slice(0, 20 - keep));
      assertEquals(await source.peek(99), BYTES.slice(20 - keep));
    }
  }
});

Deno.test("ByteSource.chunk() keeps all bytes of a file that is too short", async () => {
  const source = new ByteSource(lend([BYTES]));
  assertEquals(await source.chunk({ keep: 20 }), undefined);
  assertEquals((await source.peek(99)).length, 20);
});

Deno.test("ByteSource.chunk() does not copy a chunk", async () => {
  const chunk = countingBytes(100);
  async function* chunks() {
    await Promise.resolve();
    yield chunk;
  }
  const source = new ByteSource(chunks());
  await source.take(10, "test");
  assertStrictEquals((await source.chunk())!.buffer, chunk.buffer);
});

randomTest("ByteSource gives any mix of calls the bytes of the file in order", async (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 200; round++) {
    const bytes = random.bytes(random.below(300));
    const hashed: number[] = [];
    const hash = { update: (part: Uint8Array) => hashed.push(...part) };
    const source = new ByteSource(lend(randomChunks(bytes, { random, limit: 40 })), { hash });
    while (source.offset < bytes.length) {
      const offset = source.offset;
      const size = 1 + random.below(50);
      const wanted = bytes.slice(offset, offset + size);
      const peeked = await source.peek(size);
      assertEquals(peeked.slice(), wanted);
      const read = random.below(2) === 0
        ? await source.take(wanted.length, "test")
        : await source.chunk({ limit: size }) ?? new Uint8Array(0);
      assertEquals(read.slice(), bytes.slice(offset, offset + read.length));
      assertEquals(source.offset, offset + read.length);
    }
    assertEquals(Uint8Array.from(hashed), bytes);
    assertEquals(source.crc, bitwiseCrc(bytes));
  }
});

Deno.test("ByteSource has the right CRC of a file that is large enough for the fast one", async () => {
  const chunk = seededRandom(1).bytes(65_536);
  const chunks = Array.from({ length: 80 }, () => chunk);
  const source = new ByteSource(lend(chunks));
  while (await source.chunk() !== undefined);
  assertEquals(source.offset, 80 * 65_536);
  assertEquals(source.crc, bitwiseCrc(concat(...chunks)));
});

Deno.test("ByteSource.close() closes the file behind it", async () => {
  let closed = false;
  async function* chunks() {
    try {
      await Promise.resolve();
      yield BYTES;
      yield BYTES;
    } finally {
      closed = true;
    }
  }
  const source = new ByteSource(chunks());
  await source.peek(1);
  await source.close();
  assert(closed);
});
