import { assert, assertEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { readMemory } from "../../src/dfu/read_memory.ts";
import type { ProgressEvent } from "../../src/dfu/report.ts";
import { DeviceError, InterruptedError, TransportError } from "../../src/errors.ts";
import { planRead } from "../../src/plan/plan_read.ts";
import { assertBytes, FLASH, open, plugIn } from "./rig.ts";

Deno.test("readMemory() reads all of a memory, over 16 KB and over several regions", async () => {
  for (const id of ["stm32f405", "stm32l432", "gd32vf103", "stm32l072"]) {
    const chip = findChip(id);
    const board = plugIn(id);
    const device = await open(board, { chip });
    const image = await readMemory(device, {
      alternate: 0,
      ranges: planRead(device.profile, { alternate: 0 }),
    });
    assertEquals(image.segments.map(({ address, size }) => [address, size]), [
      [FLASH, chip.flashSize],
    ]);
    assertBytes(image.segments[0]!.data, board.device.readMemory(FLASH, chip.flashSize), id);
    assertEquals(board.device.report.violationCount, 0);
  }
});

Deno.test("readMemory() keeps gaps as gaps", async () => {
  const chip = findChip("stm32f427");
  const board = plugIn("stm32f427");
  const device = await open(board, { chip });
  const ranges = planRead(device.profile, { alternate: 1 });
  const image = await readMemory(device, { alternate: 1, ranges });
  assertEquals(image.segments.length, 2);
  for (const { address, size, data } of image.segments) {
    assertBytes(data, board.device.readMemory(address, size));
  }
});

Deno.test("readMemory() tells its progress, and leaves the device in dfuIDLE", async () => {
  const board = plugIn("stm32f405");
  const device = await open(board);
  const events: ProgressEvent[] = [];
  const ranges = [{ address: FLASH + 3, size: 5000 }];
  const onEvent = (event: ProgressEvent) => void events.push(event);
  const image = await readMemory(device, { alternate: 0, ranges, onEvent });
  assertBytes(image.segments[0]!.data, board.device.readMemory(FLASH + 3, 5000));
  assertEquals(events.map((event) => event.kind === "progress" ? event.done : event.total), [
    5000,
    2048,
    4096,
    5000,
  ]);
  assertEquals(board.device.log.at(-1)?.text.split(" ")[0], "ABORT");
});

Deno.test("readMemory() fails whole: a short answer, a lost device, a refusal", async () => {
  const ranges = [{ address: FLASH, size: 8192 }];
  const clean = plugIn("stm32f405");
  const opened = await open(clean);
  const before = clean.device.report.transfers;
  await readMemory(opened, { alternate: 0, ranges });
  // SET_INTERFACE, GETSTATUS, SET_ADDRESS with two of them, ABORT, then the second block.
  const transfer = before + 8;
  const read = async (kind: "short" | "disconnect") => {
    const device = await open(plugIn("stm32f405", { faults: [{ transfer, kind }] }));
    return await readMemory(device, { alternate: 0, ranges });
  };
  const error = await assertRejects(() => read("short"), DeviceError);
  assertEquals(error.facts["found"], 1024);
  await assertRejects(() => read("disconnect"), TransportError);
  const closed = await open(plugIn("stm32f405", { readProtected: true }));
  await assertRejects(() => readMemory(closed, { alternate: 0, ranges }), DeviceError, "errVENDOR");
});

Deno.test("readMemory() stops when asked to, with the device ready for the next command", async () => {
  const board = plugIn("stm32f405");
  const device = await open(board);
  const controller = new AbortController();
  const reading = readMemory(device, {
    alternate: 0,
    ranges: [{ address: FLASH, size: 65536 }],
    signal: controller.signal,
    onEvent: (event) => event.kind === "progress" && event.done >= 8192 && controller.abort(),
  });
  await assertRejects(() => reading, InterruptedError);
  assert(board.device.report.bytesRead < 16384);
  assertEquals(board.device.log.at(-1)?.text.split(" ")[0], "ABORT");
});
