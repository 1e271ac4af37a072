import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { flashDevice, prepareFlash } from "../../src/dfu/flash.ts";
import type { ProgressEvent } from "../../src/dfu/report.ts";
import { ExitCode, InterruptedError } from "../../src/errors.ts";
import { seededRandom } from "../helpers/random.ts";
import { Host, littleEndian } from "../simulator/host.ts";
import { assertBytes, FLASH, flash, holds, inputOf, open, plugIn, withVectors } from "./rig.ts";

const PAGE = 0x4000;
const F405 = findChip("stm32f405");
const random = seededRandom(3);
const DATA = withVectors(random.bytes(2 * PAGE + 1000));
const INPUT = inputOf([{ address: FLASH, data: DATA }]);

function erasedPages(board: ReturnType<typeof plugIn>): number[] {
  return [...board.device.report.erases.keys()];
}

function lastRequest(board: ReturnType<typeof plugIn>): string {
  return board.device.log.at(-1)?.text.split(" ")[0] ?? "";
}

Deno.test("flashDevice() flashes a device that another program left in the middle of something", async () => {
  const ways: Record<string, (host: Host) => Promise<unknown>> = {
    "dfuERROR": (host) => assertRejects(() => host.download(1, [1])),
    "dfuUPLOAD-IDLE": (host) => host.upload(2, 64),
    "dfuDNLOAD-SYNC": (host) => host.download(0, [0x41, ...littleEndian(FLASH)]),
    "dfuDNLOAD-IDLE": (host) => host.setAddress(FLASH),
  };
  for (const [state, bring] of Object.entries(ways)) {
    for (const erase of ["needed", "touched"] as const) {
      const board = plugIn("stm32f405");
      const opened = await open(board, { chip: F405 });
      await bring(new Host(opened.transport));
      const { violationCount } = board.device.report;
      const names: string[] = [];
      const { controlOut } = opened.transport;
      opened.transport.controlOut = (...args) => {
        if (args[0].requestType === 0x01) names.push(lastRequest(board));
        return controlOut.apply(opened.transport, args);
      };
      const report = await flashDevice(opened, INPUT, { erase });
      assertEquals(report.outcome, "done", state);
      assert(holds(board.device, INPUT.image));
      assertEquals(board.device.report.violationCount, violationCount);
      // Who knows what a device does that is asked for another alternate setting in any state but dfuIDLE.
      assertEquals(names[0], "GETSTATUS", state);
    }
  }
});

Deno.test("flashDevice() erases what each mode says", async () => {
  const pages: Record<string, number> = { needed: 2, touched: 3, all: 12 };
  for (const [erase, count] of Object.entries(pages)) {
    const board = plugIn("stm32f405");
    board.device.writeMemory(FLASH, DATA.subarray(0, PAGE));
    const report = await flash(board, INPUT, { erase: erase as "needed", chip: F405 });
    assertEquals(report.outcome, "done");
    assertEquals(erasedPages(board).length, count, erase);
    assertEquals(board.device.report.commands["mass-erase"], erase === "all" ? 1 : 0);
    assert(holds(board.device, INPUT.image));
    assertEquals(board.device.report.violationCount, 0);
  }
});

Deno.test("flashDevice() with erase none writes to blank memory, and finds what was not blank", async () => {
  const blank = plugIn("stm32f405", { fill: "blank" });
  assertEquals((await flash(blank, INPUT, { erase: "none" })).outcome, "done");
  assert(holds(blank.device, INPUT.image));
  const used = plugIn("stm32f405");
  const report = await flash(used, INPUT, { erase: "none" });
  assertEquals([report.outcome, report.error?.exitCode], ["failed", ExitCode.verify]);
  assertStringIncludes(report.error?.hint ?? "", "as --erase none says");
  assertEquals(erasedPages(used), []);
  assertEquals(used.device.report.left, undefined);
});

Deno.test("flashDevice() with preserve keeps every byte around the image", async () => {
  for (const id of ["stm32f405", "stm32g474", "stm32h743", "stm32l072"]) {
    const board = plugIn(id);
    const input = inputOf([
      { address: FLASH + 0x105, data: random.bytes(300) },
      { address: FLASH + 0x1001, data: random.bytes(3000) },
    ]);
    const expected = board.device.readMemory(FLASH, 0x8000);
    for (const { address, data } of input.image.segments) expected.set(data, address - FLASH);
    const options = { preserve: true, leave: false, chip: findChip(id) };
    const report = await flash(board, input, options);
    assertEquals(
      [report.outcome, report.finalState],
      ["done", "boot-loader"],
      report.error?.message,
    );
    assertBytes(board.device.readMemory(FLASH, 0x8000), expected, id);
    assert(erasedPages(board).length > 0);
    assertEquals(board.device.report.unerasedBytesProgrammed, 0);
  }
});

Deno.test("flashDevice() without verify reads nothing back, and writes where nothing can be read", async () => {
  const board = plugIn("stm32f405", { fill: "blank" });
  const report = await flash(board, INPUT, { verify: false, erase: "touched" });
  assertEquals([report.outcome, report.bytes.verified], ["done", 0]);
  assertEquals(board.device.report.bytesRead, 0);
  assert(holds(board.device, INPUT.image));
});

Deno.test("flashDevice() writes option bytes last; the reset they end in is success", async () => {
  const board = plugIn("stm32f405");
  const flashed = inputOf([{ address: FLASH, data: DATA }], 0);
  const options = inputOf([{ address: 0x1FFFC000, data: random.bytes(16) }], 1);
  const input = { images: [...options.images, ...flashed.images] };
  const report = await flash(board, input, { allowSpecial: true });
  assertEquals([report.outcome, report.finalState, report.error?.message], [
    "done",
    "reset",
    undefined,
  ]);
  assert(holds(board.device, flashed.image) && holds(board.device, options.image));
  assertEquals(board.device.report.violationCount, 0);
});

Deno.test("flashDevice() verifies option bytes on a part that does not reset, and leaves", async () => {
  const board = plugIn("stm32l476");
  const flashed = inputOf([{ address: FLASH, data: DATA }], 0);
  const options = inputOf([{ address: 0x1FFF7800, data: random.bytes(40) }], 1);
  const input = { images: [...flashed.images, ...options.images] };
  const report = await flash(board, input, { allowSpecial: true, chip: findChip("stm32l476") });
  assertEquals([report.outcome, report.finalState], ["done", "left"], report.error?.message);
  assertEquals(report.bytes.verified, DATA.length + 40);
  assert(holds(board.device, options.image));
});

Deno.test("flashDevice() with the supply voltage is at least twice as fast on an F405", async () => {
  const size = 0x40000;
  const input = inputOf([{ address: FLASH, data: withVectors(random.bytes(size)) }]);
  const slow = await flash(plugIn("stm32f405"), input, { chip: F405 });
  const board = plugIn("stm32f405");
  const fast = await flash(board, input, { chip: F405, voltage: "2.7-3.6" });
  assertEquals([slow.outcome, fast.outcome], ["done", "done"]);
  assert(holds(board.device, input.image));
  assert(slow.durations.total > 2 * fast.durations.total);
});

for (const [id, fill] of [["stm32l432", "random"], ["stm32f405", "blank"]] as const) {
  Deno.test(`flashDevice() reports a refusal that the device did not survive, and that it is lost (${id})`, async () => {
    const chip = findChip(id);
    const whole = plugIn(id, { fill });
    await flash(whole, INPUT, { chip });
    const { transfers } = whole.device.report;
    let refusals = 0;
    for (const kind of ["disconnect", "busy"] as const) {
      for (let transfer = 20; transfer < transfers; transfer++) {
        const refusal = { transfer, kind: "status", status: "errPROG" } as const;
        const faults = [refusal, { transfer: transfer + 1, kind }];
        const stages: string[] = [];
        const onEvent = (event: ProgressEvent) => {
          if (event.kind === "stage") stages.push(event.stage);
        };
        const board = plugIn(id, { fill, faults });
        const { error, finalState } = await flash(board, INPUT, { chip, onEvent });
        const isWrite = finalState === "lost" && stages.at(-1) === "write";
        assertEquals(isWrite, error?.message.startsWith("Cannot write") ?? false);
        if (error?.facts["recovery"] === undefined) continue;
        refusals++;
        assert(/errPROG \(6\)|request \(USB stall\)/.test(error.message), error.message);
        assertEquals([error.exitCode, finalState], [ExitCode.device, "lost"]);
      }
    }
    assert(refusals > 10, `${refusals} refusals`);
  });
}

Deno.test("flashDevice() stops at every step when asked to, and the next run goes on", async () => {
  for (const [id, every] of [["stm32f405", 7], ["stm32l432", 5]] as const) {
    const chip = findChip(id);
    for (let stopAfter = 0;; stopAfter += every) {
      const board = plugIn(id, { seed: 9 });
      const controller = new AbortController();
      let events = 0;
      let late = 0;
      const onEvent = ({ kind }: ProgressEvent) => {
        if (controller.signal.aborted && kind === "progress") late++;
        if (++events > stopAfter) controller.abort();
      };
      const first = await flash(board, INPUT, { chip, onEvent, signal: controller.signal });
      if (first.outcome === "done") {
        assert(stopAfter > 30, "never interrupted");
        break;
      }
      assertEquals([first.outcome, first.finalState], ["interrupted", "boot-loader"]);
      assert(first.error instanceof InterruptedError);
      assertEquals(late <= 1, true, `${id}: ${late} steps after it was asked to stop`);
      const erases = erasedPages(board).length;
      const second = await flash(board, INPUT, { chip });
      assertEquals(second.outcome === "done" || second.outcome === "nothing-to-do", true);
      assert(holds(board.device, INPUT.image), `${id}, stopped after ${stopAfter}`);
      assertEquals(board.device.report.violationCount, 0);
      assertEquals(board.device.report.unerasedBytesProgrammed, 0, `${id}, after ${stopAfter}`);
      // What was done is not done again, but for the page in which it stopped.
      const all = [...board.device.report.erases.values()].reduce((sum, n) => sum + n, 0);
      assert(all <= erasedPages(board).length + 1 && all >= erases);
    }
  }
});

Deno.test("prepareFlash() samples a page that looks blank all over, and at its end", async () => {
  for (const offset of [0, PAGE / 2, PAGE - 64, PAGE - 1]) {
    const board = plugIn("stm32f405", { fill: "blank" });
    board.device.writeMemory(FLASH + offset, Uint8Array.of(DATA[offset]! ^ 1));
    const { plan } = await prepareFlash(await open(board, { chip: F405 }), INPUT);
    assertEquals(plan.pages.map(({ reason }) => reason), ["image", "looks-blank"], `${offset}`);
  }
});

Deno.test("prepareFlash() samples a large page at each quarter", async () => {
  const [address, size] = [FLASH + 0x20000, 0x20000];
  const input = inputOf([{ address, data: DATA.subarray(0, PAGE) }]);
  for (const offset of [0, size / 4, size / 2, size * 3 / 4, size - 1, undefined]) {
    const board = plugIn("stm32f405", { fill: "blank" });
    if (offset !== undefined) board.device.writeMemory(address + offset, Uint8Array.of(0x5A));
    const { plan } = await prepareFlash(await open(board, { chip: F405 }), input);
    const reason = offset === undefined ? "looks-blank" : "image";
    assertEquals(plan.pages.map(({ reason }) => reason), [reason], `${offset}`);
  }
});

Deno.test("flashDevice() asked to stop before it begins does nothing", async () => {
  for (const erase of ["needed", "touched"] as const) {
    const board = plugIn("stm32f405");
    const report = await flash(board, INPUT, { erase, signal: AbortSignal.abort() });
    assertEquals([report.outcome, report.error?.exitCode], ["interrupted", 130]);
    assertEquals([erasedPages(board).length, board.device.report.bytesWritten], [0, 0]);
  }
});

Deno.test("flashDevice() tells each stage once, in order, and all of its bytes", async () => {
  const events: ProgressEvent[] = [];
  const board = plugIn("stm32f405");
  const options = { preserve: true, onEvent: (event: ProgressEvent) => void events.push(event) };
  await flash(board, INPUT, options);
  const stages = events.filter((event) => event.kind === "stage").map(({ stage }) => stage);
  assertEquals(stages, ["survey", "read", "erase", "write", "verify", "leave"]);
  for (const stage of ["survey", "read", "erase", "write", "verify"]) {
    const steps = events.filter((event) => event.kind === "progress" && event.stage === stage);
    const last = steps.at(-1) as Extract<ProgressEvent, { kind: "progress" }>;
    assertEquals(last.done, last.total, stage);
  }
});

Deno.test("prepareFlash() changes nothing, and its plan knows what is there", async () => {
  const board = plugIn("stm32f405");
  board.device.writeMemory(FLASH, DATA.subarray(0, PAGE));
  board.device.writeMemory(FLASH + PAGE, new Uint8Array(PAGE).fill(0xFF));
  const { plan } = await prepareFlash(await open(board), INPUT);
  assertEquals(plan.pages.map(({ action, reason }) => `${action}, ${reason}`), [
    "keep, unchanged",
    "write, looks-blank",
    "erase-write, image",
  ]);
  const { erases, bytesWritten } = board.device.report;
  assertEquals([erases.size, bytesWritten], [0, 0]);
});

Deno.test("slow-enumeration: a part that takes 13.7 s to appear is waited for", async () => {
  const chip = findChip("stm32f107");
  const board = plugIn("stm32f107");
  const report = await flash(board, INPUT, { chip });
  assertEquals(report.outcome, "done", report.error?.message);
  assert(board.clock.now() > 13_700);
});
