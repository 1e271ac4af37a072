import { assert, assertEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { executePlan } from "../../src/dfu/execute.ts";
import { DfuState } from "../../src/dfu/protocol.ts";
import type { ProgressEvent, Report } from "../../src/dfu/report.ts";
import { ExitCode } from "../../src/errors.ts";
import type { Image } from "../../src/firmware/firmware.ts";
import type { Plan } from "../../src/plan/operation.ts";
import { type EraseTarget, planErase } from "../../src/plan/plan_erase.ts";
import { planVerify } from "../../src/plan/plan_verify.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { seededRandom } from "../helpers/random.ts";
import { Host } from "../simulator/host.ts";
import { assertBytes, FLASH, inputOf, open, plugIn } from "./rig.ts";

async function rig(id: string, options: Partial<SimulatorOptions> = {}) {
  const board = plugIn(id, options);
  const opened = await open(board, { chip: findChip(id) });
  const { session, profile, clock, transport } = opened;
  const execute = (
    plan: Plan,
    image?: Image,
    onEvent: (event: ProgressEvent) => void = () => {},
  ): Promise<Report> =>
    executePlan(plan, {
      session,
      clock,
      transferSize: profile.transferSize,
      erasedByte: profile.erasedByte ?? 0xFF,
      images: new Map(image === undefined ? [] : [[0, image]]),
      onEvent,
    });
  const erase = (target: EraseTarget) => execute(planErase(target, profile, { alternate: 0 }));
  return { ...board, session, profile, transport, execute, erase };
}

Deno.test("executePlan() erases pages, and finds them blank", async () => {
  for (const id of ["stm32f405", "stm32l432", "stm32h743", "stm32l072", "gd32vf103"]) {
    const { device, profile, erase } = await rig(id);
    const { pageSize } = profile.alternates[0]!.layout.regions[0]!;
    const before = device.readMemory(FLASH, 4 * pageSize);
    const range = { address: FLASH + pageSize, size: 2 * pageSize };
    const report = await erase({ kind: "range", ...range });
    assertEquals(
      [report.outcome, report.finalState],
      ["done", "boot-loader"],
      report.error?.message,
    );
    assertEquals([report.bytes.erased, report.bytes.verified], [2 * pageSize, 2 * pageSize]);
    before.fill(profile.erasedByte ?? 0xFF, pageSize, 3 * pageSize);
    assertBytes(device.readMemory(FLASH, 4 * pageSize), before, id);
    assertEquals(device.report.violationCount, 0);
  }
});

Deno.test("executePlan() erases everything, at once or page by page", async () => {
  for (const id of ["stm32f405", "stm32h743"]) {
    const { device, profile, erase } = await rig(id);
    const report = await erase({ kind: "all" });
    assertEquals(report.outcome, "done", report.error?.message);
    const size = findChip(id).flashSize;
    assert(device.readMemory(FLASH, size).every((byte) => byte === 0xFF));
    assertEquals(device.report.commands["mass-erase"], id === "stm32f405" ? 1 : 0);
    const pageCount = profile.alternates[0]!.layout.regions
      .reduce((sum, region) => sum + region.pageCount, 0);
    assertEquals(device.report.erases.size, pageCount);
  }
});

Deno.test("executePlan() finds a page that took the erase without a word and kept its bytes", async () => {
  const { erase } = await rig("stm32f405", { writeProtected: [FLASH + 0x4000] });
  const report = await erase({ kind: "range", address: FLASH, size: 0x8000 });
  assertEquals([report.outcome, report.error?.exitCode], ["failed", ExitCode.verify]);
  assertEquals(report.error?.facts["differentPages"], ["0x08004000"]);
  assert(report.error?.message.startsWith("Cannot erase everything"), report.error?.message);
  assert(report.error?.hint?.includes("write-protected"), report.error?.hint);
});

Deno.test("executePlan() compares without changing anything", async () => {
  const { device, profile, execute } = await rig("stm32f405");
  const data = seededRandom(1).bytes(5001);
  const input = inputOf([{ address: FLASH + 3, data }]);
  const plan = planVerify(input.images, profile);
  const other = await execute(plan, input.image);
  assertEquals([other.outcome, other.error?.exitCode], ["failed", ExitCode.verify]);
  assert(other.error?.hint?.includes("dfuse flash writes the file"), other.error?.hint);
  device.writeMemory(FLASH + 3, data);
  const same = await execute(plan, input.image);
  assertEquals([same.outcome, same.bytes.verified], ["done", 5001]);
  for (const index of [0, 2047, 2048, 5000]) {
    device.writeMemory(FLASH + 3 + index, Uint8Array.of(data[index]! ^ 1));
    const report = await execute(plan, input.image);
    assertEquals(report.error?.facts, {
      address: FLASH + 3 + index,
      expected: data[index]!,
      found: data[index]! ^ 1,
      differentBytes: 1,
      differentPages: ["0x08000000"],
    });
    device.writeMemory(FLASH + 3 + index, data.subarray(index, index + 1));
  }
  assertEquals([device.report.erases.size, device.report.bytesWritten], [0, 0]);
});

Deno.test("executePlan() tells with each step of verify where the device differs, page by page", async () => {
  const { device, profile, execute } = await rig("stm32l072");
  const data = seededRandom(1).bytes(512);
  const input = inputOf([{ address: FLASH, data }]);
  device.writeMemory(FLASH, data);
  for (const index of [5, 9, 130, 300]) {
    device.writeMemory(FLASH + index, Uint8Array.of(data[index]! ^ 1));
  }
  const told: unknown[] = [];
  await execute(planVerify(input.images, profile), input.image, (event) => {
    if (event.kind === "progress" && event.stage === "verify") told.push(event.different);
  });
  assertEquals(told, [[
    { address: FLASH + 5, size: 5 },
    { address: FLASH + 130, size: 1 },
    { address: FLASH + 300, size: 1 },
  ]]);
});

Deno.test("executePlan() leaves the device in dfuIDLE, after success and after failure", async () => {
  const { device, profile, execute, transport } = await rig("stm32f405");
  const data = seededRandom(1).bytes(4096);
  const input = inputOf([{ address: FLASH, data }]);
  for (const outcome of ["failed", "done"]) {
    const report = await execute(planVerify(input.images, profile), input.image);
    assertEquals([report.outcome, report.finalState], [outcome, "boot-loader"]);
    assertEquals(await new Host(transport).state(), DfuState.dfuIDLE);
    device.writeMemory(FLASH, data);
  }
});

Deno.test("executePlan() starts no program after an alternate that differs", async () => {
  const { device, profile, execute } = await rig("stm32f405");
  const input = inputOf([{ address: FLASH, data: seededRandom(1).bytes(16) }]);
  const compared = planVerify(input.images, profile);
  const operations = [...compared.operations, { kind: "leave", address: FLASH } as const];
  const report = await execute({ ...compared, operations }, input.image);
  assertEquals([report.error?.exitCode, report.finalState], [ExitCode.verify, "boot-loader"]);
  assertEquals(device.report.left, undefined);
  assertEquals([report.operationsDone, report.operationCount], [2, 3]);
});

Deno.test("executePlan() reports a device that is lost, and one that comes to rest", async () => {
  const { execute, profile, device } = await rig("stm32f405");
  const input = inputOf([{ address: FLASH, data: seededRandom(1).bytes(16) }]);
  const plan = planVerify(input.images, profile);
  device.unplug();
  const report = await execute(plan, input.image);
  assertEquals([report.outcome, report.finalState], ["failed", "lost"]);
  assertEquals(report.error?.exitCode, ExitCode.transport);
});

Deno.test("executePlan() takes the time of each stage, and all of it", async () => {
  const { erase, clock } = await rig("stm32f405");
  const start = clock.now();
  const { durations } = await erase({ kind: "range", address: FLASH, size: 0x4000 });
  assert(durations.erase > 400 && durations.erase < 401, `${durations.erase}`);
  assert(durations.verify > 19 && durations.verify < 22, `${durations.verify}`);
  assertEquals([durations.survey, durations.write, durations.leave], [0, 0, 0]);
  assertEquals(durations.total, clock.now() - start);
});

Deno.test("executePlan() passes on what is no fault of the device", async () => {
  const { execute, profile } = await rig("stm32f405");
  const input = inputOf([{ address: FLASH, data: Uint8Array.of(1) }]);
  const broken = () => {
    throw new TypeError("a bug");
  };
  await assertRejects(
    () => execute(planVerify(input.images, profile), input.image, broken),
    TypeError,
  );
});
