import { assert, assertEquals, assertThrows } from "@std/assert";
import { Comparison, type DoneBefore } from "../../src/dfu/compare.ts";
import { VerifyError } from "../../src/errors.ts";

const PAGE = 0x800;

/** Compares pages of expected and found bytes, and gives the error. */
function compare(
  pages: readonly (readonly [expected: number[], found: number[]])[],
  { doneBefore = "write" as DoneBefore, erasedByte = 0xFF } = {},
): VerifyError {
  const comparison = new Comparison({ doneBefore, erasedByte });
  pages.forEach(([expected, found], index) => {
    const address = 0x08000000 + index * PAGE;
    comparison.add({
      address: address + 4,
      expected: Uint8Array.from(expected),
      found: Uint8Array.from(found),
      pageAddress: address,
    });
  });
  return assertThrows(() => comparison.check(), VerifyError);
}

const good: readonly [number[], number[]] = [[1, 2, 3, 4], [1, 2, 3, 4]];

Deno.test("Comparison is content with what is equal", () => {
  const comparison = new Comparison({ doneBefore: "write", erasedByte: 0xFF });
  comparison.check();
  comparison.add({
    address: 0,
    expected: Uint8Array.of(1),
    found: Uint8Array.of(1),
    pageAddress: 0,
  });
  comparison.check();
});

Deno.test("Comparison names the first byte that differs, and counts all", () => {
  const error = compare([good, [[1, 2, 3, 4], [1, 9, 3, 8]]]);
  assertEquals(error.facts, {
    address: 0x08000805,
    expected: 2,
    found: 9,
    differentBytes: 2,
    differentPages: ["0x08000800"],
  });
  assertEquals(
    error.message,
    "The device differs from the file: 0x08000805 holds 0x09, expected 0x02; " +
      "2 of 8 bytes differ, in 1 page of 2",
  );
});

Deno.test("Comparison looks at every byte, the first and the last as well", () => {
  for (let index = 0; index < 4; index++) {
    const found = [1, 2, 3, 4];
    found[index]! ^= 0x80;
    assertEquals(compare([[[1, 2, 3, 4], found]]).facts["address"], 0x08000004 + index);
  }
});

Deno.test("Comparison tells the likely cause by the pattern", () => {
  const blank: [number[], number[]] = [[1, 2, 3, 4], [255, 255, 255, 255]];
  const old: [number[], number[]] = [[1, 2, 3, 4], [9, 9, 9, 9]];
  const bit: [number[], number[]] = [[1, 2, 3, 4], [1, 2, 3, 5]];
  const hints: [string, VerifyError][] = [
    ["takes no writes", compare([blank, blank])],
    ["None of it was written", compare([old, blank])],
    ["Whole pages were not written (0x08000800)", compare([good, old])],
    ["Whole pages were not written (0x08000000)", compare([blank, good])],
    ["Single bytes differ", compare([bit, good])],
    ["Single bytes differ", compare([bit, old])],
    ["takes no writes", compare([[[1, 2], [0, 0]]], { erasedByte: 0 })],
    ["All of it reads as blank", compare([blank], { doneBefore: "nothing" })],
    ["holds something else", compare([old], { doneBefore: "nothing" })],
    ["write-protected", compare([[[255], [3]]], { doneBefore: "erase" })],
    ["as --erase none says", compare([old, blank], { doneBefore: "write-over" })],
  ];
  for (const [text, { hint }] of hints) assert(hint?.includes(text), `${text}: ${hint}`);
});

Deno.test("Comparison calls a page that is still not blank an erase that failed", () => {
  const { message } = compare([[[255], [3]]], { doneBefore: "erase" });
  assert(message.startsWith("Cannot erase everything: 0x08000004 holds 0x03"), message);
});
