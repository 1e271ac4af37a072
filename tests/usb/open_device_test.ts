import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransportError, type TransportErrorKind, UsageError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { BusDevice } from "../../src/usb/bus.ts";
import { openUsbDevice } from "../../src/usb/open_device.ts";
import type { Transport } from "../../src/usb/transport.ts";
import { FakeBus, fakeDevice } from "./fake_bus.ts";

const TRANSPORT: Transport = {
  controlOut: () => Promise.resolve(),
  controlIn: () => Promise.resolve(new Uint8Array(0)),
  reset: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const open = () => Promise.resolve(TRANSPORT);

function optionsWith(more: Partial<Parameters<typeof openUsbDevice>[1]> = {}) {
  return { selector: {}, detach: false, waitMs: 0, clock: new VirtualClock(), ...more };
}

/** Refuses to open until a moment. */
function opensAt(clock: VirtualClock, atMs: number, kind: TransportErrorKind) {
  return () =>
    clock.now() < atMs
      ? Promise.reject(new TransportError(kind, "Cannot open it"))
      : Promise.resolve(TRANSPORT);
}

Deno.test("openUsbDevice() opens the only device, and not one that runs its program", async () => {
  const bus = new FakeBus([
    fakeDevice({ path: "1-1", protocol: 1 }),
    fakeDevice({ path: "1-2", open }),
  ]);
  const { device, transport } = await openUsbDevice(bus, optionsWith());
  assertEquals(device.path, "1-2");
  assert(transport === TRANSPORT);
});

Deno.test("openUsbDevice() opens none of several", async () => {
  const bus = new FakeBus([fakeDevice({ path: "1-1" }), fakeDevice({ path: "1-2" })]);
  await assertRejects(() => openUsbDevice(bus, optionsWith()), UsageError, "2 fit");
  const chosen = new FakeBus([fakeDevice({ path: "1-1" }), fakeDevice({ path: "1-2", open })]);
  const options = optionsWith({ selector: { path: "1-2" } });
  assertEquals((await openUsbDevice(chosen, options)).device.path, "1-2");
});

Deno.test("openUsbDevice() fails at once where nobody wants to wait", async () => {
  const bus = new FakeBus([]);
  const options = optionsWith();
  const error = await assertRejects(() => openUsbDevice(bus, options), TransportError);
  assertEquals([error.kind, options.clock.now(), bus.looks], ["not-found", 0, 1]);
});

Deno.test("openUsbDevice() waits for the device that is meant", async () => {
  const other = fakeDevice({ path: "1-1" });
  const bus = new FakeBus((look) =>
    look < 5 ? [other] : [other, fakeDevice({ path: "1-2", open })]
  );
  const options = optionsWith({ selector: { path: "1-2" }, waitMs: 10_000 });
  assertEquals((await openUsbDevice(bus, options)).device.path, "1-2");
  assertEquals(options.clock.now(), 1000);
  const never = optionsWith({ selector: { path: "1-3" }, waitMs: 10_000 });
  await assertRejects(() => openUsbDevice(new FakeBus([other]), never), TransportError, "path=1-3");
  assertEquals(never.clock.now(), 10_000);
});

Deno.test("openUsbDevice() lets another dfuse finish looking, but not for ever", async () => {
  const clock = new VirtualClock();
  const short = new FakeBus([fakeDevice({ open: opensAt(clock, 300, "busy") })]);
  await openUsbDevice(short, optionsWith({ clock }));
  const long = new FakeBus([fakeDevice({ open: opensAt(clock, 10_000, "busy") })]);
  const error = await assertRejects(
    () => openUsbDevice(long, optionsWith({ clock })),
    TransportError,
  );
  assertEquals(error.kind, "busy");
  assert(clock.now() < 2000, `${clock.now()} ms`);
});

Deno.test("openUsbDevice() gives the system time to set the rights of a new device only", async () => {
  const clock = new VirtualClock();
  const known = fakeDevice({ open: opensAt(clock, 200, "access-denied") });
  await assertRejects(
    () => openUsbDevice(new FakeBus([known]), optionsWith({ clock })),
    TransportError,
  );
  assertEquals(clock.now(), 0);
  const fresh = fakeDevice({ open: opensAt(clock, 1500, "access-denied") });
  const bus = new FakeBus((look) => look === 1 ? [] : [fresh]);
  await openUsbDevice(bus, optionsWith({ clock, waitMs: 5000 }));
  assert(clock.now() >= 1500);
});

/** A program that runs at 1-2 until DETACH, then comes back elsewhere in the list, with other ids, after a while. */
function detaching(clock: VirtualClock, backAfterMs: number) {
  const requests: number[] = [];
  let leftMs: number | undefined;
  const transport: Transport = {
    ...TRANSPORT,
    controlOut: ({ request }) => {
      requests.push(request);
      leftMs = clock.now();
      return Promise.resolve();
    },
  };
  const program = fakeDevice({
    path: "1-2",
    productId: 0x5740,
    protocol: 1,
    serial: "app",
    open: () => Promise.resolve(transport),
  });
  // It can be opened a second after it has come, when the system has set its rights.
  const openLater = () => opensAt(clock, (leftMs ?? 0) + backAfterMs + 1000, "access-denied")();
  const loader = fakeDevice({ path: "1-2", serial: "rom", open: openLater });
  const other = fakeDevice({ path: "1-1" });
  const bus = new FakeBus((): readonly BusDevice[] => {
    // Some time passes before the program is gone.
    if (leftMs === undefined || clock.now() - leftMs < 600) return [other, program];
    return clock.now() - leftMs < backAfterMs ? [other] : [other, loader];
  });
  return { bus, requests };
}

Deno.test("openUsbDevice() detaches a program and finds the boot loader at the same path", async () => {
  const clock = new VirtualClock();
  const { bus, requests } = detaching(clock, 13_700);
  const selector = { serial: "app" };
  const { device } = await openUsbDevice(bus, optionsWith({ clock, selector, detach: true }));
  assertEquals([device.path, device.serial, device.mode], ["1-2", "rom", "dfu"]);
  assertEquals(requests, [0]);
});

Deno.test("openUsbDevice() leaves a program alone unless it shall detach it", async () => {
  const { bus, requests } = detaching(new VirtualClock(), 0);
  const options = optionsWith({ selector: { serial: "app" } });
  const error = await assertRejects(() => openUsbDevice(bus, options), TransportError);
  assertStringIncludes(error.hint ?? "", "--detach");
  assertEquals(requests, []);
});

Deno.test("openUsbDevice() gives up a device that does not come back", async () => {
  const clock = new VirtualClock();
  const { bus } = detaching(clock, 60_000);
  const options = optionsWith({ clock, selector: { path: "1-2" }, detach: true });
  const error = await assertRejects(() => openUsbDevice(bus, options), TransportError);
  assertEquals(error.kind, "timeout");
  assertEquals(clock.now(), 20_000);
});
