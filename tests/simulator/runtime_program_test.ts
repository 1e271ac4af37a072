import { assert, assertEquals, assertRejects } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import type { SimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { parseConfigurationDescriptor } from "../../src/usb/descriptors.ts";
import { Host, littleEndian, start } from "./host.ts";

const FLASH = 0x08000000;
const DFU_INTERFACE = 1;

/** A host of a program: its DFU interface is not the first one. */
class ProgramHost extends Host {
  static override async open(device: SimulatedDevice): Promise<ProgramHost> {
    return new ProgramHost(await device.open());
  }

  override out(request: number, value = 0, data = new Uint8Array(0)): Promise<void> {
    return this.control({ requestType: 0x21, request, value, index: DFU_INTERFACE }, data);
  }

  override in(request: number, value: number, length: number): Promise<Uint8Array> {
    const setup = { requestType: 0xA1, request, value, index: DFU_INTERFACE };
    return this.transport.controlIn(setup, length, this.timeoutMs);
  }

  detach(timeoutMs = 1000): Promise<void> {
    return this.out(0, timeoutMs);
  }
}

async function startProgram(
  runtime: NonNullable<SimulatorOptions["runtime"]>,
  options: Partial<SimulatorOptions> = {},
) {
  const { clock, device, host } = await start({ ...options, runtime });
  return { clock, device, host: new ProgramHost(host.transport) };
}

async function kindOf(action: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(action, TransportError)).kind;
}

Deno.test("A program describes its DFU interface, and has ids and a serial number of its own", async () => {
  for (const runtime of ["detaches", "waits"] as const) {
    const { device, host } = await startProgram(runtime, { serial: "ROM" });
    const { mode, vendorId, productId, serial } = device.describe();
    assertEquals([mode, vendorId, productId], ["runtime", 0x0483, 0x5740]);
    assert(serial !== "ROM");
    const { interfaces, functional } = parseConfigurationDescriptor(await host.descriptor(2, 0));
    assertEquals(
      interfaces.map((
        { interfaceNumber, classCode, subclassCode, protocolCode },
      ) => [interfaceNumber, classCode, subclassCode, protocolCode]),
      [[0, 0xFF, 0, 0], [DFU_INTERFACE, 0xFE, 1, 1]],
    );
    const { willDetach, detachTimeoutMs } = functional.get(DFU_INTERFACE)!;
    assertEquals([willDetach, detachTimeoutMs], [runtime === "detaches", 1000]);
  }
});

Deno.test("A program that detaches by itself leaves the bus and comes back as the boot loader", async () => {
  const { clock, device, host } = await startProgram("detaches", { serial: "ROM" });
  assertEquals(await host.status(), { status: 0, pollTimeoutMs: 0, state: 0 });
  await host.detach();
  assertEquals([await host.state(), (await host.status()).state], [1, 1]);
  await clock.sleep(20);
  assertEquals(await kindOf(() => host.state()), "disconnected");
  assertEquals([device.isAttached, device.isPresent], [false, true]);
  const { mode, productId, serial } = device.describe();
  assertEquals([mode, productId, serial], ["dfu", 0xDF11, "ROM"]);
  const loader = await Host.open(device);
  assertEquals([await loader.state(), clock.now() > 300], [2, true]);
  assertEquals(device.report.violations, []);
});

Deno.test("A program that waits for a bus reset becomes the boot loader at one that comes in time", async () => {
  const { device, host } = await startProgram("waits");
  await host.detach();
  assertEquals(await host.state(), 1);
  assertEquals(await kindOf(() => host.transport.reset()), "disconnected");
  assertEquals(await (await Host.open(device)).state(), 2);
  assertEquals(device.report.violations, []);
});

Deno.test("A program waits for a bus reset as long as host and device agree", async () => {
  for (const [askedMs, waitsMs] of [[200, 200], [60_000, 1000]] as const) {
    const { clock, host } = await startProgram("waits");
    await host.detach(askedMs);
    await clock.sleep(waitsMs - 1);
    assertEquals(await host.state(), 1, `${askedMs}`);
    await clock.sleep(1);
    assertEquals(await host.state(), 0, `${askedMs}`);
    await host.transport.reset();
    assertEquals(await host.state(), 0);
  }
});

Deno.test("A bus reset without DETACH changes nothing for a program", async () => {
  const { device, host } = await startProgram("waits");
  await host.transport.reset();
  assertEquals([await host.state(), device.describe().mode], [0, "runtime"]);
});

Deno.test("A bus reset of a program that detaches by itself is a violation, and does no harm", async () => {
  const { device, host } = await startProgram("detaches");
  await host.detach();
  await host.transport.reset().catch(() => {});
  assertEquals(device.report.violations, ["bus reset of a device that detaches by itself"]);
  assertEquals(await (await Host.open(device)).state(), 2);
});

Deno.test("What a program does not know is stalled, is a violation, and ends appDETACH", async () => {
  const { device, host } = await startProgram("waits");
  const wrong: [() => Promise<unknown>, string][] = [
    [() => host.download(0, [1]), "DNLOAD"],
    [() => host.upload(0, 4), "UPLOAD"],
    [() => host.clearStatus(), "CLRSTATUS"],
    [() => host.abort(), "ABORT"],
    [() => host.out(3), "class request 3 to interface 1"],
    [() => new Host(host.transport).status(), "class request 3 to interface 0"],
  ];
  for (const [action] of wrong) assertEquals(await kindOf(action), "stall");
  const texts = wrong.map(([, text]) => text);
  assertEquals(device.report.violations, texts.map((text) => `${text} in appIDLE`));
  await host.detach();
  assertEquals(await kindOf(() => host.detach()), "stall");
  assertEquals([await host.state(), device.report.violations.at(-1)], [0, "DETACH in appDETACH"]);
});

Deno.test("Power, a leave and a reset start the program again", async () => {
  const { device, host } = await startProgram("waits");
  const toLoader = async (program: ProgramHost) => {
    await program.detach();
    await program.transport.reset().catch(() => {});
    return await Host.open(device);
  };
  const mode = () => device.describe().mode;
  const leaving = await toLoader(host);
  device.writeMemory(FLASH, Uint8Array.from([...littleEndian(0x20020000), 9, 0, 0, 8]));
  await leaving.setAddress(FLASH);
  await leaving.download(0);
  await leaving.status();
  assertEquals([mode(), device.isPresent], ["runtime", true]);
  const resetting = await toLoader(await ProgramHost.open(device));
  await resetting.setAddress(0x08004000);
  await resetting.download(0);
  await resetting.status();
  assertEquals(mode(), "runtime");
  await toLoader(await ProgramHost.open(device));
  device.unplug();
  assertEquals([mode(), device.isPresent], ["runtime", false]);
  device.replug();
  assertEquals(await (await ProgramHost.open(device)).state(), 0);
});

Deno.test("A part at read protection level 2 runs its program, and never shows its boot loader", async () => {
  for (const runtime of ["detaches", "waits"] as const) {
    const { clock, device } = await startProgram(runtime);
    // The user byte and the protection byte, each followed later by its complement, twice.
    const words = [0xEF, 0xCC, 0x10, 0x33, 0xEF, 0xCC, 0x10, 0x33];
    device.writeMemory(0x1FFFC000, Uint8Array.from(words));
    device.replug();
    const program = await ProgramHost.open(device);
    await program.detach();
    await clock.sleep(20);
    await program.transport.reset().catch(() => {});
    assertEquals(device.isPresent, false, runtime);
  }
});

Deno.test("A program takes less time to come than a boot loader that is slow to enumerate", async () => {
  const chip = findChip("stm32f105");
  const { clock, device, host } = await startProgram("detaches", { chip });
  assertEquals(clock.now(), 0);
  await host.detach();
  await clock.sleep(20);
  await Host.open(device);
  assert(clock.now() > 13_700);
});
