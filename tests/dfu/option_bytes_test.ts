import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { isReadProtected, optionBytesOf, readOptionBytes } from "../../src/dfu/option_bytes.ts";
import { DeviceError, PlanError } from "../../src/errors.ts";
import type { Fault } from "../../src/simulator/faults.ts";
import { tableOf } from "../plan/option_rig.ts";
import { open, plugIn } from "./rig.ts";

Deno.test("readOptionBytes() refuses bytes that read differently each time", async () => {
  for (let transfer = 1;; transfer++) {
    assert(transfer < 100, "no flip was noticed");
    const faults = [{ kind: "flip", transfer }] as const;
    const board = plugIn("stm32f405", { faults });
    const device = await open(board, { chip: findChip("stm32f405") });
    const end = await readOptionBytes(device, tableOf("stm32f405")).catch((error) => error);
    if (!(end instanceof DeviceError)) continue;
    assertStringIncludes(end.message, "they read differently each time");
    return;
  }
});

Deno.test("optionBytesOf() knows the part, or what several parts share", async () => {
  const sure = await open(plugIn("stm32f072"));
  assertEquals(optionBytesOf(sure).chips, ["stm32f072"]);
  const unsure = optionBytesOf(await open(plugIn("stm32f411")));
  assertEquals(unsure.chips.includes("stm32f401"), true);
  assertEquals(unsure.table.fields.some(({ name }) => name === "WRP"), false);
  const named = optionBytesOf(await open(plugIn("stm32f411"), { chip: findChip("stm32f411") }));
  assertEquals(named.table.fields.some(({ name }) => name === "WRP"), true);
});

Deno.test("optionBytesOf() refuses parts whose option bytes it does not know", async () => {
  for (const chip of ["gd32vf103", "stm32u585"]) {
    const device = await open(plugIn(chip), { chip: findChip(chip) });
    const error = await new Promise<unknown>((resolve) => {
      try {
        resolve(optionBytesOf(device));
      } catch (caught) {
        resolve(caught);
      }
    });
    assert(error instanceof PlanError, chip);
    assertStringIncludes(error.message, `those of ${chip} are not known`);
  }
});

Deno.test("A device that is another part than --chip says is not read as that part", async () => {
  const board = plugIn("stm32f405");
  const device = await open(board, { chip: findChip("stm32l432") });
  const error = await assertRejects(
    () => readOptionBytes(device, optionBytesOf(device).table),
    PlanError,
  );
  assertStringIncludes(error.message, 'is not in "Option Bytes" of the device');
});

Deno.test("isReadProtected() takes no device for protected that was lost after its refusal", async () => {
  const start = async (faults: readonly Fault[]) => {
    const board = plugIn("stm32f405", { readProtected: true, faults });
    return { board, device: await open(board, { chip: findChip("stm32f405") }) };
  };
  const { transfers } = (await start([])).board.device.report;
  for (let offset = 1;; offset++) {
    const { board, device } = await start([{ kind: "disconnect", transfer: transfers + offset }]);
    const isProtected = await isReadProtected(device).catch(() => false);
    assertEquals(isProtected, board.device.isAttached, `disconnected at transfer ${offset}`);
    if (isProtected) return assert(offset > 5, `${offset} transfers`);
  }
});
