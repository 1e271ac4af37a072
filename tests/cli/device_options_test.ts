import { assertEquals, assertThrows } from "@std/assert";
import { DISCOVERY, selectorOf, waitMsOf } from "../../src/cli/device_options.ts";
import { UsageError } from "../../src/errors.ts";

Deno.test("waitMsOf() takes seconds, the default, or nothing", () => {
  assertEquals(waitMsOf(undefined), 0);
  assertEquals(waitMsOf(true), 60_000);
  assertEquals(waitMsOf(0), 0);
  assertEquals(waitMsOf(2.5), 2500);
  for (const wait of [-1, 86_401, Number.NaN, Infinity]) {
    assertThrows(() => waitMsOf(wait), UsageError, "Cannot wait");
  }
});

Deno.test("selectorOf() takes any device where none is named", () => {
  assertEquals(selectorOf({}), {});
  assertEquals(selectorOf({ device: "path=1-2" }), { path: "1-2" });
  assertThrows(() => selectorOf({ device: "" }), UsageError);
});

Deno.test("boot loaders of the table are known by their ids", () => {
  const facts = { path: "1-1", deviceVersion: 0, deviceClass: 0 };
  const isKnown = (vendorId: number, productId: number) =>
    DISCOVERY.isBootLoader?.({ ...facts, vendorId, productId });
  assertEquals(isKnown(0x0483, 0xDF11), true);
  assertEquals(isKnown(0x28E9, 0x0189), true);
  assertEquals(isKnown(0x0483, 0x5740), false);
});
