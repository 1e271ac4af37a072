import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../src/errors.ts";
import { startUsbipServer } from "../../src/simulator/usbip_server.ts";
import { createBus, GET_STATUS, importRequest, LIST_REQUEST, UsbipClient } from "./usbip_client.ts";

const FLASH = 0x08000000;
const OK = { status: 0, size: 0, data: [] };
const EPIPE = -32;

/** What matters of a return. */
function result({ status, size, data }: Awaited<ReturnType<UsbipClient["takeReturn"]>>) {
  return { status, size, data };
}

Deno.test("A list names every device and ends the connection", async () => {
  const { bus } = createBus({}, { serial: "B" });
  const client = new UsbipClient(bus);
  client.send(LIST_REQUEST);
  const bytes = await client.takeAll();
  await client.served;
  assertEquals(bytes.length, 12 + 2 * 316);
  assertEquals([...bytes.subarray(0, 12)], [1, 0x11, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2]);
  const busId = (offset: number) => new TextDecoder().decode(bytes.subarray(offset, offset + 4));
  assertEquals([busId(12 + 256), busId(12 + 316 + 256)], ["1-1\0", "1-2\0"]);
  // idVendor, idProduct, bcdDevice of the first; DFU mode of its interface.
  assertEquals([...bytes.subarray(312, 318)], [0x04, 0x83, 0xDF, 0x11, 0x22, 0x00]);
  assertEquals([...bytes.subarray(324, 328)], [0xFE, 1, 2, 0]);
});

Deno.test("A device that is not there, or has an importer, is refused", async () => {
  const { bus } = createBus({});
  const client = await UsbipClient.attach(bus);
  for (const [busId, status] of [["1-2", 4], ["", 4], ["1-1", 2]] as const) {
    const other = new UsbipClient(bus);
    other.send(importRequest(busId));
    assertEquals([...await other.takeAll()], [1, 0x11, 0, 3, 0, 0, 0, status]);
  }
  await client.detach();
  await (await UsbipClient.attach(bus)).detach();
});

for (const chunkSize of [Infinity, 1, 7, 49]) {
  Deno.test(`A connection works in chunks of ${chunkSize} bytes`, async () => {
    const { bus, devices: [device] } = createBus({});
    const client = await UsbipClient.attach(bus, "1-1", { chunkSize });
    const setup = [0x80, 6, 0, 1, 0, 0, 18, 0];
    const { data, size } = await client.transfer({ setup });
    assertEquals([size, ...data.slice(8, 12)], [18, 0x83, 0x04, 0x11, 0xDF]);
    await client.command(0x41, FLASH);
    await client.command(0x21, FLASH);
    assertEquals(result(await client.download(2, [1, 2, 3, 4])), { ...OK, size: 4 });
    await client.status();
    assertEquals(result(await client.status()), { ...OK, size: 6, data: [0, 0, 0, 0, 5, 0] });
    assertEquals([...device!.readMemory(FLASH, 5)], [1, 2, 3, 4, 0xFF]);
    await client.detach();
  });
}

Deno.test("Several transfers at once are done in their order", async () => {
  const { bus } = createBus({});
  const client = await UsbipClient.attach(bus);
  const ids = Array.from({ length: 20 }, () => client.submit({ setup: GET_STATUS }));
  for (const id of ids) assertEquals((await client.takeReturn(true)).sequence, id);
  await client.detach();
});

Deno.test("What the device stalls is EPIPE, and the next transfer works", async () => {
  const { bus } = createBus({});
  const client = await UsbipClient.attach(bus);
  const unknown = await client.transfer({ setup: [0xC0, 0x77, 0, 0, 0, 0, 4, 0] });
  assertEquals(result(unknown), { ...OK, status: EPIPE });
  assertEquals((await client.status()).status, 0);
  await client.detach();
});

Deno.test("Standard requests without data are answered", async () => {
  const { bus } = createBus({});
  const client = await UsbipClient.attach(bus);
  const alternate = async () =>
    (await client.transfer({ setup: [0x81, 10, 0, 0, 0, 0, 1, 0] })).data;
  assertEquals(result(await client.transfer({ setup: [0, 9, 1, 0, 0, 0, 0, 0] })), OK);
  assertEquals(result(await client.transfer({ setup: [1, 11, 2, 0, 0, 0, 0, 0] })), OK);
  assertEquals(await alternate(), [2]);
  // SET_FEATURE(PORT_RESET), the way in which hosts pass a port reset on.
  assertEquals(result(await client.transfer({ setup: [0x23, 3, 4, 0, 0, 0, 0, 0] })), OK);
  assertEquals(await alternate(), [0]);
  await client.detach();
});

Deno.test("There is no endpoint but the control endpoint", async () => {
  const { bus, devices: [device] } = createBus({});
  const client = await UsbipClient.attach(bus);
  client.submit({ setup: new Array(8).fill(0), endpoint: 1, data: [1, 2, 3] });
  assertEquals(result(await client.takeReturn()), { ...OK, status: -2 });
  assertEquals(device!.report.transfers, 0);
  assertEquals((await client.status()).status, 0);
  await client.detach();
});

Deno.test("A transfer that the device never answers can be unlinked", async () => {
  const { bus, transfers } = createBus({ quirks: ["descriptor-request-unanswered"] });
  const client = await UsbipClient.attach(bus);
  const never = client.submit({ setup: [0x81, 6, 0, 0x21, 0, 0, 9, 0] });
  const queued = client.submit({ setup: GET_STATUS });
  const second = client.submit({ setup: GET_STATUS });
  const ids = [client.unlink(queued), client.unlink(never)];
  const returns = [await client.takeReturn(), await client.takeReturn()];
  assertEquals(returns.map(({ command, sequence, status }) => [command, sequence, status]), [
    [4, ids[0], -104],
    [4, ids[1], -104],
  ]);
  assertEquals((await client.takeReturn(true)).sequence, second);
  assertEquals(transfers.map(([, { result }]) => result), ["unlinked", "ok"]);
  const late = client.unlink(second);
  const { sequence, status } = await client.takeReturn();
  assertEquals([sequence, status], [late, 0]);
  await client.detach();
});

Deno.test("After leave the device is gone, and comes back with its memory when attached again", async () => {
  const { bus, log, devices: [device] } = createBus({});
  device!.writeMemory(FLASH, Uint8Array.of(0, 0x20, 0, 0x20, 1, 1, 0, 8));
  const before = device!.readMemory(FLASH, 64);
  const client = await UsbipClient.attach(bus);
  await client.command(0x21, FLASH);
  await client.download(0, []);
  assertEquals((await client.status()).data[4], 7);
  assertEquals((await client.takeAll()).length, 0);
  await client.served;
  assertEquals(log, ["1-1 attached by test", "1-1 has left the bus"]);
  const again = await UsbipClient.attach(bus);
  assertEquals((await again.status()).data, [0, 0, 0, 0, 2, 0]);
  assertEquals(device!.readMemory(FLASH, 64), before);
  await again.detach();
});

Deno.test("A device that resets by itself is gone although the host asks nothing more", async () => {
  const { bus, log } = createBus({});
  const client = await UsbipClient.attach(bus);
  await client.transfer({ setup: [1, 11, 1, 0, 0, 0, 0, 0] });
  await client.command(0x21, 0x1FFFC000);
  await client.download(2, new Array(16).fill(0xFF));
  await client.status();
  await client.takeAll();
  await client.served;
  assertEquals(log.at(-1), "1-1 has left the bus; it is 0483:df11 now, to be attached again");
});

/** GET_DESCRIPTOR of the device, as Linux and Windows begin an enumeration. */
const FIRST_OF_ENUMERATION = [0x80, 6, 0, 1, 0, 0, 64, 0] as const;
/** DETACH within a second, and GETSTATE, to interface 1. */
const DETACH = [0x21, 0, 0xE8, 3, 1, 0, 0, 0] as const;
const GET_STATE = [0xA1, 5, 0, 0, 1, 0, 1, 0] as const;

function productId({ data }: { readonly data: readonly number[] }): number {
  return data[10]! + data[11]! * 256;
}

Deno.test("A program that detaches by itself ends the connection, and the next one finds the boot loader", async () => {
  const { bus, log, devices: [device] } = createBus({ runtime: "detaches" });
  const client = await UsbipClient.attach(bus);
  assertEquals(productId(await client.transfer({ setup: FIRST_OF_ENUMERATION })), 0x5740);
  assertEquals(result(await client.transfer({ setup: DETACH })), OK);
  await client.takeAll();
  await client.served;
  assertEquals(log.at(-1), "1-1 has left the bus; it is 0483:df11 now, to be attached again");
  const list = new UsbipClient(bus);
  list.send(LIST_REQUEST);
  assertEquals([...(await list.takeAll()).subarray(-4)], [0xFE, 1, 2, 0]);
  const again = await UsbipClient.attach(bus);
  assertEquals((await again.status()).data, [0, 0, 0, 0, 2, 0]);
  await again.detach();
  const later = await UsbipClient.attach(bus);
  assertEquals((await later.transfer({ setup: GET_STATE })).data, [0], "power starts the program");
  await later.detach();
  assertEquals(device!.report.violations, []);
});

for (
  const [how, setup] of [
    ["passed on", [0x23, 3, 4, 0, 0, 0, 0, 0]],
    ["that only its enumeration shows", FIRST_OF_ENUMERATION],
  ] as const
) {
  Deno.test(`A program that waits for a reset becomes the boot loader at one ${how}, on the same connection`, async () => {
    const { bus, devices: [device] } = createBus({ runtime: "waits" });
    const client = await UsbipClient.attach(bus);
    await client.transfer({ setup: DETACH });
    assertEquals((await client.transfer({ setup: GET_STATE })).data, [1]);
    await client.transfer({ setup });
    assertEquals(productId(await client.transfer({ setup: FIRST_OF_ENUMERATION })), 0xDF11);
    assertEquals((await client.status()).data, [0, 0, 0, 0, 2, 0]);
    await client.detach();
    assertEquals(device!.report.violations, []);
  });
}

Deno.test("A device descriptor that is asked for otherwise is no reset", async () => {
  const { bus } = createBus({ runtime: "waits" });
  const client = await UsbipClient.attach(bus);
  await client.transfer({ setup: DETACH });
  for (const size of [8, 18, 255]) {
    await client.transfer({ setup: [0x80, 6, 0, 1, 0, 0, size, 0] });
  }
  assertEquals((await client.transfer({ setup: GET_STATE })).data, [1]);
  await client.detach();
});

Deno.test("A boot loader is idle and in its first alternate setting after a reset", async () => {
  const { bus } = createBus({});
  const client = await UsbipClient.attach(bus);
  await client.transfer({ setup: [1, 11, 2, 0, 0, 0, 0, 0] });
  await client.download(0, [0x77]);
  assertEquals((await client.status()).data[4], 10);
  await client.transfer({ setup: FIRST_OF_ENUMERATION });
  assertEquals((await client.status()).data[4], 2);
  assertEquals((await client.transfer({ setup: [0x81, 10, 0, 0, 0, 0, 1, 0] })).data, [0]);
  await client.detach();
});

Deno.test("Detaching in the middle of an erase takes the power away", async () => {
  const { bus, log, devices: [device] } = createBus({});
  const client = await UsbipClient.attach(bus);
  await client.download(0, [0x41, 0, 0, 0, 8]);
  await client.status();
  await client.detach();
  assertEquals(log.at(-1), "1-1 detached");
  assert(!device!.isAttached, "unplugged");
  assert(device!.readMemory(FLASH, 0x4000).some((byte) => byte !== 0xFF), "not erased whole");
  const again = await UsbipClient.attach(bus);
  assertEquals((await again.status()).data[4], 2);
  await again.detach();
});

Deno.test("A fault that takes the device off the bus ends the connection without an answer", async () => {
  const { bus } = createBus({ faults: [{ kind: "disconnect", transfer: 2 }] });
  const client = await UsbipClient.attach(bus);
  await client.status();
  client.submit({ setup: GET_STATUS });
  assertEquals((await client.takeAll()).length, 0);
  await client.served;
  await (await UsbipClient.attach(bus)).detach();
});

Deno.test("The record tells every transfer", async () => {
  const { bus, transfers } = createBus({}, {});
  const client = await UsbipClient.attach(bus, "1-2");
  await client.download(0, [0x21, 0, 0, 0, 8]);
  await client.status();
  await client.detach();
  const [first, second] = transfers;
  assertEquals([first?.[0], first?.[1].name, [...first?.[1].data ?? []]], [
    "1-2",
    "DNLOAD",
    [0x21, 0, 0, 0, 8],
  ]);
  assertEquals([second?.[1].name, second?.[1].length, second?.[1].data[4]], ["GETSTATUS", 6, 4]);
  assert(second![1].startMs >= first![1].endMs);
});

Deno.test("startUsbipServer() serves over TCP until it is stopped", async () => {
  const { bus, devices: [device] } = createBus({});
  const server = startUsbipServer(bus, { hostname: "127.0.0.1", port: 0 });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(importRequest("1-1"));
  const reader = connection.readable.getReader();
  for (let size = 0; size < 320;) size += (await reader.read()).value?.length ?? 320;
  const busy = await assertRejects(
    () => Promise.resolve().then(() => startUsbipServer(bus, server)),
    TransportError,
    "Cannot listen on 127.0.0.1",
  );
  assertEquals(busy.kind, "busy");
  await server.stop();
  assertEquals((await reader.read()).done, true);
  assert(!device!.isAttached, "unplugged");
});
