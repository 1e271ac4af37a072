import { assertEquals, assertRejects } from "@std/assert";
import { UsbSource } from "../../src/cli/station_usb.ts";
import { InterruptedError, TransportError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { BusDevice, UsbBus } from "../../src/usb/bus.ts";
import type { ConfigurationDescriptor, InterfaceDescriptor } from "../../src/usb/descriptors.ts";
import type { Transport } from "../../src/usb/transport.ts";

/** A bus of which the test says what is attached; counts how often each device is asked. */
class FakeBus implements UsbBus {
  attached: BusDevice[] = [];
  onAttach = () => {};

  devices(): Promise<readonly BusDevice[]> {
    return Promise.resolve(this.attached);
  }

  watch(onAttach: () => void): () => void {
    this.onAttach = onAttach;
    return () => {};
  }
}

interface FakeDevice extends BusDevice {
  asked: number;
  opened: number;
}

function device(
  path: string,
  options: { readonly protocol?: number; readonly vendorId?: number; readonly serial?: string } =
    {},
): FakeDevice {
  const { protocol = 2, vendorId = 0x0483, serial = path } = options;
  const alternate: InterfaceDescriptor = {
    interfaceNumber: 0,
    alternate: 0,
    classCode: protocol === 0 ? 3 : 0xFE,
    subclassCode: 1,
    protocolCode: protocol,
    nameIndex: 0,
  };
  const configuration: ConfigurationDescriptor = {
    configurationValue: 1,
    interfaces: [alternate],
    functional: new Map(),
  };
  return {
    asked: 0,
    opened: 0,
    facts: { path, vendorId, productId: 0xDF11, deviceVersion: 0, deviceClass: 0 },
    readStrings: () => ({ serial }),
    readConfiguration() {
      this.asked++;
      return Promise.resolve(configuration);
    },
    open() {
      this.opened++;
      return Promise.resolve({} as Transport);
    },
  };
}

function source(bus: UsbBus, selector = {}, detach = false) {
  return new UsbSource(bus, { clock: new VirtualClock(), selector, detach });
}

async function pathsOf(found: UsbSource): Promise<string[]> {
  return (await found.devices()).map(({ path }) => path).sort();
}

Deno.test("UsbSource asks each device once, as long as it stays", async () => {
  const bus = new FakeBus();
  const [loader, mouse] = [device("1-1"), device("1-2", { protocol: 0 })];
  bus.attached = [loader, mouse];
  const found = source(bus);
  for (let times = 0; times < 3; times++) assertEquals(await pathsOf(found), ["1-1"]);
  assertEquals([loader.asked, mouse.asked], [1, 1]);
  bus.attached = [mouse];
  assertEquals(await pathsOf(found), []);
  bus.attached = [loader, mouse];
  assertEquals(await pathsOf(found), ["1-1"]);
  assertEquals([loader.asked, mouse.asked], [2, 1]);
});

Deno.test("UsbSource finds a board that became another device on its port", async () => {
  const bus = new FakeBus();
  bus.attached = [device("1-1", { protocol: 1, vendorId: 0x1209 })];
  const found = source(bus);
  assertEquals(await pathsOf(found), []);
  bus.attached = [device("1-1")];
  assertEquals(await pathsOf(found), ["1-1"]);
});

Deno.test("UsbSource looks again at what was no boot loader when the system tells of a change", async () => {
  const bus = new FakeBus();
  bus.attached = [device("1-1", { protocol: 1 }), device("1-2")];
  const found = source(bus);
  let changes = 0;
  found.watch(() => changes++);
  assertEquals(await pathsOf(found), ["1-2"]);
  const loader = device("1-1");
  bus.attached = [loader, bus.attached[1]!];
  bus.onAttach();
  assertEquals(await pathsOf(found), ["1-1", "1-2"]);
  assertEquals([changes, (bus.attached[1] as FakeDevice).asked], [1, 1]);
});

Deno.test("UsbSource gives only what is meant, and opens the newest object of it", async () => {
  const bus = new FakeBus();
  bus.attached = [device("1-1"), device("1-2")];
  const found = source(bus, { names: ["1-2"] });
  const [chosen] = await found.devices();
  assertEquals([chosen!.path, chosen!.serial], ["1-2", "1-2"]);
  const newest = device("1-2");
  bus.attached = [newest];
  await found.devices();
  await chosen!.open();
  assertEquals(newest.opened, 1);
  bus.attached = [];
  await found.devices();
  await assertRejects(() => chosen!.open(), TransportError, "gone");
});

/** A board whose program goes away at DETACH, for its boot loader to come; the first requests to each. */
function detaching(bus: FakeBus, path: string) {
  const requests: string[] = [];
  const transportOf = (name: string, onRequest: () => void): Transport => ({
    controlOut: ({ request }) => {
      requests.push(`${name} ${request}`);
      onRequest();
      return Promise.resolve();
    },
    controlIn: () => Promise.resolve(new Uint8Array(0)),
    reset: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
  const loader = { ...device(path), open: () => Promise.resolve(transportOf("loader", () => {})) };
  const leave = () => {
    bus.attached = bus.attached.map((one) => one.facts.path === path ? loader : one);
  };
  const program = {
    ...device(path, { protocol: 1, vendorId: 0x1209, serial: "P" }),
    open: () => Promise.resolve(transportOf("program", leave)),
  };
  return { program, requests };
}

Deno.test("UsbSource brings a program that is meant into its boot loader, and knows it there", async () => {
  const bus = new FakeBus();
  const { program, requests } = detaching(bus, "1-1");
  const other = device("1-2");
  bus.attached = [program, other, device("1-3", { protocol: 1 })];
  const found = source(bus, { vendorId: 0x1209 }, true);
  const [chosen, ...more] = await found.devices();
  assertEquals([chosen!.path, chosen!.serial, chosen!.isProgram], ["1-1", "P", true]);
  assertEquals(more, []);
  const transport = await chosen!.open();
  const setup = { requestType: 0x21, request: 6, value: 0, index: 0 };
  await transport.controlOut(setup, new Uint8Array(0), 1000);
  assertEquals(requests, ["program 0", "loader 6"]);
  const [moved, ...others] = await found.devices();
  assertEquals([moved!.path, moved!.serial, moved!.isProgram], ["1-1", "1-1", undefined]);
  assertEquals([others, other.opened], [[], 0]);
});

Deno.test("UsbSource does not wait for a program that it shall leave", async () => {
  const bus = new FakeBus();
  const { program } = detaching(bus, "1-1");
  bus.attached = [program];
  const [chosen] = await source(bus, {}, true).devices();
  const asked = new AbortController();
  asked.abort();
  await assertRejects(() => chosen!.open(asked.signal), InterruptedError);
});
