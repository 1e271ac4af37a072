import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { OPTION_BYTES } from "../../src/chips/option_bytes.ts";
import { changeOptionBytes, unprotectDevice } from "../../src/dfu/change_option_bytes.ts";
import {
  isReadProtected,
  isReadRefusal,
  type OptionDevice,
  readOptionBytes,
} from "../../src/dfu/option_bytes.ts";
import {
  DeviceError,
  DfuseError,
  PlanError,
  TransportError,
  VerifyError,
} from "../../src/errors.ts";
import { findOption, type OptionState } from "../../src/plan/option_state.ts";
import { FAULT_KINDS } from "../../src/simulator/faults.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { ALLOW_ALL, plan, tableOf } from "../plan/option_rig.ts";
import { type Board, FLASH, open, plugIn } from "./rig.ts";

const WRITABLE = OPTION_BYTES.filter(({ readOnly }) => readOnly === undefined)
  .flatMap(({ chips }) => chips);

/** A board, opened as its part, that can be opened again. */
async function start(chip: string, options: Partial<SimulatorOptions> = {}) {
  const board = plugIn(chip, options);
  const device = await open(board, { chip: findChip(chip) });
  const reopen = () => open(board, { chip: findChip(chip) });
  return { board, device, reopen, table: tableOf(chip) };
}

/** Sets options as the command does. */
async function set(rig: Awaited<ReturnType<typeof start>>, words: string) {
  const before = await readOptionBytes(rig.device, rig.table);
  const made = plan(before, words, ALLOW_ALL);
  return { before, made, outcome: await changeOptionBytes(rig.device, made, rig) };
}

function valueOf(state: OptionState | undefined, name: string): string | undefined {
  return state === undefined ? undefined : findOption(state, name)?.text;
}

for (const chip of WRITABLE) {
  Deno.test(`Option bytes of ${chip} can be read, set, and read back after the reset`, async () => {
    for (const quirks of [findChip(chip).quirks, [], ["resets-after-option-bytes"] as const]) {
      const rig = await start(chip, { quirks });
      const { outcome, made } = await set(rig, "RDP=0 nRST_STOP=0 nRST_STDBY=0");
      assertEquals(outcome.kind, "verified");
      assertEquals(outcome.hasReset, quirks.includes("resets-after-option-bytes"));
      assertEquals(valueOf(outcome.found, "nRST_STOP"), "0");
      const { address, data } = made.write!;
      assertEquals(rig.board.device.readMemory(address, data.length), data);
      assertEquals(rig.board.device.report.violations, []);
    }
  });
}

Deno.test("Read protection is in force after the reset, and unprotect erases everything", async () => {
  for (const chip of WRITABLE) {
    const rig = await start(chip, { quirks: ["resets-after-option-bytes"] });
    const { outcome } = await set(rig, "RDP=1");
    assertEquals([outcome.kind, outcome.hasReset], ["protected", true], chip);
    const device = await again(rig.board, chip);
    assert(await isReadProtected(device));
    const error = await assertRejects(() => readOptionBytes(device, rig.table), DeviceError);
    assert(isReadRefusal(error));
    const before = rig.board.device.readMemory(FLASH, 64);
    assert(before.some((byte) => byte !== 0xFF));
    await unprotectDevice(device, rig);
    assertEquals(rig.board.device.readMemory(FLASH, 64), new Uint8Array(64).fill(0xFF));
    const after = await readOptionBytes(await again(rig.board, chip), rig.table);
    assertEquals([after.level, after.damage.length], [0, 0]);
  }
});

/** Opens a board that may be open still. */
async function again(board: Board, chip: string): Promise<OptionDevice> {
  board.device.replug();
  return await open(board, { chip: findChip(chip) });
}

Deno.test("Write protection is in force after the reset, for just the pages that were named", async () => {
  const cases = [
    ["stm32f405", "WRP=1,4", [FLASH + 0x4000, FLASH + 0x10000]],
    ["stm32f427", "WRP=0", [FLASH]],
    ["stm32f072", "WRP=1", [FLASH + 0x1000, FLASH + 0x1800]],
    ["stm32f042", "WRP=7", [0x7000, 0x7400, 0x7800, 0x7C00].map((offset) => FLASH + offset)],
    ["stm32l432", "WRP1A=2-3", [FLASH + 0x1000, FLASH + 0x1800]],
    ["stm32g474", "WRP1B=0", [FLASH]],
  ] as const;
  for (const [chip, words, pages] of cases) {
    const rig = await start(chip, { quirks: ["resets-after-option-bytes"] });
    assertEquals((await set(rig, words)).outcome.kind, "verified");
    const device = await again(rig.board, chip);
    await device.session.recover();
    for (const region of device.profile.alternates[0]!.layout.regions) {
      for (let index = 0; index < region.pageCount; index++) {
        const address = region.address + index * region.pageSize;
        await device.session.erasePage({ address, size: region.pageSize });
        const isBlank = rig.board.device.readMemory(address, 16).every((byte) => byte === 0xFF);
        assertEquals(
          isBlank,
          !(pages as readonly number[]).includes(address),
          `${chip} ${address}`,
        );
      }
    }
  }
});

Deno.test("The last bit of an STM32F107's write protection protects all that follows", async () => {
  const rig = await start("stm32f107", { quirks: ["resets-after-option-bytes"] });
  await set(rig, "WRP=31");
  const device = await again(rig.board, "stm32f107");
  await device.session.recover();
  for (const [page, isBlank] of [[61, true], [62, false], [127, false]] as const) {
    const address = FLASH + page * 2048;
    await device.session.erasePage({ address, size: 2048 });
    const bytes = rig.board.device.readMemory(address, 16);
    assertEquals(bytes.every((byte) => byte === 0xFF), isBlank, `${page}`);
  }
});

Deno.test("Level 2 is written when it was asked for twice, and the part never comes back", async () => {
  const rig = await start("stm32f405");
  const { outcome } = await set(rig, "RDP=2");
  assertEquals(outcome.kind, "locked");
  rig.board.device.replug();
  const error = await assertRejects(() => rig.board.device.open(), TransportError);
  assertEquals(error.kind, "not-found");
});

Deno.test("changeOptionBytes() notices a setting that is not as planned", async () => {
  const rig = await start("stm32f405");
  const before = await readOptionBytes(rig.device, rig.table);
  const made = plan(before, "BOR_LEV=0");
  const reopen = () => {
    rig.board.device.writeMemory(0x1FFFC000, before.contents.get(0x1FFFC000)!);
    return rig.reopen();
  };
  const error = await assertRejects(
    () => changeOptionBytes(rig.device, made, { reopen }),
    VerifyError,
  );
  assertEquals(error.message, "Cannot verify the option bytes: BOR_LEV is 3, expected 0");
});

Deno.test("changeOptionBytes() follows a device that answers first and resets then", async () => {
  const quiet = await start("stm32g431");
  const made = plan(await readOptionBytes(quiet.device, quiet.table), "BOR_LEV=1");
  const first = quiet.board.device.report.transfers;
  await changeOptionBytes(quiet.device, made, quiet);
  const last = quiet.board.device.report.transfers;
  // The last transfers read back, after the device has answered.
  for (let transfer = last - 4; transfer <= last; transfer++) {
    assert(transfer > first);
    const rig = await start("stm32g431", { faults: [{ kind: "reconnect", transfer }] });
    const { outcome } = await set(rig, "BOR_LEV=1");
    assertEquals([outcome.kind, outcome.hasReset], ["verified", true], `${transfer}`);
  }
});

Deno.test("changeOptionBytes() says that the device does not come back", async () => {
  const rig = await start("stm32f405");
  const made = plan(await readOptionBytes(rig.device, rig.table), "BOR_LEV=0");
  const reopen = () => {
    rig.board.device.unplug();
    return rig.reopen();
  };
  const error = await assertRejects(
    () => changeOptionBytes(rig.device, made, { reopen }),
    TransportError,
  );
  assertEquals(error.kind, "not-found");
});

Deno.test("Power lost in the middle leaves a part that says it is protected, and can be saved", async () => {
  const probe = await start("stm32f405");
  const made = plan(await readOptionBytes(probe.device, probe.table), "BOR_LEV=0");
  const transfer = probe.board.device.report.transfers;
  let torn = 0;
  for (let more = 1; more < 12; more++) {
    const fault = { kind: "reconnect", transfer: transfer + more } as const;
    const rig = await start("stm32f405", { faults: [fault] });
    await readOptionBytes(rig.device, rig.table);
    const end = await changeOptionBytes(rig.device, made, rig).catch((error) => error);
    if (!(end instanceof DeviceError)) continue;
    torn++;
    assertStringIncludes(end.message, "as after an interrupted write");
    const device = await again(rig.board, "stm32f405");
    await unprotectDevice(device, rig);
    rig.board.device.replug();
  }
  assert(torn > 0);
});

Deno.test("Every fault at every transfer ends in a result that tells the truth", async () => {
  const chip = "stm32l432";
  const words = "BOR_LEV=2 WRP1A=4-7";
  const quiet = await start(chip, { quirks: ["resets-after-option-bytes"] });
  // Opening a device is tested elsewhere.
  const opened = quiet.board.device.report.transfers;
  const wanted = (await set(quiet, words)).made.write!;
  const { transfers } = quiet.board.device.report;
  let failures = 0;
  for (const kind of FAULT_KINDS) {
    for (let transfer = opened + 1; transfer <= transfers; transfer++) {
      const options = {
        quirks: ["resets-after-option-bytes"],
        faults: [{ kind, transfer }],
      } as const;
      const board = plugIn(chip, options);
      const reopen = () => open(board, { chip: findChip(chip) });
      const end = await run(reopen, words);
      const label = `${kind}@${transfer}`;
      const stored = board.device.readMemory(wanted.address, wanted.data.length);
      const isWritten = stored.every((byte, index) => byte === wanted.data[index]);
      if (end === undefined) assert(isWritten, label);
      else failures++;
      // Whatever happened: the part is as it was, as it should be, or saved by unprotect.
      const device = await again(board, chip);
      if (await isReadProtected(device)) await unprotectDevice(device, { reopen });
      board.device.replug();
      assertEquals(await run(reopen, words), undefined, label);
      assertEquals(board.device.readMemory(wanted.address, wanted.data.length), wanted.data, label);
    }
  }
  assert(failures > 20 && failures < transfers * FAULT_KINDS.length, `${failures}`);
});

/** Reads, sets and closes; gives the error if there is one. */
async function run(
  reopen: () => ReturnType<typeof open>,
  words: string,
): Promise<DfuseError | undefined> {
  let device: Awaited<ReturnType<typeof open>> | undefined;
  try {
    device = await reopen();
    const before = await readOptionBytes(device, tableOf("stm32l432"));
    const made = plan(before, words, ALLOW_ALL);
    const next = async () => {
      await device!.transport.close();
      return device = await reopen();
    };
    if (made.write !== undefined) await changeOptionBytes(device, made, { reopen: next });
    return undefined;
  } catch (error) {
    if (!(error instanceof DfuseError)) throw error;
    return error;
  } finally {
    await device?.transport.close();
  }
}

Deno.test("A boot loader with another count of option bytes is not written to", async () => {
  const entry = findChip("stm32f405");
  const alternates = [...entry.alternates];
  alternates[1] = "@Option Bytes  /0x1FFFC000/01*020 e";
  const rig = await start("stm32f405", { chip: { ...entry, alternates } });
  const made = plan(await readOptionBytes(rig.device, rig.table), "BOR_LEV=0");
  const error = await assertRejects(() => changeOptionBytes(rig.device, made, rig), PlanError);
  assertEquals(
    error.message,
    "Cannot write the option bytes: the device has 20 bytes of them, expected 16",
  );
  assertEquals(rig.board.device.report.bytesWritten, 0);
});

Deno.test("unprotectDevice() says that protection stays", async () => {
  const rig = await start("stm32f405", { readProtected: true });
  const reopen = async () => {
    rig.board.device.writeMemory(0x1FFFC000, Uint8Array.of(0xEF, 0xBB, 0x10, 0x44));
    rig.board.device.replug();
    return await rig.reopen();
  };
  const error = await assertRejects(() => unprotectDevice(rig.device, { reopen }), DeviceError);
  assertStringIncludes(error.message, "still refuses to be read");
});
