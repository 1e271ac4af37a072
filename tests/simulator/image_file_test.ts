import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { FirmwareError, UsageError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, pattern } from "./host.ts";

const FLASH = 0x08000000;

async function withFile(action: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await action(`${folder}/board.img`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function createDevice(image: string, chip = "stm32f072", seed = 1) {
  return createSimulatedDevice({ chip: findChip(chip), image, seed }, new VirtualClock());
}

async function writeSomething(path: string): Promise<Uint8Array> {
  const device = createDevice(path);
  const host = await Host.open(device);
  await host.erase(FLASH);
  await host.setAddress(FLASH);
  await host.command(2, pattern(2048));
  await host.transport.close();
  return device.readMemory(FLASH, 0x20000);
}

Deno.test("An image file keeps all memory between runs, whatever the seed of the next", async () => {
  await withFile(async (path) => {
    const memory = await writeSomething(path);
    const again = createDevice(path, "stm32f072", 99);
    assertEquals(again.readMemory(FLASH, 0x20000), memory);
    const [magic, header] = (await Deno.readTextFile(path)).split("\n", 2);
    assertEquals(magic, "dfuse simulator image 1");
    assertEquals(JSON.parse(header!).chip, "stm32f072");
    assertEquals([...Deno.readDirSync(path.replace("/board.img", ""))].length, 1);
  });
});

Deno.test("An image file is saved when the cable is pulled as well", async () => {
  await withFile(async (path) => {
    const device = createDevice(path);
    const host = await Host.open(device);
    await host.erase(FLASH);
    device.unplug();
    assertEquals(createDevice(path).readMemory(FLASH, 16), new Uint8Array(16).fill(0xFF));
  });
});

Deno.test("An image file of another part is a usage error, and is left alone", async () => {
  await withFile(async (path) => {
    await writeSomething(path);
    const before = await Deno.readFile(path);
    const error = assertThrows(() => createDevice(path, "stm32f405"), UsageError);
    assertThrows(() => createDevice(path, "stm32f072x8"), UsageError);
    assertStringIncludes(error.message, "it holds chip stm32f072, expected stm32f405");
    assertEquals(await Deno.readFile(path), before);
  });
});

Deno.test("An image file belongs to one part, even where another has the same memory", async () => {
  await withFile(async (path) => {
    const host = await Host.open(createDevice(path, "stm32f401"));
    await host.transport.close();
    assertThrows(() => createDevice(path, "stm32f411"), UsageError);
  });
});

Deno.test("A damaged image file is refused, wherever the damage is", async () => {
  await withFile(async (path) => {
    await writeSomething(path);
    const good = await Deno.readFile(path);
    const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
      ["begins otherwise", (bytes) => bytes.fill(0x41, 0, 1)],
      ["begins otherwise", () => new Uint8Array(0)],
      ["second line is no JSON", (bytes) => bytes.fill(0x41, 24, 25)],
      ["CRC is wrong", (bytes) => bytes.fill(bytes.at(-1)! ^ 1, bytes.length - 1)],
      ["bytes of memory", (bytes) => bytes.subarray(0, bytes.length - 1)],
      ["bytes of memory", (bytes) => new Uint8Array([...bytes, 0])],
    ];
    for (const [message, damage] of damages) {
      await Deno.writeFile(path, damage(good.slice()));
      const error = assertThrows(() => createDevice(path), FirmwareError);
      assertStringIncludes(error.message, message);
    }
    for (let size = 0; size < 400; size += 7) {
      await Deno.writeFile(path, good.subarray(0, size));
      assertThrows(() => createDevice(path), FirmwareError);
    }
  });
});

Deno.test("An image file that cannot be written is a usage error, and leaves nothing behind", async () => {
  await withFile(async (path) => {
    await Deno.mkdir(path);
    await Deno.mkdir(`${path}/in the way`);
    assertThrows(() => createDevice(path), FirmwareError);
    const device = createDevice(`${path}/no such folder/board.img`);
    assert(device.readMemory(FLASH, 4).length === 4);
    const host = await Host.open(device);
    assertThrows(() => device.unplug(), UsageError);
    await host.transport.close();
  });
});
