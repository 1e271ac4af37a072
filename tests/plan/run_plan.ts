import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../src/format.ts";
import type { Operation, Plan } from "../../src/plan/operation.ts";
import { writeBlocks } from "../../src/plan/write_blocks.ts";
import type { FlashModel, ModelPage } from "./flash_model.ts";
import type { RandomFlash, RandomTarget } from "./random_flash.ts";

/** What a plan did to one memory. */
export interface Outcome {
  readonly target: RandomTarget;
  readonly model: FlashModel;
  /** Where 1, the byte was read back. */
  readonly verified: ReadonlyMap<ModelPage, Uint8Array>;
  /** Where 1, the byte was read before, to be written back. */
  readonly kept: ReadonlyMap<ModelPage, Uint8Array>;
  /** Where 1, the byte was sent in a write. */
  readonly written: ReadonlyMap<ModelPage, Uint8Array>;
  readonly blocks: { readonly address: number; readonly size: number }[];
  readonly operations: Operation[];
}

/** Does what a plan says to copies of the memories, and checks each step. */
export function runPlan(plan: Plan, flash: RandomFlash): Outcome[] {
  const outcomes = flash.targets.map(newOutcome);
  let current: Outcome | undefined;
  for (const operation of plan.operations) {
    if (operation.kind === "select") {
      current = outcomes.find(({ target }) => target.alternate === operation.alternate);
    } else {
      assert(current !== undefined, "a memory is selected first");
      current.operations.push(operation);
      runOperation(operation, current, flash);
    }
  }
  return outcomes;
}

function newOutcome(target: RandomTarget): Outcome {
  const model = target.before.copy();
  const marks = () => new Map(model.pages.map((page) => [page, new Uint8Array(page.size)]));
  return {
    target,
    model,
    verified: marks(),
    kept: marks(),
    written: marks(),
    blocks: [],
    operations: [],
  };
}

const ORDER = ["read", "erase", "erase-all", "write", "verify", "leave"];

function runOperation(operation: Operation, outcome: Outcome, flash: RandomFlash): void {
  const { model, operations } = outcome;
  const before = operations.at(-2);
  if (before !== undefined) {
    const places = [before, operation].map(({ kind }) => ORDER.indexOf(kind));
    assert(places[0]! <= places[1]!, `${operation.kind} comes after ${before.kind}`);
    if (before.kind === operation.kind) checkAfter(before, operation);
  }
  switch (operation.kind) {
    case "read":
      model.read(operation.address, operation.size);
      mark(outcome, outcome.kept, operation);
      return;
    case "erase":
      for (let index = 0; index < operation.pageCount; index++) {
        model.erase(operation.address + index * operation.pageSize, operation.pageSize);
      }
      return;
    case "erase-all":
      for (const page of model.pages) model.erase(page.address, page.size);
      return;
    case "write":
      mark(outcome, outcome.written, operation);
      for (const block of writeBlocks(operation, flash.profile.transferSize)) {
        writeBlock(block, outcome, flash);
      }
      return;
    case "verify":
      model.read(operation.address, operation.size);
      mark(outcome, outcome.verified, operation);
      return;
    case "leave":
      model.page(operation.address);
      return;
    case "select":
    case "voltage":
      return;
  }
}

/** Operations of one kind go up, and those that could be one are one. */
function checkAfter(before: Operation, operation: Operation): void {
  if (!("size" in before) || !("size" in operation)) return;
  const end = before.address + before.size;
  assert(end <= operation.address, `${formatAddress(operation.address)} comes in order`);
  if (operation.kind !== "write") assert(end < operation.address, "touching stretches are one");
}

function mark(
  { model }: Outcome,
  marks: ReadonlyMap<ModelPage, Uint8Array>,
  { address, size }: { readonly address: number; readonly size: number },
): void {
  for (let done = 0; done < size;) {
    const page = model.page(address + done);
    const start = address + done - page.address;
    const end = Math.min(page.size, start + size - done);
    marks.get(page)!.fill(1, start, end);
    done += end - start;
  }
}

function writeBlock(
  block: { readonly address: number; readonly size: number },
  outcome: Outcome,
  { profile }: RandomFlash,
): void {
  const { model, target } = outcome;
  const { address, size } = block;
  assert(size > 0 && size <= profile.transferSize, `a block of ${size} bytes`);
  const first = model.page(address);
  const last = model.page(address + size - 1);
  assertEquals((address - first.address) % profile.writeAlignment, 0, "a block starts aligned");
  const end = address + size - last.address;
  assert(end === last.size || end % profile.writeAlignment === 0, "a block ends aligned");
  if (first !== last) assert(first.size < profile.transferSize, "only small pages share a block");
  const data = new Uint8Array(size);
  for (let index = 0, page = first; index < size; index++) {
    if (address + index >= page.address + page.size) page = model.page(address + index);
    const offset = address + index - page.address;
    const old = target.before.page(page.address);
    const byte = target.image.get(old)![offset]!;
    const kept = outcome.kept.get(page)![offset] === 1;
    data[index] = byte >= 0 ? byte : kept ? old.bytes[offset]! : model.erasedByte;
  }
  model.program(address, data);
  outcome.blocks.push(block);
}
