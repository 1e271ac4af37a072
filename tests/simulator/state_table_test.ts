import { assertEquals } from "@std/assert";
import type { Quirk } from "../../src/chips/chip.ts";
import { findChip } from "../../src/chips/chips.ts";
import { TransportError } from "../../src/errors.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { Host, littleEndian } from "./host.ts";

const FLASH = 0x08000000;
const SET_ADDRESS = [0x21, ...littleEndian(FLASH)];
const ERASE = [0x41, ...littleEndian(FLASH)];

const REQUESTS: Record<string, (host: Host) => Promise<unknown>> = {
  DNLOAD: (host) => host.download(0, SET_ADDRESS),
  END: (host) => host.download(0),
  UPLOAD: (host) => host.upload(2, 2048),
  GETSTATUS: (host) => host.status(),
  CLRSTATUS: (host) => host.clearStatus(),
  GETSTATE: (host) => host.state(),
  ABORT: (host) => host.abort(),
  DETACH: (host) => host.out(0, 1000),
};

/** How to get a fresh device into a state; the address is set where an UPLOAD is legal. */
const WAYS: Record<string, (host: Host) => Promise<unknown>> = {
  "2": async (host) => {
    await host.setAddress(FLASH);
    await host.abort();
  },
  "3": (host) => host.download(0, SET_ADDRESS),
  "4 busy": async (host) => {
    await host.download(0, ERASE);
    await host.status();
  },
  "4 done": async (host) => {
    await host.download(0, SET_ADDRESS);
    await host.status();
  },
  "5": (host) => host.setAddress(FLASH),
  "6": (host) => host.download(0),
  "7": async (host) => {
    await host.download(0);
    await host.status();
  },
  "9": async (host) => {
    await host.setAddress(FLASH);
    await host.abort();
    await host.upload(2, 2048);
  },
  "10": async (host) => {
    await host.setAddress(FLASH);
    await host.upload(2, 2048).catch(() => {});
  },
};

/**
 * DFU 1.1 §A.1 with DfuSe's ways: the state after each request, `x` where it is stalled and ends in dfuERROR.
 * States: 2 dfuIDLE, 3 dfuDNLOAD-SYNC, 4 dfuDNBUSY, 5 dfuDNLOAD-IDLE, 6 dfuMANIFEST-SYNC, 7 dfuMANIFEST,
 * 9 dfuUPLOAD-IDLE, 10 dfuERROR.
 */
const EXPECTED = `
state   DNLOAD END UPLOAD GETSTATUS CLRSTATUS GETSTATE ABORT DETACH
2       3      6   9      2         x         2        2     x
3       x      x   x      4         x         3        2     x
4 busy  x      x   x      4         x         x        x     x
4 done  x      x   x      5         x         x        x     x
5       3      6   x      5         x         5        2     x
6       x      x   x      7         x         6        2     x
7       x      x   x      7         x         x        x     x
9       x      x   9      9         x         9        2     x
10      x      x   x      10        2         10       x     x
`;

const [header = "", ...rows] = EXPECTED.trim().split("\n");
const names = header.split(/\s+/).slice(1);

for (const row of rows) {
  const [start = "", ...cells] = row.split(/\s{2,}/);
  Deno.test(`A device in state ${start} obeys its row of the state table`, async () => {
    const seen: string[] = [];
    for (const name of names) seen.push(await stateAfter(start, name));
    assertEquals(seen, cells);
  });
}

async function stateAfter(start: string, name: string): Promise<string> {
  const { device, host } = await openDevice(["clrstatus-only-in-error"]);
  await WAYS[start]!(host);
  const violationsBefore = device.report.violationCount;
  try {
    const answer = await REQUESTS[name]!(host);
    assertEquals(device.report.violationCount, violationsBefore, `${name} in ${start}`);
    if (name === "GETSTATUS") return `${(answer as { state: number }).state}`;
    return `${await host.state()}`;
  } catch (error) {
    if (!(error instanceof TransportError) || error.kind !== "stall") throw error;
    assertEquals(device.report.violationCount, violationsBefore + 1, `${name} in ${start}`);
    assertEquals(await host.status(), { status: 15, pollTimeoutMs: 0, state: 10 });
    return "x";
  }
}

async function openDevice(quirks: readonly Quirk[]) {
  const options = {
    chip: findChip("stm32f405"),
    quirks,
    whileBusy: "repeat",
    leaves: "never",
  } as const;
  const device = createSimulatedDevice(options, new VirtualClock());
  return { device, host: await Host.open(device) };
}

Deno.test("CLRSTATUS outside dfuERROR makes errUNKNOWN on most parts, and is a violation", async () => {
  const { device, host } = await openDevice([]);
  await host.clearStatus();
  assertEquals(await host.status(), { status: 14, pollTimeoutMs: 0, state: 10 });
  await host.clearStatus();
  assertEquals(await host.status(), { status: 0, pollTimeoutMs: 0, state: 2 });
  assertEquals(device.report.violations, ["CLRSTATUS in dfuIDLE"]);
});

Deno.test("ABORT in dfuDNLOAD-SYNC drops the command", async () => {
  const { device, host } = await openDevice([]);
  await host.download(0, ERASE);
  await host.abort();
  assertEquals((await host.status()).state, 2);
  assertEquals(device.report.erases.size, 0);
});
