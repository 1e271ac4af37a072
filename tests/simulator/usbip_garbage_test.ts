import { assert, assertEquals } from "@std/assert";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";
import {
  createBus,
  GET_STATUS,
  importRequest,
  LIST_REQUEST,
  submitCommand,
  UsbipClient,
} from "./usbip_client.ts";

/** A connection that does everything once: import, status, a download, a descriptor. */
const SESSION = Uint8Array.from([
  ...importRequest("1-1"),
  ...submitCommand(1, { setup: GET_STATUS }),
  ...submitCommand(2, { setup: [0x21, 1, 0, 0, 0, 0, 5, 0], data: [0x21, 0, 0, 0, 8] }),
  ...submitCommand(3, { setup: GET_STATUS }),
  ...submitCommand(4, { setup: [0x80, 6, 0, 2, 0, 0, 255, 0] }),
]);

const MALFORMED: Record<string, readonly number[]> = {
  "an unknown version": [2, 0x22, 0x80, 5, 0, 0, 0, 0],
  "an unknown operation": [1, 0x11, 0x80, 9, 0, 0, 0, 0],
  "half an operation": [1, 0x11, 0x80],
  "half a bus id": [1, 0x11, 0x80, 3, 0, 0, 0, 0, 0x31],
  "an unknown command": [...importRequest("1-1"), ...new Array(48).fill(9)],
  "half a command": [...importRequest("1-1"), 0, 0, 0, 1],
  "data that never come": [
    ...importRequest("1-1"),
    ...submitCommand(1, { setup: [0x21, 1, 0, 0, 0, 0, 5, 0], size: 5 }),
  ],
  "more data than the setup packet says": [
    ...importRequest("1-1"),
    ...submitCommand(1, { setup: [0x21, 1, 0, 0, 0, 0, 4, 0], data: [1, 2, 3, 4, 5] }),
  ],
  "less room than the setup packet says": [
    ...importRequest("1-1"),
    ...submitCommand(1, { setup: GET_STATUS, size: 5 }),
  ],
  "data in the wrong direction": [
    ...importRequest("1-1"),
    ...submitCommand(1, { setup: GET_STATUS, direction: 0, size: 6, data: [1, 2, 3, 4, 5, 6] }),
  ],
  "a huge transfer": [
    ...importRequest("1-1"),
    ...submitCommand(1, { setup: [0x21, 1, 0, 0, 0, 0, 5, 0], size: 0xFFFFFFFF }),
  ],
};

for (const [name, bytes] of Object.entries(MALFORMED)) {
  Deno.test(`A connection with ${name} is ended, with a line in the log`, async () => {
    const { bus, log } = createBus({});
    const client = new UsbipClient(bus);
    client.send(bytes);
    await client.detach();
    const line = log.at(-1) ?? "";
    assert(line.startsWith("Connection of test ended. Cannot read USB/IP"), line);
    await (await UsbipClient.attach(bus)).detach();
  });
}

Deno.test("A flood of transfers that nobody answers is ended", async () => {
  const { bus, log } = createBus({ quirks: ["descriptor-request-unanswered"] });
  const client = await UsbipClient.attach(bus);
  for (let count = 0; count < 65; count++) client.submit({ setup: [0x81, 6, 0, 0x21, 0, 0, 9, 0] });
  await client.detach();
  assert(log.at(-1)!.includes("expected at most 64 at a time"), log.at(-1));
});

Deno.test("A connection may end after any byte", async () => {
  const { bus } = createBus({});
  for (let size = 0; size <= SESSION.length; size++) {
    const client = new UsbipClient(bus);
    client.send(SESSION.subarray(0, size));
    await client.detach();
  }
  await (await UsbipClient.attach(bus)).detach();
});

randomTest("No bytes crash the server or keep a device", async (seed) => {
  const random = seededRandom(seed);
  const { bus } = createBus({});
  for (let count = 0; count < 500; count++) {
    const client = new UsbipClient(bus, { chunkSize: random.pick([1, 13, 4096]) });
    client.send(random.chance(0.2) ? random.bytes(random.below(400)) : damage(SESSION, random));
    await client.detach();
  }
  const client = await UsbipClient.attach(bus);
  assertEquals((await client.status()).status, 0);
  await client.detach();
  const list = new UsbipClient(bus);
  list.send(LIST_REQUEST);
  assertEquals((await list.takeAll()).length, 12 + 316);
});

/** Some bytes change, and perhaps some are cut out or added. */
function damage(bytes: Uint8Array, random: Random): Uint8Array {
  const damaged = [...bytes];
  for (let count = random.between(1, 6); count > 0; count--) {
    damaged[random.below(damaged.length)] = random.below(256);
  }
  if (random.chance(0.3)) damaged.splice(random.below(damaged.length), random.below(60));
  if (random.chance(0.3)) damaged.splice(random.below(damaged.length), 0, ...random.bytes(20));
  return Uint8Array.from(damaged);
}
