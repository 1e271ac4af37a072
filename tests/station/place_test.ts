import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/errors.ts";
import { checkPlaces, encodeValue, parsePlace } from "../../src/station/place.ts";

const AT = 0x0800F000;

Deno.test("parsePlace() reads every form", () => {
  const common = { address: AT, shared: false, start: 0, step: 1 };
  assertEquals(parsePlace("serial=0x0800F000:ascii:16"), {
    ...common,
    name: "serial",
    type: "ascii",
    size: 16,
  });
  assertEquals(parsePlace("id=0x0800F000:u32").size, 4);
  assertEquals(parsePlace("key=0x0800F000:hex:32:shared").shared, true);
  const counter = parsePlace("n=0x0800F000:counter:1000:0x10");
  assertEquals([counter.start, counter.step, counter.size], [1000, 16, 4]);
  assertEquals(parsePlace("n=0x0800F000:counter:7").step, 1);
  assertEquals(parsePlace("a b.c=134279168:u32").name, "a b.c");
});

Deno.test("parsePlace() refuses what cannot be", () => {
  const wrong = [
    "0x0800F000:u32",
    "=0x0800F000:u32",
    "s=:u32",
    "s=0x08:float",
    "s=0x0800F000",
    "s=0x0800F000:ascii",
    "s=0x0800F000:ascii:0",
    "s=0x0800F000:ascii:5000",
    "s=0x0800F000:u32:4",
    "n=0x0800F000:counter",
    "n=0x0800F000:counter:1:0",
    "n=0x0800F000:counter:1:2:3",
    "n=0x0800F000:counter:1:shared",
    "s=0xFFFFFFFE:u32",
    "s=0x100000000:u32",
  ];
  for (const text of wrong) assertThrows(() => parsePlace(text), UsageError, text);
});

Deno.test("checkPlaces() refuses places that overlap, and a name given twice", () => {
  const places = (...texts: string[]) => texts.map(parsePlace);
  checkPlaces(places("a=0x100:u32", "b=0x104:u32"));
  assertThrows(() => checkPlaces(places("b=0x103:u32", "a=0x100:u32")), UsageError, "overlap");
  assertThrows(() => checkPlaces(places("a=0x100:u32", "a=0x200:u32")), UsageError, "twice");
});

Deno.test("encodeValue() makes the bytes of each type", () => {
  const encode = (spec: string, value: string) => encodeValue(parsePlace(`v=0x100:${spec}`), value);
  assertEquals(encode("ascii:4", "AB"), Uint8Array.of(0x41, 0x42, 0, 0));
  assertEquals(encode("ascii:2", "AB"), Uint8Array.of(0x41, 0x42));
  assertEquals(encode("u32", "0x80000001"), Uint8Array.of(1, 0, 0, 0x80));
  assertEquals(encode("u32", "4294967295"), Uint8Array.of(255, 255, 255, 255));
  assertEquals(encode("hex:3", "0a:0B-0c"), Uint8Array.of(10, 11, 12));
});

Deno.test("encodeValue() tells what is wrong with a value", () => {
  const encode = (spec: string, value: string) => encodeValue(parsePlace(`v=0x100:${spec}`), value);
  assertEquals(encode("ascii:2", "ABC"), '"ABC" is longer than 2 characters');
  assertEquals(encode("ascii:9", "é"), '"é" has characters that are not ASCII');
  assertEquals(encode("ascii:9", ""), "is empty");
  assertEquals(encode("u32", "4294967296"), '"4294967296" is no number below 2^32');
  assertEquals(encode("u32", "-1"), '"-1" is no number below 2^32');
  assertEquals(encode("hex:2", "0102 03"), '"0102 03" is 3 bytes, expected 2');
  assertEquals(encode("hex:1", "0"), '"0" is not bytes in hexadecimal');
});
