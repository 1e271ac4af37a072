import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TransportError } from "../../src/errors.ts";
import { openAddonTransport } from "../../src/usb/addon_transport.ts";
import { addonError, FakeAddonDevice, type FakeCalls } from "./fake_addon.ts";

const GET_STATUS = { requestType: 0xA1, request: 3, value: 0, index: 0 };
const DNLOAD = { requestType: 0x21, request: 1, value: 2, index: 0 };

async function open(calls: FakeCalls = {}) {
  const fake = new FakeAddonDevice({}, calls);
  const transport = await openAddonTransport(fake.device, {
    interfaceNumber: 0,
    label: "the device at 1-4.2",
    context: { platform: "linux" },
  });
  return { fake, transport };
}

function throwing(text: string): () => never {
  return () => {
    throw addonError(text);
  };
}

Deno.test("openAddonTransport() claims the interface, close() releases it before it closes", async () => {
  const { fake, transport } = await open();
  await transport.close();
  await transport.close();
  assertEquals(fake.calls, ["open", "claim 0", "release 0", "close"]);
});

Deno.test("openAddonTransport() closes again what it cannot claim", async () => {
  const fake = new FakeAddonDevice({}, {
    claim: throwing("claimInterface error: interface is busy (errno 16)"),
  });
  const error = await assertRejects(() =>
    openAddonTransport(fake.device, {
      interfaceNumber: 3,
      label: "the device at 1-4.2",
      context: { platform: "linux" },
    }), TransportError);
  assertEquals(error.kind, "busy");
  assertEquals(error.message, "Cannot open the device at 1-4.2: another program uses it");
  assertEquals(fake.calls, ["open", "claim 3", "close"]);
});

Deno.test("openAddonTransport() waits for the next macrotask after a rejection", async () => {
  let isHeld = false;
  const fake = new FakeAddonDevice({}, {
    claim: () => {
      isHeld = true;
      setTimeout(() => isHeld = false, 0);
      throw addonError("claimInterface error: interface is busy (errno 16)");
    },
    close: () => {
      if (isHeld) throw new Error("The same native value cannot be borrowed mutably");
    },
  });
  const context = { platform: "linux" } as const;
  const options = { interfaceNumber: 0, label: "it", context };
  const error = await assertRejects(() => openAddonTransport(fake.device, options), TransportError);
  assertEquals(error.kind, "busy");
});

Deno.test("controlOut() and controlIn() pass setup, data and time-out on", async () => {
  const seen: unknown[] = [];
  const { transport } = await open({
    out: (...args) => void seen.push(args),
    in: (...args) => {
      seen.push(args);
      const bytes = Uint8Array.of(99, 0, 0, 0, 0, 2, 0);
      return { data: new DataView(bytes.buffer, 1) };
    },
  });
  const data = Uint8Array.of(1, 2);
  await transport.controlOut(DNLOAD, data, 1500.2);
  assertEquals(await transport.controlIn(GET_STATUS, 6, 20_000), Uint8Array.of(0, 0, 0, 0, 2, 0));
  assertEquals(seen, [
    [{ requestType: "class", recipient: "interface", request: 1, value: 2, index: 0 }, data, 1501],
    [{ requestType: "class", recipient: "interface", request: 3, value: 0, index: 0 }, 6, 20_000],
  ]);
  assertThrows(() => transport.controlIn({ ...GET_STATUS, requestType: 0x7F }, 1, 1), RangeError);
});

Deno.test("controlIn() gives no bytes where the device sends none", async () => {
  const { transport } = await open({ in: () => ({}) });
  assertEquals((await transport.controlIn(GET_STATUS, 6, 1)).length, 0);
});

Deno.test("controlOut() tells the system of SET_INTERFACE, and of nothing that only looks like it", async () => {
  const { fake, transport } = await open();
  const nothing = new Uint8Array(0);
  await transport.controlOut({ requestType: 1, request: 11, value: 3, index: 0 }, nothing, 5000);
  await transport.controlOut({ requestType: 0x21, request: 11, value: 3, index: 0 }, nothing, 5000);
  assertEquals(fake.calls.slice(2), ["select 0 3", "out 5000"]);
});

Deno.test("a stall leaves the transport usable", async () => {
  let count = 0;
  const { transport } = await open({
    in: () => {
      if (count++ === 0) throw addonError("controlTransferIn error: endpoint stalled");
      return {};
    },
  });
  const error = await assertRejects(() => transport.controlIn(GET_STATUS, 6, 1), TransportError);
  assertEquals(error.kind, "stall");
  await transport.controlIn(GET_STATUS, 6, 1);
});

Deno.test("after a disconnection nothing is asked any more", async () => {
  const { fake, transport } = await open({
    in: throwing("controlTransferIn error: device disconnected"),
    release: throwing("releaseInterface error: invalid state"),
  });
  for (let count = 0; count < 3; count++) {
    const error = await assertRejects(() => transport.controlIn(GET_STATUS, 6, 1), TransportError);
    assertEquals(error.kind, "disconnected");
  }
  await transport.close();
  assertEquals(fake.calls.slice(2), ["in 6 1", "release 0", "close"]);
});

Deno.test("close() lets a transfer end first, and refuses later ones", async () => {
  let answer = () => {};
  const { fake, transport } = await open({
    in: () => new Promise((resolve) => answer = () => resolve({})),
  });
  const transfer = transport.controlIn(GET_STATUS, 6, 1000);
  const closing = transport.close();
  const error = await assertRejects(() => transport.controlIn(GET_STATUS, 6, 1), TransportError);
  assertEquals(error.kind, "disconnected");
  assertEquals(fake.calls.slice(2), ["in 6 1000"]);
  answer();
  await transfer;
  await closing;
  assertEquals(fake.calls.slice(2), ["in 6 1000", "release 0", "close"]);
});

Deno.test("transfers go one after the other", async () => {
  let running = 0;
  let most = 0;
  const { transport } = await open({
    in: async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return {};
    },
  });
  await Promise.all([1, 2, 3].map(() => transport.controlIn(GET_STATUS, 6, 1)));
  assertEquals(most, 1);
});
