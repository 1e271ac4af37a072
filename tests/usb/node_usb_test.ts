import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../src/errors.ts";
import type { AddonDevice } from "../../src/usb/addon.ts";
import { busOf, openUsbBus } from "../../src/usb/node_usb.ts";
import { addonError, fakeAddon, FakeAddonDevice, type FakeCalls } from "./fake_addon.ts";

const CONFIGURATION = Uint8Array.of(
  ...[9, 2, 27, 0, 1, 1, 0, 0xC0, 50],
  ...[9, 4, 0, 0, 0, 0xFE, 1, 2, 4],
  ...[9, 0x21, 0x0B, 255, 0, 0, 8, 0x1A, 1],
);

const DESCRIBING: FakeCalls = {
  in: (_, size) => ({ data: new DataView(CONFIGURATION.slice(0, size as number).buffer) }),
};

function fake(facts: Partial<AddonDevice> = {}, calls: FakeCalls = {}): AddonDevice {
  return new FakeAddonDevice(facts, calls).device;
}

async function pathsOf(...facts: Partial<AddonDevice>[]): Promise<string[]> {
  const bus = busOf(fakeAddon(facts.map((each) => fake(each))), "linux");
  return (await bus.devices()).map((device) => device.facts.path);
}

Deno.test("openUsbBus() loads the addon, or says why not", async () => {
  // Whether there is USB depends on the machine; that there is an answer of the right kind does not.
  try {
    const devices = await (await openUsbBus()).devices();
    assertEquals(Array.isArray(devices), true);
  } catch (error) {
    assertEquals(error instanceof TransportError && error.kind, "not-found", String(error));
  }
});

Deno.test("busOf() names paths as Linux does, in order", async () => {
  assertEquals(
    await pathsOf(
      { bus: "010", ports: [1] },
      { bus: "001", ports: [10] },
      { bus: "001", ports: [9, 2] },
      { bus: "003", ports: [], address: 5 },
    ),
    ["1-9.2", "1-10", "3-@5", "10-1"],
  );
});

Deno.test("busOf() names a bus of macOS and of Windows by what stays the same", async () => {
  assertEquals(await pathsOf({ bus: "14", ports: [1, 2] }), ["14-1.2"]);
  const bus = "PCIROOT(0)#PCI(0201)#PCI(0000)#USBROOT(1)";
  assertEquals(await pathsOf({ bus, ports: [16] }), ["0.0201.0000.1-16"]);
});

Deno.test("busOf() puts bcdDevice together", async () => {
  const device = fake({
    deviceVersionMajor: 0x22,
    deviceVersionMinor: 3,
    deviceVersionSubminor: 0xF,
  });
  const [found] = await busOf(fakeAddon([device]), "linux").devices();
  assertEquals(found?.facts.deviceVersion, 0x223F);
});

Deno.test("busOf() leaves out strings that are missing, and those that cannot be had", async () => {
  const device = fake({
    get serialNumber(): string | null {
      throw addonError("open error: permission denied (errno 13)");
    },
    manufacturerName: null,
    productName: "STM32  BOOTLOADER",
  });
  const [found] = await busOf(fakeAddon([device]), "linux").devices();
  assertEquals(found?.readStrings(), { product: "STM32  BOOTLOADER" });
});

Deno.test("busOf() reads serial numbers that were taken for UTF-16", async () => {
  const serialOf = async (serialNumber: string) => {
    const [found] = await busOf(fakeAddon([fake({ serialNumber })]), "linux").devices();
    return found?.readStrings().serial;
  };
  assertEquals(await serialOf("\u4333\u4A42"), "3CBJ");
  assertEquals(await serialOf("206A3585"), "206A3585");
  assertEquals(await serialOf("Prüfling 7"), "Prüfling 7");
  assertEquals(await serialOf(""), undefined);
});

Deno.test("readConfiguration() asks a device once, not at every look", async () => {
  const device = new FakeAddonDevice({}, DESCRIBING);
  const addon = fakeAddon([device.device]);
  const bus = busOf(addon, "darwin");
  for (let look = 0; look < 3; look++) {
    const [found] = await bus.devices();
    const { interfaces, functional } = await found!.readConfiguration();
    assertEquals(interfaces.map((each) => each.protocolCode), [2]);
    assertEquals(functional.get(0)?.transferSize, 2048);
  }
  assertEquals(device.calls, ["open", "in 9 1000", "in 27 1000", "close"]);
});

Deno.test("readConfiguration() asks again when the device comes anew", async () => {
  const first = new FakeAddonDevice({ handle: "h1" }, DESCRIBING);
  const second = new FakeAddonDevice({ handle: "h2" }, DESCRIBING);
  const third = new FakeAddonDevice({ handle: "h1" }, DESCRIBING);
  let attached: AddonDevice[] = [];
  const addon = fakeAddon([]);
  const bus = busOf(
    { usb: { ...addon.usb, getDevices: () => Promise.resolve(attached) } },
    "darwin",
  );
  for (const { device, calls } of [first, second, third]) {
    attached = [device];
    await (await bus.devices())[0]!.readConfiguration();
    assertEquals(calls.length, 4);
  }
});

Deno.test("readConfiguration() closes a device that does not answer", async () => {
  const device = new FakeAddonDevice({}, {
    in: () => {
      throw addonError("controlTransferIn error: transfer was cancelled");
    },
  });
  const [found] = await busOf(fakeAddon([device.device]), "darwin").devices();
  const error = await assertRejects(() => found!.readConfiguration(), TransportError);
  assertEquals(error.kind, "timeout");
  assertEquals(device.calls.at(-1), "close");
});

Deno.test("readConfiguration() takes what Windows tells, without opening the device", async () => {
  const alternates = [0, 1].map((alternateSetting) => ({
    alternateSetting,
    interfaceClass: 0xFE,
    interfaceSubclass: 1,
    interfaceProtocol: 2,
  }));
  const device = new FakeAddonDevice({
    configuration: { configurationValue: 1, interfaces: [{ interfaceNumber: 4, alternates }] },
  });
  const [found] = await busOf(fakeAddon([device.device]), "windows").devices();
  const { interfaces, functional } = await found!.readConfiguration();
  assertEquals(
    interfaces.map((each) => [each.interfaceNumber, each.alternate, each.classCode]),
    [[4, 0, 0xFE], [4, 1, 0xFE]],
  );
  assertEquals(functional.size, 0);
  assertEquals(device.calls, []);
});

Deno.test("open() names the device and its remedy in the error", async () => {
  const device = fake({ vendorId: 0x28E9, productId: 0x0189 }, {
    open: () => {
      throw addonError("open error: permission denied (errno 13)");
    },
  });
  const [found] = await busOf(fakeAddon([device]), "linux").devices();
  const error = await assertRejects(() => found!.open(0), TransportError);
  assertEquals(error.message, "Cannot open the device at 1-4.2: permission denied (errno 13)");
  assertEquals(error.hint?.includes('ATTR{idProduct}=="0189"'), true);
});

Deno.test("watch() ends only after it has begun, and bears a system without events", async () => {
  const calls: string[] = [];
  const begun = Promise.withResolvers<void>();
  const bus = busOf(
    fakeAddon([], {
      addAttach: () => begun.promise.then(() => void calls.push("add")),
      removeAttach: () => Promise.resolve(void calls.push("remove")),
    }),
    "linux",
  );
  const stop = bus.watch(() => {});
  stop();
  begun.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(calls, ["add", "remove"]);

  const failing = busOf(
    fakeAddon([], { addAttach: () => Promise.reject(addonError("watch devices error")) }),
    "linux",
  );
  failing.watch(() => {})();
  await new Promise((resolve) => setTimeout(resolve, 5));
});
