import { assert, assertEquals } from "@std/assert";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { SimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { InterruptedError, PlanError, TransportError } from "../../src/errors.ts";
import { parsePlace } from "../../src/station/place.ts";
import { UnitData } from "../../src/station/unit_data.ts";
import { inFolder } from "./folder.ts";
import { runStation } from "../../src/station/station.ts";
import { holds } from "../dfu/rig.ts";
import { BASE, board, jobOf, program, runLine } from "./line.ts";

const CHIP = "stm32f072";

/** Boards by number, as many as asked for, each with what goes wrong on it. */
function supply(
  clock: VirtualClock,
  count: number,
  options: (index: number) => Parameters<typeof board>[2] = () => ({}),
) {
  const boards: SimulatedDevice[] = [];
  const nextUnit = () => {
    if (boards.length === count) return undefined;
    const index = boards.length;
    boards.push(board(clock, CHIP, { seed: index, serial: `S${index}`, ...options(index) }));
    return boards[index];
  };
  return { boards, nextUnit };
}

async function flashAll(count: number, more: { jobs?: number } = {}) {
  const clock = new VirtualClock();
  const { boards, nextUnit } = supply(clock, count);
  const input = program(20_000);
  const run = await runLine({ clock, ports: count, nextUnit, job: jobOf(input), ...more });
  return { ...run, boards, image: input.images[0]!.image };
}

Deno.test("runStation() flashes 16 devices in at most 1.1 times the time of one", async () => {
  const one = await flashAll(1);
  const many = await flashAll(16);
  assertEquals(many.totals, { passed: 16, failed: 0, interrupted: 0, exitCode: 0 });
  for (const device of many.boards) assert(holds(device, many.image));
  assert(many.ms <= 1.1 * one.ms, `${many.ms} ms against ${one.ms} ms`);
});

Deno.test("runStation() flashes no more than `jobs` at once", async () => {
  const one = await flashAll(1);
  const limited = await flashAll(6, { jobs: 2 });
  assertEquals(limited.totals.passed, 6);
  assert(limited.ms >= 2.9 * one.ms && limited.ms <= 3.2 * one.ms, `${limited.ms} ms`);
});

Deno.test("runStation() lets a failure on one port disturb no other", async () => {
  const clock = new VirtualClock();
  const { boards, nextUnit } = supply(
    clock,
    4,
    (index) => index === 1 ? { faults: [{ kind: "disconnect", transfer: 40 }] } : {},
  );
  const input = program(20_000);
  const { totals, attempts } = await runLine({ clock, ports: 4, nextUnit, job: jobOf(input) });
  assertEquals(totals, { passed: 3, failed: 1, interrupted: 0, exitCode: 6 });
  const failed = attempts.find(({ result }) => result === "failed")!;
  assertEquals([failed.path, failed.serial, failed.finalState], ["1-2", "S1", "lost"]);
  for (const index of [0, 2, 3]) assert(holds(boards[index]!, input.images[0]!.image));
});

Deno.test("runStation() ends the wait for a device that is being opened when it is asked to", async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const results: string[] = [];
  const open = (signal?: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    abort.abort(new InterruptedError("Stopped, as asked"));
    return signal === undefined ? Promise.reject(new Error("no signal")) : promise;
  };
  const { interrupted } = await runStation({
    ...{ clock, watch: false, abort: abort.signal, job: jobOf(program(5000)) },
    source: { watch: () => () => {}, devices: () => Promise.resolve([{ path: "1-1", open }]) },
    listener: {
      onPort() {},
      unit: () => ({ onDevice() {}, onPlan() {}, onEvent() {} }),
      onAttempt: (_, { result }) => results.push(result),
    },
  });
  assertEquals([results, interrupted], [["interrupted"], 1]);
});

Deno.test("runStation() fails a unit whose device cannot be opened, and goes on", async () => {
  const clock = new VirtualClock();
  const good = board(clock, CHIP);
  const attempts: string[] = [];
  const totals = await runStation({
    clock,
    watch: false,
    job: jobOf(program(5000)),
    source: {
      watch: () => () => {},
      devices: () =>
        Promise.resolve([
          { path: "1-1", open: () => Promise.reject(new TransportError("busy", "Cannot open")) },
          { path: "1-2", open: () => good.open() },
        ]),
    },
    listener: {
      onPort() {},
      unit: () => ({ onDevice() {}, onPlan() {}, onEvent() {} }),
      onAttempt: (path, { result }) => attempts.push(`${path} ${result}`),
    },
  });
  assertEquals(attempts, ["1-1 failed", "1-2 passed"]);
  assertEquals(totals.exitCode, 6);
});

Deno.test("runStation() with `watch` flashes each device that comes, until it is told to stop", async () => {
  const clock = new VirtualClock();
  const { boards, nextUnit } = supply(clock, 7);
  const input = program(5000);
  const line = { clock, ports: 3, nextUnit, job: jobOf(input), watch: true };
  const { totals, attempts, ports } = await runLine(line);
  assertEquals(totals, { passed: 7, failed: 0, interrupted: 0, exitCode: 0 });
  assertEquals(attempts.map(({ serial }) => serial).sort(), boards.map((_, n) => `S${n}`));
  const first = ports.filter(({ path }) => path === "1-1").map(({ state }) => state);
  assertEquals(first.slice(0, 6), ["queued", "flashing", "passed", "queued", "flashing", "passed"]);
});

Deno.test("runStation() clears the result of a device that stayed in its boot loader when it is removed", async () => {
  const clock = new VirtualClock();
  const { nextUnit } = supply(clock, 1);
  const job = jobOf(program(5000), { options: { leave: false } });
  const { ports } = await runLine({ clock, ports: 1, nextUnit, job, watch: true });
  assertEquals(ports.map(({ state }) => state), ["queued", "flashing", "passed", "waiting"]);
});

Deno.test("runStation() finishes what runs when it is asked to stop, and begins nothing more", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const { nextUnit } = supply(clock, 4);
  const job = jobOf(program(20_000));
  setTimeoutOn(clock, 50, () => stop.abort());
  const run = await runLine({ clock, ports: 4, nextUnit, job, jobs: 2, stop: stop.signal });
  assertEquals(run.totals, { passed: 2, failed: 0, interrupted: 0, exitCode: 0 });
});

Deno.test("runStation() ends what runs at its next safe point when it is asked to abort", async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const { nextUnit } = supply(clock, 2);
  setTimeoutOn(clock, 200, () => abort.abort());
  const job = jobOf(program(20_000));
  const run = await runLine({ clock, ports: 2, nextUnit, job, abort: abort.signal });
  assertEquals(run.totals, { passed: 0, failed: 0, interrupted: 2, exitCode: 130 });
  assertEquals(run.attempts.map(({ finalState }) => finalState), ["boot-loader", "boot-loader"]);
});

Deno.test("runStation() refuses the wrong board and leaves it as it was", async () => {
  const clock = new VirtualClock();
  const wrong = board(clock, "stm32l476", { path: "1-1" });
  const before = wrong.readMemory(BASE, 4096);
  const { findChip } = await import("../../src/chips/chips.ts");
  const job = jobOf(program(4000), { expectation: { chip: findChip(CHIP) } });
  const { attempts, totals } = await runLine({ clock, ports: 1, nextUnit: () => wrong, job });
  assertEquals(totals.exitCode, 4);
  assertEquals(attempts[0]!.error!.error, "PlanError");
  assertEquals(wrong.readMemory(BASE, 4096), before);
  const ids = { vendorId: 0x1234, productId: 0xFFFF };
  const other = board(clock, CHIP);
  const byIds = { ports: 1, nextUnit: () => other, clock };
  const run = await runLine({ ...byIds, job: jobOf(program(4000), { expectation: { ids } }) });
  assertEquals(run.totals.failed, 1);
});

Deno.test("runStation() passes what holds the image already, and only starts it", async () => {
  const clock = new VirtualClock();
  const input = program(6000);
  const device = board(clock, CHIP);
  device.writeMemory(BASE, input.images[0]!.image.segments[0]!.data);
  const job = jobOf(input, { skipProgrammed: true, options: { erase: "all" } });
  const { attempts } = await runLine({ clock, ports: 1, nextUnit: () => device, job });
  const [attempt] = attempts;
  assertEquals([attempt!.result, attempt!.skipped, attempt!.finalState], ["passed", true, "left"]);
  assertEquals(device.report.erases.size, 0);
});

Deno.test("runStation() does not take a unit without values for programmed", () =>
  inFolder(async (folder) => {
    const clock = new VirtualClock();
    const input = program(6000);
    const device = board(clock, CHIP);
    device.writeMemory(BASE, input.images[0]!.image.segments[0]!.data);
    const places = [parsePlace("n=0x08000800:counter:7")];
    const unitData = await UnitData.open({ path: `${folder}/n`, places });
    const job = jobOf(input, { skipProgrammed: true, unitData });
    const { attempts } = await runLine({ clock, ports: 1, nextUnit: () => device, job });
    assertEquals([attempts[0]!.result, attempts[0]!.skipped], ["passed", undefined]);
    assertEquals(device.readMemory(BASE + 0x800, 4), Uint8Array.of(7, 0, 0, 0));
    unitData.close();
  }));

Deno.test("runStation() ends with the fault after all that runs is done, and begins nothing more", async () => {
  const clock = new VirtualClock();
  const { boards, nextUnit } = supply(clock, 3);
  const input = program(5000);
  let count = 0;
  const journal = {
    begin() {},
    finish: () =>
      count++ === 0 ? Promise.reject(new PlanError("Cannot write the journal")) : Promise.resolve(),
  } as unknown as NonNullable<ReturnType<typeof jobOf>["journal"]>;
  const line = { clock, ports: 3, nextUnit, jobs: 2, job: jobOf(input, { journal }) };
  const { totals } = await runLine(line);
  assert(totals.fault instanceof PlanError);
  const flashed = boards.map((device) => holds(device, input.images[0]!.image));
  assertEquals(flashed, [true, true, false]);
});

function setTimeoutOn(clock: VirtualClock, ms: number, action: () => void): void {
  clock.sleep(ms).then(action);
}
