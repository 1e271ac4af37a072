import { assertEquals, assertStringIncludes } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { listDevices } from "../../src/cli/list.ts";
import { listDocument, renderList } from "../../src/cli/render_list.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { transportErrorOf } from "../../src/usb/usb_error.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";
import { FakeBus, fakeDevice, type FakeDeviceParts } from "../usb/fake_bus.ts";

const STYLES = { style: PLAIN_STYLE, errorStyle: PLAIN_STYLE };

/** A simulated part at a path of a fake bus. */
function part(chip: string, parts: FakeDeviceParts, clock: VirtualClock) {
  const device = createSimulatedDevice({ chip: findChip(chip) }, clock);
  return fakeDevice({ open: () => device.open(), ...parts });
}

async function list(devices: (clock: VirtualClock) => ReturnType<typeof fakeDevice>[]) {
  const clock = new VirtualClock();
  return await listDevices(new FakeBus(devices(clock)), clock);
}

const DENIED = transportErrorOf(new Error("open error: permission denied (errno 13)"), {
  doing: "open the device at 1-5",
  platform: "linux",
  ids: { vendorId: 0x0483, productId: 0xDF11 },
});

const ALL = (clock: VirtualClock) => [
  part("stm32f072", { path: "1-4.2", serial: "A1" }, clock),
  fakeDevice({
    path: "1-5",
    serial: "B2",
    product: "STM32  BOOTLOADER",
    open: () => Promise.reject(DENIED),
  }),
  fakeDevice({ path: "2-1", productId: 0x5740, protocol: 1, product: "My program" }),
  fakeDevice({ path: "2-2", protocol: "none" }),
];

Deno.test("dfuse list shows memory in words, running programs, and why a device cannot be used", async () => {
  const { text, notice } = renderList(await list(ALL), STYLES);
  assertEquals(
    text,
    `1-4.2  0483:df11  STM32F072, 128 KiB
  Serial      A1
  Mode        DFU, dfuIDLE (2): ready
  Transfers   2 KiB
  Memory 0    Internal Flash: 0x08000000, 64 x 2 KiB (read, erase, write)
  Memory 1    Option Bytes: 0x1FFFF800, 1 x 16 B (read, write)

1-5  0483:df11  STM32  BOOTLOADER
  Serial      B2
  Mode        DFU, cannot be used
  error: Cannot open the device at 1-5: permission denied (errno 13)
  hint: Put this line into /etc/udev/rules.d/70-dfuse.rules:
    SUBSYSTEM=="usb",ATTR{idVendor}=="0483",ATTR{idProduct}=="df11",MODE="0666"
    Then run: sudo udevadm control --reload; and plug the device in again.

2-1  0483:5740  My program
  Serial      none
  Mode        runs its program
`,
  );
  assertEquals(notice, "hint: --detach asks a running program to enter its boot loader.\n");
});

Deno.test("dfuse list --json gives the same as data", async () => {
  const document = listDocument(await list(ALL));
  assertEquals(document["schema"], "dfuse.list/1");
  assertEquals(document["otherDevices"], 1);
  const [first, second, third] = document["devices"] as Record<string, unknown>[];
  const { alternates, ...rest } = first!;
  assertEquals(rest, {
    path: "1-4.2",
    usb: "0483:df11",
    vendorId: 0x0483,
    productId: 0xDF11,
    deviceVersion: 0x2200,
    serial: "A1",
    mode: "dfu",
    state: "dfuIDLE",
    name: "STM32F072, 128 KiB",
    chips: ["stm32f072"],
    transferSize: 2048,
  });
  const [flash] = alternates as Record<string, unknown>[];
  assertEquals(flash?.["text"], "@Internal Flash  /0x08000000/064*0002Kg");
  assertEquals(flash?.["description"], "64 × 2 KiB (read, erase, write)");
  assertEquals((second?.["problem"] as Record<string, unknown>)["kind"], "access-denied");
  assertEquals(third?.["mode"], "runtime");
  assertEquals(JSON.parse(JSON.stringify(document)), document);
});

Deno.test("dfuse list leaves a device closed, whatever it told", async () => {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f072") }, clock);
  const bus = new FakeBus([fakeDevice({ open: () => device.open() })]);
  for (let round = 0; round < 3; round++) {
    const { devices } = await listDevices(bus, clock);
    assertEquals(devices[0]?.problem, undefined);
  }
});

Deno.test("dfuse list shows a device that fails while it is asked", async () => {
  const clock = new VirtualClock();
  const faults = [{ transfer: 2, kind: "disconnect" }] as const;
  const device = createSimulatedDevice({ chip: findChip("stm32f072"), faults }, clock);
  const bus = new FakeBus([fakeDevice({ path: "1-9", open: () => device.open() })]);
  const { devices } = await listDevices(bus, clock);
  const problem = devices[0]?.problem;
  assertEquals(problem instanceof TransportError && problem.kind, "disconnected");
});

Deno.test("dfuse list says so when there is no device, and what to do", () => {
  const others = renderList({ devices: [], otherCount: 2 }, STYLES);
  assertEquals(others.text, "No DFU device found (2 other USB devices are attached)\n");
  assertStringIncludes(others.notice, "BOOT0");
  const nothing = renderList({ devices: [], otherCount: 0 }, STYLES);
  assertEquals(nothing.text, "No DFU device found (no USB device is attached)\n");
});

Deno.test("dfuse list ends well, or says that this machine has no USB", async () => {
  const run = await runDfuse(["list", "--json"]);
  const document = JSON.parse(run.stdout);
  if (run.code === 0) return assertEquals(document.schema, "dfuse.list/1");
  assertEquals([run.code, document.schema], [6, "dfuse.error/1"], run.stderr);
});
