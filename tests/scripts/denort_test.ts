import { assertEquals, assertThrows } from "@std/assert";
import { cutRuntime } from "../../scripts/npm_only/denort.ts";

/** An ELF-64 file with `count` section headers at `offset`, and something behind them. */
function program(parts: { offset?: number; count?: number; magic?: string } = {}) {
  const { offset = 0x80, count = 2, magic = "d3n0l4nd" } = parts;
  const end = offset + 64 * count;
  const bytes = new Uint8Array(end + 32);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7F, 0x45, 0x4C, 0x46, 2, 1]);
  view.setBigUint64(0x28, BigInt(offset), true);
  view.setUint16(0x3A, 64, true);
  view.setUint16(0x3C, count, true);
  bytes.fill(0xAA, end - 4, end);
  bytes.set(new TextEncoder().encode(magic), end);
  return bytes;
}

Deno.test("cutRuntime() ends where the section headers end", () => {
  const bytes = program();
  const runtime = cutRuntime(bytes);
  assertEquals(runtime.length, 0x80 + 2 * 64);
  assertEquals(runtime, bytes.slice(0, 0x80 + 2 * 64));
});

Deno.test("cutRuntime() refuses a program with nothing of Deno's behind it, and other files", () => {
  assertThrows(() => cutRuntime(program({ magic: "something" })), Error, `"somethin" follows it`);
  assertThrows(() => cutRuntime(new Uint8Array(100)), Error, "not a 64-bit ELF file");
  assertThrows(() => cutRuntime(new Uint8Array(3)), Error, "not a 64-bit ELF file");
  const small = program();
  small[4] = 1;
  assertThrows(() => cutRuntime(small), Error, "not a 64-bit ELF file");
});
