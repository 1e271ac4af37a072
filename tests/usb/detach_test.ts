import { assertEquals, assertRejects } from "@std/assert";
import { TransportError, type TransportErrorKind } from "../../src/errors.ts";
import { detachDevice } from "../../src/usb/detach.ts";
import type { ControlSetup, Transport } from "../../src/usb/transport.ts";
import { FUNCTIONAL } from "./fake_bus.ts";

/** Records requests; a request whose name is in `failures` fails so. */
function recorder(failures: Readonly<Record<string, TransportErrorKind>> = {}) {
  const calls: string[] = [];
  const call = <T>(name: string, value: T): Promise<T> => {
    calls.push(name);
    const kind = failures[name];
    return kind === undefined
      ? Promise.resolve(value)
      : Promise.reject(new TransportError(kind, `Cannot ${name}`));
  };
  const transport: Transport = {
    controlOut: ({ requestType, request, value, index }: ControlSetup) =>
      call([requestType, request, value, index].join(" "), undefined),
    controlIn: (_, length) => call(`in ${length}`, CONFIGURATION.slice(0, length)),
    reset: () => call("reset", undefined),
    close: () => call("close", undefined),
  };
  return { calls, transport };
}

const CONFIGURATION = Uint8Array.of(
  ...[9, 2, 27, 0, 1, 1, 0, 0xC0, 50],
  ...[9, 4, 2, 0, 0, 0xFE, 1, 1, 4],
  ...[9, 0x21, 0x0B, 0xE8, 3, 0, 8, 0x1A, 1],
);

const WAITS = { interfaceNumber: 2, functional: { ...FUNCTIONAL, willDetach: false } };
const LEAVES = { interfaceNumber: 2, functional: FUNCTIONAL };
const DETACH = "33 0 255 2";

Deno.test("detachDevice() sends DETACH with the device's time-out, then resets it", async () => {
  const { calls, transport } = recorder();
  await detachDevice(transport, WAITS);
  assertEquals(calls, [DETACH, "reset", "close"]);
});

Deno.test("detachDevice() does not reset a device that leaves by itself", async () => {
  const { calls, transport } = recorder();
  await detachDevice(transport, LEAVES);
  assertEquals(calls, [DETACH, "close"]);
});

Deno.test("detachDevice() takes a device that vanishes for one that has obeyed", async () => {
  for (const kind of ["disconnected", "timeout", "fault"] as const) {
    const { calls, transport } = recorder({ [DETACH]: kind });
    await detachDevice(transport, WAITS);
    assertEquals(calls, [DETACH, "close"], kind);
  }
});

Deno.test("detachDevice() goes on where the system cannot reset a device", async () => {
  const { calls, transport } = recorder({ reset: "fault" });
  await detachDevice(transport, WAITS);
  assertEquals(calls, [DETACH, "reset", "close"]);
});

Deno.test("detachDevice() tells of a refusal, and closes", async () => {
  const { calls, transport } = recorder({ [DETACH]: "stall" });
  const error = await assertRejects(() => detachDevice(transport, WAITS), TransportError);
  assertEquals(error.kind, "stall");
  assertEquals(calls, [DETACH, "close"]);
});

Deno.test("detachDevice() asks for the functional descriptor where it is not known", async () => {
  const { calls, transport } = recorder();
  await detachDevice(transport, { interfaceNumber: 2 });
  assertEquals(calls, ["in 9", "in 27", "33 0 1000 2", "close"]);
});
