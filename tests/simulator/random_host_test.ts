import { assert } from "@std/assert";
import type { Quirk } from "../../src/chips/chip.ts";
import { CHIPS } from "../../src/chips/chips.ts";
import { QUIRKS } from "../../src/chips/quirks.ts";
import { TransportError } from "../../src/errors.ts";
import { type Fault, FAULT_KINDS } from "../../src/simulator/faults.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import type { ControlSetup, Transport } from "../../src/usb/transport.ts";
import { type Random, randomTest, seededRandom } from "../helpers/random.ts";
import { littleEndian } from "./host.ts";

const ROUNDS = 60;
const REQUESTS = 80;

randomTest(
  "Whatever a host sends, every transfer ends in time, in an answer or a TransportError",
  async (seed) => {
    for (let round = 0; round < ROUNDS; round++) await playRound(seed + round);
  },
);

async function playRound(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const device = createSimulatedDevice({
    chip: random.pick(CHIPS),
    seed,
    quirks: (Object.keys(QUIRKS) as Quirk[]).filter(() => random.below(6) === 0),
    whileBusy: random.pick(["nak", "repeat"]),
    leaves: random.pick(["yes", "never"]),
    readProtected: random.below(8) === 0,
    faults: Array.from({ length: 4 }, () => randomFault(random)),
  }, clock);
  let transport: Transport | undefined;
  for (let i = 0; i < REQUESTS; i++) {
    try {
      transport ??= await device.open();
      const timeoutMs = random.pick([1, 100, 20_000]);
      const startMs = clock.now();
      await sendRandom(transport, { random, timeoutMs }).finally(() => {
        const tookMs = clock.now() - startMs;
        assert(tookMs <= timeoutMs + 1e-6, `seed ${seed}: ${tookMs} ms of ${timeoutMs}`);
      });
    } catch (error) {
      assert(error instanceof TransportError, `seed ${seed}: ${error}`);
      if (error.kind === "not-found") device.replug();
      if (error.kind === "disconnected") transport = undefined;
    }
    if (random.below(30) === 0) await transport?.reset().catch(() => {});
  }
  const { ms } = device.report;
  assert(Object.values(ms).every((time) => time >= 0), `seed ${seed}: ${JSON.stringify(ms)}`);
}

/** Mostly what a host would send, so that all states are reached; sometimes anything. */
async function sendRandom(
  transport: Transport,
  { random, timeoutMs }: { random: Random; timeoutMs: number },
): Promise<void> {
  const block = random.pick([0, 0, 2, 2, 3, 1, 0xFFFF]);
  const isIn = random.below(2) === 0;
  const setup: ControlSetup = {
    requestType: random.pick(isIn ? [0xA1, 0xA1, 0xA1, 0x80, 0x81] : [0x21, 0x21, 0x21, 0x01, 0]),
    request: random.below(4) === 0
      ? random.below(16)
      : random.pick(isIn ? [3, 3, 2, 5] : [1, 6, 4]),
    value: block,
    index: random.below(12) === 0 ? 1 : 0,
  };
  const length = random.pick([0, 1, 6, 64, 1024, 2048]);
  if (isIn) await transport.controlIn(setup, length, timeoutMs);
  else if (block !== 0) await transport.controlOut(setup, new Uint8Array(length), timeoutMs);
  else await transport.controlOut(setup, randomCommand(random), timeoutMs);
}

function randomCommand(random: Random): Uint8Array {
  const address = littleEndian(random.pick([0x08000000, 0x08100000, 0x1FFFC000, 0xFFFF0000]));
  const commands = [[0x21, ...address], [0x41, ...address], [0x41], [0x92], [], [
    random.below(256),
  ]];
  return Uint8Array.from(random.pick(commands));
}

function randomFault(random: Random): Fault {
  const transfer = 1 + random.below(REQUESTS);
  const kind = random.pick([...FAULT_KINDS, "status"] as const);
  return kind === "status" ? { kind, status: "errUNKNOWN", transfer } : { kind, transfer };
}
