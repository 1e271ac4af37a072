import { assertEquals } from "@std/assert";
import type { FlashTiming } from "../../src/chips/chip.ts";
import { eraseTimeMs, estimatePlan, programTimeMs } from "../../src/plan/estimate.ts";
import type { Estimate, Operation } from "../../src/plan/operation.ts";
import { planFor, profileOf } from "./plan_text.ts";

const F405 = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
const TIMING: FlashTiming = {
  erase: [
    { pageSize: 16 * 1024, typicalMs: 250, maximumMs: 500 },
    { pageSize: 64 * 1024, typicalMs: 550, maximumMs: 1100 },
    { pageSize: 128 * 1024, typicalMs: 1000, maximumMs: 2000 },
  ],
  program: { unit: 4, typicalUs: 16, maximumUs: 100 },
  source: "test",
};

Deno.test("eraseTimeMs() takes the row of the page size, else of the next larger one", () => {
  assertEquals(eraseTimeMs(16 * 1024, TIMING), 250);
  assertEquals(eraseTimeMs(16 * 1024 + 1, TIMING), 550);
  assertEquals(eraseTimeMs(128 * 1024, TIMING), 1000);
  assertEquals(eraseTimeMs(256 * 1024, TIMING), 1000);
  assertEquals(eraseTimeMs(1, { ...TIMING, erase: [] }), 0);
});

Deno.test("programTimeMs() counts whole programming units", () => {
  assertEquals(programTimeMs(4, TIMING), 0.016);
  assertEquals(programTimeMs(5, TIMING), 0.032);
  assertEquals(programTimeMs(0, TIMING), 0);
});

Deno.test("estimatePlan() adds up each kind of operation", () => {
  // 832 bytes take one millisecond on the wire, and each transfer 0.15 ms besides.
  const estimate = estimateOf([
    { kind: "select", alternate: 0 },
    { kind: "read", address: 0x08000000, size: 832 },
    { kind: "erase", address: 0x08000000, pageSize: 16 * 1024, pageCount: 2 },
    { kind: "erase", address: 0x08020000, pageSize: 128 * 1024, pageCount: 1 },
    { kind: "write", address: 0x08000000, size: 4160 },
    { kind: "write", address: 0x08020000, size: 832 },
    { kind: "verify", address: 0x08000000, size: 4160 },
    { kind: "leave", address: 0x08000000 },
  ]);
  assertEstimate(estimate, {
    readMs: 1 + 0.15,
    eraseMs: 2 * (250 + 0.45) + 1000.45,
    writeMs: 1040 * 0.016 + 5 + 3 * 0.45 + 208 * 0.016 + 1 + 0.45,
    verifyMs: 5 + 3 * 0.15,
  });
});

Deno.test("estimatePlan() takes the datasheet's figure for a mass erase, else the sum of the pages", () => {
  const operations: Operation[] = [{ kind: "select", alternate: 1 }, { kind: "erase-all" }];
  const layouts = [F405, "@QSPI  /0x90000000/2*64Kg,1*16Ke"];
  const none = { readMs: 0, writeMs: 0, verifyMs: 0 };
  assertEstimate(estimateOf(operations, { layouts }), { ...none, eraseMs: 2 * 550 });
  const timing = { ...TIMING, massErase: { typicalMs: 8000, maximumMs: 16_000 } };
  assertEstimate(estimateOf(operations, { layouts, timing }), { ...none, eraseMs: 8000 });
});

Deno.test("planFlash() estimates only for parts whose timing is known", () => {
  assertEquals("estimate" in planFor(F405, [[0x08000000, 4]]), false);
  const plan = planFor(F405, [[0x08000000, 4]], { profile: { timing: TIMING } });
  assertEstimate(plan.estimate, {
    readMs: 0,
    eraseMs: 250.45,
    writeMs: 0.016 + 4 / 832 + 0.45,
    verifyMs: 4 / 832 + 0.15,
  });
});

function estimateOf(
  operations: readonly Operation[],
  { layouts = [F405], timing = TIMING } = {},
): Estimate | undefined {
  return estimatePlan(operations, profileOf(layouts, { timing }));
}

function assertEstimate(
  estimate: Estimate | undefined,
  expected: Omit<Estimate, "totalMs">,
): void {
  const { readMs, eraseMs, writeMs, verifyMs } = expected;
  const all = { ...expected, totalMs: readMs + eraseMs + writeMs + verifyMs };
  for (const key of Object.keys(all) as (keyof Estimate)[]) {
    // Sums of fractions depend on their order in the last digits.
    assertEquals(estimate?.[key].toFixed(6), all[key].toFixed(6), key);
  }
}
