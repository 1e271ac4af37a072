import { assertEquals } from "@std/assert";
import {
  clipExtents,
  ExtentCursor,
  gapsIn,
  joinExtents,
  overlaps,
  subtractExtents,
} from "../../src/plan/extents.ts";

Deno.test("clipExtents() keeps the parts within a window", () => {
  const extents = [extent(0, 10), extent(20, 10), extent(40, 10)];
  assertEquals(clipExtents(extents, extent(5, 20)), [extent(5, 5), extent(20, 5)]);
  assertEquals(clipExtents(extents, extent(10, 10)), []);
  assertEquals(clipExtents(extents, extent(0, 100)), extents);
});

Deno.test("gapsIn() finds what is between, before and behind extents", () => {
  const extents = [extent(10, 10), extent(30, 10)];
  assertEquals(gapsIn(extents, extent(0, 50)), [extent(0, 10), extent(20, 10), extent(40, 10)]);
  assertEquals(gapsIn(extents, extent(10, 30)), [extent(20, 10)]);
  assertEquals(gapsIn(extents, extent(12, 5)), []);
  assertEquals(gapsIn([], extent(12, 5)), [extent(12, 5)]);
});

Deno.test("subtractExtents() cuts holes, also one hole into two extents", () => {
  const extents = [extent(0, 10), extent(12, 10), extent(30, 5)];
  const holes = [extent(2, 3), extent(8, 6), extent(30, 5)];
  assertEquals(subtractExtents(extents, holes), [extent(0, 2), extent(5, 3), extent(14, 8)]);
});

Deno.test("joinExtents() makes one of those that touch or overlap", () => {
  const extents = [extent(0, 10), extent(10, 5), extent(12, 2), extent(13, 4), extent(18, 1)];
  assertEquals(joinExtents(extents), [extent(0, 17), extent(18, 1)]);
});

Deno.test("overlaps() takes ends as exclusive", () => {
  assertEquals(overlaps(extent(0, 10), extent(10, 5)), false);
  assertEquals(overlaps(extent(10, 5), extent(0, 10)), false);
  assertEquals(overlaps(extent(0, 11), extent(10, 5)), true);
});

Deno.test("ExtentCursor moves up over extents", () => {
  const cursor = new ExtentCursor([extent(10, 10), extent(30, 100), extent(200, 1)]);
  assertEquals(cursor.next(0), 10);
  assertEquals(cursor.within(extent(0, 15)), [extent(10, 5)]);
  assertEquals(cursor.within(extent(15, 20)), [extent(15, 5), extent(30, 5)]);
  assertEquals(cursor.next(35), 35);
  assertEquals(cursor.within(extent(50, 10)), [extent(50, 10)]);
  assertEquals(cursor.next(130), 200);
  assertEquals(cursor.within(extent(130, 70)), []);
  assertEquals(cursor.next(201), undefined);
});

function extent(address: number, size: number) {
  return { address, size };
}
