import { assertEquals } from "@std/assert";
import { wireTimeMs } from "../../src/simulator/wire_time.ts";

Deno.test("wireTimeMs() gives the times of USB 2.0 table 5-2", () => {
  assertEquals([0, 6, 64, 2048].map((size) => wireTimeMs(size).toFixed(4)), [
    "0.0300",
    "0.0372",
    "0.1069",
    "2.4915",
  ]);
});
