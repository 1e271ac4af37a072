import { assert, assertEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { flashDevice, type FlashOptions } from "../../src/dfu/flash.ts";
import { DeviceError, ExitCode, PlanError } from "../../src/errors.ts";
import { profileOfChip } from "../../src/plan/device_profile.ts";
import { seededRandom } from "../helpers/random.ts";
import { assertBytes, FLASH, flash, holds, inputOf, open, plugIn, withVectors } from "./rig.ts";

const PAGE = 0x4000;
const F405 = findChip("stm32f405");
const random = seededRandom(3);
const DATA = withVectors(random.bytes(2 * PAGE + 1000));
const INPUT = inputOf([{ address: FLASH, data: DATA }]);

function erasedPages(board: ReturnType<typeof plugIn>): number[] {
  return [...board.device.report.erases.keys()];
}

Deno.test("flashDevice() verifies before it leaves, and does not leave when bytes differ", async () => {
  const board = plugIn("stm32f405", { writeProtected: [FLASH + PAGE] });
  const report = await flash(board, INPUT);
  assertEquals([report.outcome, report.finalState], ["failed", "boot-loader"]);
  assertEquals(board.device.report.left, undefined);
  const { error } = report;
  assertEquals(error?.exitCode, ExitCode.verify);
  const found = board.device.readMemory(FLASH + PAGE, PAGE);
  const index = found.findIndex((byte, index) => byte !== DATA[PAGE + index]);
  assertEquals(error?.facts["address"], FLASH + PAGE + index);
  assertEquals(error?.facts["expected"], DATA[PAGE + index]);
  assertEquals(error?.facts["found"], found[index]);
  assertEquals(error?.facts["differentPages"], ["0x08004000"]);
  assert(error?.hint?.includes("(0x08004000)"), error?.hint);
  assert(error?.hint?.includes("write-protected"), error?.hint);
});

Deno.test("silent-at-rdp1: flashDevice() finds that nothing was written, and names read protection", async () => {
  const chip = findChip("stm32u585");
  const board = plugIn("stm32u585", { readProtected: true });
  const report = await flash(board, INPUT, { chip });
  assertEquals([report.outcome, report.error?.exitCode], ["failed", ExitCode.verify]);
  assert(report.error?.hint?.includes("RDP level 1"), report.error?.hint);
  assertEquals(board.device.report.left, undefined);
});

Deno.test("flashDevice() says so when a read-protected part refuses, and has changed nothing", async () => {
  for (const erase of ["needed", "touched", "all"] as const) {
    const board = plugIn("stm32f405", { readProtected: true });
    const report = await flash(board, INPUT, { erase });
    assertEquals([report.outcome, report.error?.exitCode], ["failed", ExitCode.device]);
    assert(report.error?.hint?.includes("RDP level 1"), report.error?.hint);
    assertEquals(report.finalState, "boot-loader");
    assertEquals(erasedPages(board), []);
  }
});

Deno.test("flashDevice() takes no page for blank that is blank only where the image goes", async () => {
  for (const id of ["stm32g474", "stm32l072", "stm32f405"]) {
    const chip = findChip(id);
    const board = plugIn(id, { fill: "blank" });
    const { pageSize } = profileOfChip(chip).alternates[0]!.layout.regions[0]!;
    board.device.writeMemory(FLASH + pageSize - 1, Uint8Array.of(0x5A));
    const input = inputOf([{ address: FLASH, data: random.bytes(13) }]);
    assertEquals((await flash(board, input, { chip, leave: false })).outcome, "done");
    assertEquals(erasedPages(board), [FLASH], id);
    assert(holds(board.device, input.image));
  }
});

Deno.test("flashDevice() does it again where a page only looked blank", async () => {
  const board = plugIn("stm32f405", { fill: "blank" });
  board.device.writeMemory(FLASH + PAGE + 1000, Uint8Array.of(0));
  const report = await flash(board, INPUT, { chip: F405 });
  assertEquals([report.outcome, report.finalState], ["done", "left"], report.error?.message);
  assert(holds(board.device, INPUT.image));
  assertEquals(erasedPages(board), [FLASH + PAGE]);
});

Deno.test("flashDevice() throws what is wrong with file or options, and the device is untouched", async () => {
  const board = plugIn("stm32f405");
  const opened = await open(board);
  const { transfers } = board.device.report;
  const outside = inputOf([{ address: 0x07000000, data: DATA }]);
  await assertRejects(() => flashDevice(opened, outside), PlanError);
  assertEquals(board.device.report.transfers, transfers);
});

Deno.test("flashDevice() refuses to verify or keep bytes where the loader cannot be read", async () => {
  const board = plugIn("stm32f405", { fill: "blank" });
  const opened = { ...await open(board), canUpload: false };
  await assertRejects(() => flashDevice(opened, INPUT), PlanError, "verify");
  const keep: FlashOptions = { preserve: true, verify: false };
  await assertRejects(() => flashDevice(opened, INPUT, keep), PlanError, "keep");
  assertEquals(board.device.report.bytesWritten, 0);
  const report = await flashDevice(opened, INPUT, { verify: false });
  assertEquals([report.outcome, board.device.report.bytesRead], ["done", 0]);
  assert(holds(board.device, INPUT.image));
});

Deno.test("flashDevice() without verify goes on where the survey is refused", async () => {
  const board = plugIn("stm32f405");
  const opened = await open(board);
  const { session } = opened;
  session.read = () => Promise.reject(new DeviceError("Cannot read"));
  const strict = await flashDevice(opened, INPUT);
  assertEquals([strict.outcome, strict.error?.exitCode], ["failed", ExitCode.device]);
  assertEquals(erasedPages(board), []);
  const lax = await flashDevice(opened, INPUT, { verify: false });
  assertEquals(lax.outcome, "done");
  assert(holds(board.device, INPUT.image));
});

Deno.test("flashDevice() does not trust a single reading of bytes that it is to keep", async () => {
  const input = inputOf([{ address: FLASH + 0x105, data: random.bytes(300) }]);
  const options = { preserve: true, leave: false, erase: "touched", chip: F405 } as const;
  const count = plugIn("stm32f405");
  const opened = await open(count, { chip: F405 });
  const before = count.device.report.transfers;
  await flashDevice(opened, input, options);
  const kept = count.device.readMemory(FLASH, 0x105);
  let refused = 0;
  for (let transfer = before; transfer < before + 20; transfer++) {
    const board = plugIn("stm32f405", { faults: [{ transfer, kind: "flip" }] });
    const report = await flash(board, input, options);
    if (report.outcome === "done") assertBytes(board.device.readMemory(FLASH, 0x105), kept);
    else refused++;
    assertEquals(erasedPages(board).length, report.outcome === "done" ? 1 : 0);
  }
  assert(refused > 1);
});

Deno.test("flashDevice() calls it a reset only on parts that reset after their option bytes", async () => {
  const chip = findChip("stm32l476");
  const input = inputOf([{ address: 0x1FFF7800, data: random.bytes(40) }], 1);
  const options = { allowSpecial: true, leave: false, chip };
  const count = plugIn("stm32l476");
  assertEquals((await flash(count, input, options)).outcome, "done");
  for (let transfer = 12; transfer <= count.device.report.transfers; transfer++) {
    const board = plugIn("stm32l476", { faults: [{ transfer, kind: "disconnect" }] });
    const report = await flash(board, input, options);
    // All but the farewell, which comes when the bytes have been verified.
    if (report.outcome === "done") assert(holds(board.device, input.image));
    assertEquals(report.finalState, "lost", `lost at transfer ${transfer}`);
  }
});
