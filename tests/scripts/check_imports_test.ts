import { assertEquals } from "@std/assert";
import { findBreaches } from "../../scripts/check_imports.ts";

Deno.test("findBreaches() allows imports that point down and within a room", () => {
  const text = [
    'import { UsageError } from "../errors.ts";',
    'import type { Chip } from "../chips/chip.ts";',
    'import { planPage } from "./plan_page.ts";',
  ].join("\n");
  assertEquals(findBreaches("src/plan/plan.ts", text), []);
});

Deno.test("findBreaches() names an import that points up, with its line", () => {
  const text = '\nimport { planFlash } from "../plan/plan.ts";';
  assertEquals(findBreaches("src/firmware/dfuse.ts", text), [
    "src/firmware/dfuse.ts:2: firmware may not import from plan",
  ]);
});

Deno.test("findBreaches() keeps simulator and dfu apart, dynamic imports included", () => {
  assertEquals(findBreaches("src/simulator/a.ts", 'await import("../dfu/protocol.ts")'), [
    "src/simulator/a.ts:1: simulator may not import from dfu",
  ]);
  assertEquals(findBreaches("src/dfu/a.ts", 'export * from "../simulator/b.ts";'), [
    "src/dfu/a.ts:1: dfu may not import from simulator",
  ]);
});

Deno.test("findBreaches() lets dfu see the transport type only", () => {
  assertEquals(findBreaches("src/dfu/a.ts", 'import "../usb/transport.ts";'), []);
  assertEquals(findBreaches("src/dfu/a.ts", 'import "../usb/node_usb.ts";').length, 1);
});

Deno.test("findBreaches() finds an exit outside main.ts and a second importer of the addon", () => {
  assertEquals(findBreaches("src/cli/a.ts", "Deno.exit(1)").length, 1);
  assertEquals(findBreaches("src/usb/a.ts", 'import { usb } from "usb";').length, 1);
  assertEquals(findBreaches("src/usb/node_usb.ts", 'await import("usb")'), []);
});
