import { assert, assertEquals } from "@std/assert";
import type { Chip } from "../../src/chips/chip.ts";
import { findChip } from "../../src/chips/chips.ts";
import type { FlashOptions } from "../../src/dfu/flash.ts";
import type { Report } from "../../src/dfu/report.ts";
import { DfuseError, ExitCode } from "../../src/errors.ts";
import type { DfuStatusName } from "../../src/simulator/dfu_numbers.ts";
import { type Fault, FAULT_KINDS, type FaultKind } from "../../src/simulator/faults.ts";
import type { SimulatorOptions } from "../../src/simulator/part.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";
import {
  assertBytes,
  type Board,
  FLASH,
  flash,
  holds,
  inputOf,
  plugIn,
  withVectors,
} from "./rig.ts";

/** A board of the matrix: parts differ in how they are polled, and runs in what they do. */
export interface Case {
  readonly chip: Chip;
  readonly simulated?: Partial<SimulatorOptions>;
  readonly options?: FlashOptions;
}

/** Small parts, so that the many runs are short. */
export function small(id: string, alternates: readonly string[]): Chip {
  const { sentAlternates: _, ...chip } = findChip(id);
  return { ...chip, flashSize: 0x8000, alternates };
}

export const PAGES_2K = "@Internal Flash  /0x08000000/16*002Kg";
export const PAGES_8K = "@Internal Flash  /0x08000000/04*008Kg";
export const FEATURE = "@Device Feature/0xFFFF0000/01*004 e";

const INPUT = inputOf([
  { address: FLASH, data: withVectors(seededRandom(5).bytes(2048 + 100)) },
  { address: FLASH + 0x5004, data: seededRandom(6).bytes(37) },
]);

/** Far more than anything takes that ends. */
const LONGEST_MS = 10 * 60_000;

type Run = Report | DfuseError;

async function run(board: Board, { chip, options }: Case): Promise<Run> {
  const start = board.clock.now();
  try {
    return await flash(board, INPUT, { chip, ...options });
  } catch (error) {
    if (error instanceof DfuseError) return error;
    throw error;
  } finally {
    assert(board.clock.now() - start < LONGEST_MS, "takes for ever");
  }
}

function exitCodeOf(run: Run): number {
  if (run instanceof DfuseError) return run.exitCode;
  return run.error?.exitCode ?? ExitCode.done;
}

function boardOf({ chip, simulated }: Case, faults: readonly Fault[] = []): Board {
  return plugIn(chip.id, { chip, ...simulated, faults });
}

/** Exit codes that a kind of fault may end in. Code 4: half of a layout is a layout of less memory. */
const EXIT_CODES: Record<FaultKind | "status", readonly number[]> = {
  stall: [0],
  timeout: [0, 6],
  disconnect: [0, 6],
  reconnect: [0, 6],
  short: [0, 4, 5],
  flip: [0, 5, 7],
  busy: [0, 5, 6],
  status: [0, 5],
};

/** Bytes outside the pages of the image: they must be as before, whatever happens. */
function othersOf(board: Board, { chip, options }: Case): Uint8Array {
  if (options?.erase === "all") return new Uint8Array();
  const page = chip.alternates[0] === PAGES_8K ? 0x2000 : 0x800;
  const end = Math.ceil(0x864 / page) * page;
  const memory = board.device.readMemory(FLASH, chip.flashSize);
  memory.fill(0, 0, end);
  memory.fill(0, Math.floor(0x5004 / page) * page, Math.ceil(0x5029 / page) * page);
  return memory;
}

/** Bytes around the image in its pages, where they shall be kept. */
function aroundImage(board: Board, { chip, options }: Case): Uint8Array {
  if (options?.preserve !== true) return new Uint8Array();
  const memory = board.device.readMemory(FLASH, chip.flashSize);
  for (const { address, size } of INPUT.image.segments) {
    memory.fill(0, address - FLASH, address - FLASH + size);
  }
  return memory;
}

/** Runs until all faults have been met, and once more: whatever is promised must be true, and nothing is lost for good. */
async function suffer(of: Case, faults: readonly Fault[], exitCodes: readonly number[]) {
  const board = boardOf(of, faults);
  const others = othersOf(board, of);
  const around = aroundImage(board, of);
  const what = JSON.stringify(faults);
  const last = Math.max(...faults.map(({ transfer }) => transfer));
  for (let runs = 1;; runs++) {
    const isFree = board.device.report.transfers >= last;
    assert(runs <= faults.length + 2, `${what}: too many runs`);
    const result = await run(board, of);
    const code = exitCodeOf(result);
    const told = `${what}, run ${runs}: exit code ${code}, ${messageOf(result)}`;
    assert((isFree ? [0] : exitCodes).includes(code), told);
    if (!(result instanceof DfuseError)) {
      assertEquals(result.outcome === "failed", code !== 0, told);
    }
    if (code === 0) assert(holds(board.device, INPUT.image), `${told}, but it is not`);
    if (code === 0 && runs === 1) assertBytes(aroundImage(board, of), around, told);
    assertBytes(othersOf(board, of), others, told);
    const isOver = board.device.report.transfers >= last;
    if (isFree || (isOver && code === 0)) return;
    board.device.replug();
  }
}

function messageOf(run: Run): string {
  return run instanceof DfuseError ? run.message : run.error?.message ?? run.outcome;
}

async function countTransfers(of: Case): Promise<number> {
  const board = boardOf(of);
  assertEquals(exitCodeOf(await run(board, of)), 0);
  return board.device.report.transfers;
}

/** Every kind of fault at every transfer, and several at once. */
export function testFaults(name: string, of: Case, status: DfuStatusName): void {
  for (const kind of [...FAULT_KINDS, "status"] as const) {
    Deno.test(`A flash survives ${kind} at every transfer (${name})`, async () => {
      const transfers = await countTransfers(of);
      for (let transfer = 1; transfer <= transfers; transfer++) {
        const fault = kind === "status" ? { transfer, kind, status } : { transfer, kind };
        await suffer(of, [fault], EXIT_CODES[kind]);
      }
    });
  }

  randomTest(`A flash survives three faults of any kind (${name})`, async (seed) => {
    const random = seededRandom(seed);
    const transfers = await countTransfers(of);
    // Two flipped bits may cancel each other out, which no one can see.
    const kinds = FAULT_KINDS.filter((kind) => kind !== "flip");
    for (let count = 0; count < 25; count++) {
      const faults = Array.from({ length: 3 }, (): Fault => ({
        transfer: 1 + random.below(transfers),
        kind: random.pick(kinds),
      }));
      await suffer(of, faults, [0, 4, 5, 6, 7]);
    }
  });
}
