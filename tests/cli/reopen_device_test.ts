import { assertEquals, assertRejects } from "@std/assert";
import { reopenOnBus } from "../../src/cli/reopen_device.ts";
import { DeviceError, TransportError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { OpenDeviceOptions, OpenedUsbDevice } from "../../src/usb/open_device.ts";
import type { UsbBus } from "../../src/usb/bus.ts";
import type { Transport } from "../../src/usb/transport.ts";

const BUS: UsbBus = { devices: () => Promise.resolve([]), watch: () => () => {} };
const TRANSPORT = {} as Transport;

/** Opens as the list says, one entry per try; the last one for ever. */
function opener(clock: VirtualClock, results: readonly (Error | Transport)[]) {
  const tries: { readonly atMs: number; readonly options: OpenDeviceOptions }[] = [];
  const open = (_bus: UsbBus, options: OpenDeviceOptions): Promise<OpenedUsbDevice> => {
    const result = results[Math.min(tries.length, results.length - 1)]!;
    tries.push({ atMs: clock.now(), options });
    if (result instanceof Error) return Promise.reject(result);
    return Promise.resolve({ transport: result } as OpenedUsbDevice);
  };
  return { tries, open };
}

Deno.test("reopenOnBus() tries again while the old device goes, at the same USB path", async () => {
  const clock = new VirtualClock();
  const gone = new TransportError("disconnected", "gone");
  const { tries, open } = opener(clock, [gone, gone, TRANSPORT]);
  assertEquals(await reopenOnBus(BUS, "1-4.2", { clock, open }), TRANSPORT);
  assertEquals(tries.map(({ atMs }) => atMs), [250, 500, 750]);
  assertEquals(tries[0]!.options.selector, { path: "1-4.2" });
  assertEquals(tries.map(({ options }) => options.waitMs), [19_750, 19_500, 19_250]);
});

Deno.test("reopenOnBus() gives up after 20 s and says what may have happened", async () => {
  const clock = new VirtualClock();
  const { open } = opener(clock, [new TransportError("not-found", "none")]);
  const error = await assertRejects(
    () => reopenOnBus(BUS, "1-4.2", { clock, open }),
    TransportError,
  );
  assertEquals([error.kind, clock.now()], ["not-found", 20_000]);
  assertEquals(
    error.message,
    "Cannot reopen the device at 1-4.2: it did not come back within 20.0 s of its reset",
  );
});

Deno.test("reopenOnBus() passes every other error on", async () => {
  const clock = new VirtualClock();
  const { tries, open } = opener(clock, [new DeviceError("no")]);
  await assertRejects(() => reopenOnBus(BUS, "1-4.2", { clock, open }), DeviceError);
  assertEquals(tries.length, 1);
});
