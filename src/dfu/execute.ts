import { DeviceError, DfuseError, InterruptedError, TransportError } from "../errors.ts";
import type { Extent, Image } from "../firmware/firmware.ts";
import { firstDifference, readImage } from "../firmware/image.ts";
import { formatAddress } from "../format.ts";
import { clipExtents, endOf } from "../plan/extents.ts";
import type { Operation, Plan } from "../plan/operation.ts";
import { writeBlocks } from "../plan/write_blocks.ts";
import type { Clock } from "../usb/transport.ts";
import { Comparison } from "./compare.ts";
import { checkSignal } from "./interrupt.ts";
import type { FinalState, ProgressEvent, Report, Stage } from "./report.ts";
import type { DfuSession } from "./session.ts";
import { doneBefore, noStages, stageOf, stageTotals } from "./stages.ts";

export interface ExecuteOptions {
  readonly session: DfuSession;
  readonly clock: Clock;
  readonly transferSize: number;
  /** What goes where neither the image nor kept bytes are; default 0xFF. */
  readonly erasedByte?: number;
  /** The images by alternate setting. */
  readonly images: ReadonlyMap<number, Image>;
  readonly onEvent?: (event: ProgressEvent) => void;
  /** Asks to stop; the current step is finished. */
  readonly signal?: AbortSignal | undefined;
  /** What came before the plan, as milliseconds of the survey. */
  readonly surveyMs?: number;
  /** What went wrong before there was a plan: only the report is made. */
  readonly error?: DfuseError;
}

/** Does what a plan says, and adds no decision. Never throws for the device's faults: the report has the error. */
export async function executePlan(plan: Plan, options: ExecuteOptions): Promise<Report> {
  const run = new Execution(plan, options);
  let error = options.error;
  try {
    if (error === undefined) await run.perform();
  } catch (caught) {
    if (!(caught instanceof DfuseError)) throw caught;
    error = caught;
  }
  return await run.report(error);
}

/** One execution: counts what it does, and tells of it. */
class Execution {
  readonly #plan: Plan;
  readonly #options: ExecuteOptions;
  readonly #comparison: Comparison;
  readonly #kept: { alternate: number; address: number; data: Uint8Array }[] = [];
  readonly #bytes = { read: 0, erased: 0, written: 0, verified: 0 };
  readonly #durations: Record<Stage, number>;
  readonly #totals: Record<Stage, number>;
  readonly #done: Record<Stage, number> = noStages();
  readonly #startMs: number;
  #alternate = 0;
  #operationsDone = 0;
  #stage: Stage | undefined;
  #left = false;

  constructor(plan: Plan, options: ExecuteOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#durations = { ...noStages(), survey: options.surveyMs ?? 0 };
    this.#totals = stageTotals(plan);
    this.#comparison = new Comparison({
      doneBefore: doneBefore(plan),
      erasedByte: options.erasedByte ?? 0xFF,
    });
    this.#startMs = options.clock.now() - this.#durations.survey;
  }

  async perform(): Promise<void> {
    const { operations } = this.#plan;
    let verified = false;
    for (const operation of operations) {
      // Nothing may start a program that differs from the file.
      if (verified && operation.kind !== "verify") this.#comparison.check();
      checkSignal(this.#options.signal);
      await this.#timed(operation);
      verified = operation.kind === "verify";
      this.#operationsDone++;
    }
    this.#comparison.check();
  }

  async report(error: DfuseError | undefined): Promise<Report> {
    const finalState = await this.#finalState(error);
    const outcome = error instanceof InterruptedError
      ? "interrupted"
      : error !== undefined
      ? "failed"
      : this.#bytes.erased + this.#bytes.written + this.#bytes.verified === 0
      ? "nothing-to-do"
      : "done";
    return {
      outcome,
      operationsDone: this.#operationsDone,
      operationCount: this.#plan.operations.length,
      bytes: this.#bytes,
      durations: { ...this.#durations, total: this.#options.clock.now() - this.#startMs },
      finalState,
      ...(error === undefined ? {} : { error }),
    };
  }

  async #finalState(error: DfuseError | undefined): Promise<FinalState> {
    if (this.#left) return "left";
    if (this.#options.session.hasReset) return "reset";
    if (error instanceof TransportError && error.kind === "disconnected") return "lost";
    try {
      await this.#options.session.finish();
      return "boot-loader";
    } catch (caught) {
      if (!(caught instanceof DfuseError)) throw caught;
      return "lost";
    }
  }

  async #timed(operation: Operation): Promise<void> {
    const { clock } = this.#options;
    const start = clock.now();
    const stage = stageOf(operation);
    if (stage !== undefined && stage !== this.#stage) {
      this.#stage = stage;
      this.#options.onEvent?.({ kind: "stage", stage, total: this.#totals[stage] });
    }
    try {
      await this.#perform(operation);
    } finally {
      if (stage !== undefined) this.#durations[stage] += clock.now() - start;
    }
  }

  async #perform(operation: Operation): Promise<void> {
    const { session } = this.#options;
    switch (operation.kind) {
      case "select":
        this.#alternate = operation.alternate;
        return await session.selectAlternate(operation.alternate);
      case "voltage":
        return await session.setVoltage(operation.address, operation.range);
      case "read":
        return await this.#keep(operation);
      case "erase":
        return await this.#erase(operation);
      case "erase-all":
        await session.eraseAll();
        return this.#progress("erase", { address: 0, size: this.#totals.erase });
      case "write":
        return await this.#write(operation);
      case "verify":
        return await this.#verify(operation);
      case "leave":
        await session.leave(operation.address);
        this.#left = true;
        return;
    }
  }

  async #keep(range: Extent): Promise<void> {
    for (const block of writeBlocks(range, this.#options.transferSize)) {
      checkSignal(this.#options.signal);
      const data = await this.#readTwice(block);
      this.#kept.push({ alternate: this.#alternate, address: block.address, data });
      this.#progress("read", block);
    }
  }

  /** These bytes will be nowhere else, and verify will trust them: a single reading is not enough. */
  async #readTwice({ address, size }: Extent): Promise<Uint8Array> {
    const { session } = this.#options;
    const data = await session.read(address, size);
    const different = firstDifference(data, await session.read(address, size));
    if (different === undefined) return data;
    throw new DeviceError(
      `Cannot keep the bytes at ${
        formatAddress(address + different)
      }: they read differently each time`,
      { hint: "Check the cable, and run the same command once more." },
    );
  }

  async #erase(operation: Extract<Operation, { kind: "erase" }>): Promise<void> {
    const { address, pageSize, pageCount } = operation;
    for (let index = 0; index < pageCount; index++) {
      checkSignal(this.#options.signal);
      const page = { address: address + index * pageSize, size: pageSize };
      await this.#options.session.erasePage(page);
      this.#progress("erase", page);
    }
  }

  async #write(range: Extent): Promise<void> {
    for (const block of writeBlocks(range, this.#options.transferSize)) {
      checkSignal(this.#options.signal);
      await this.#options.session.write(block.address, this.#contents(block));
      this.#progress("write", block);
    }
  }

  async #verify(range: Extent): Promise<void> {
    for (const block of writeBlocks(range, this.#options.transferSize)) {
      checkSignal(this.#options.signal);
      const found = await this.#options.session.read(block.address, block.size);
      this.#progress("verify", block, this.#compare(block, found));
    }
  }

  /** A block may lie in several small pages: each is compared by itself, for the hint. Gives where it differs. */
  #compare(block: Extent, found: Uint8Array): Extent[] {
    const expected = this.#contents(block);
    const different: Extent[] = [];
    for (const page of this.#pagesIn(block)) {
      const part = clipExtents([block], page)[0]!;
      const from = part.address - block.address;
      const range = this.#comparison.add({
        address: part.address,
        expected: expected.subarray(from, from + part.size),
        found: found.subarray(from, from + part.size),
        pageAddress: page.address,
      });
      if (range !== undefined) different.push(range);
    }
    return different;
  }

  *#pagesIn(block: Extent): Generator<Extent> {
    for (let address = block.address; address < endOf(block);) {
      const run = this.#plan.pages.find((run) =>
        run.alternate === this.#alternate && run.address <= address &&
        address < run.address + run.pageSize * run.pageCount
      );
      if (run === undefined) return yield block;
      const start = address - (address - run.address) % run.pageSize;
      yield { address: start, size: run.pageSize };
      address = start + run.pageSize;
    }
  }

  /** The image's bytes, those that were kept, and 0xFF where there are neither. */
  #contents(block: Extent): Uint8Array {
    const image = this.#options.images.get(this.#alternate) ?? { segments: [] };
    const bytes = readImage(image, { ...block, fill: this.#options.erasedByte ?? 0xFF });
    for (const { alternate, address, data } of this.#kept) {
      if (alternate !== this.#alternate) continue;
      for (const part of clipExtents([{ address, size: data.length }], block)) {
        const from = part.address - address;
        bytes.set(data.subarray(from, from + part.size), part.address - block.address);
      }
    }
    return bytes;
  }

  #progress(
    stage: "read" | "erase" | "write" | "verify",
    step: Extent,
    different: readonly Extent[] = [],
  ): void {
    this.#bytes[BYTES_OF[stage]] += step.size;
    this.#done[stage] += step.size;
    this.#options.onEvent?.({
      kind: "progress",
      stage,
      address: step.address,
      size: step.size,
      done: this.#done[stage],
      total: this.#totals[stage],
      ...(different.length === 0 ? {} : { different }),
    });
  }
}

const BYTES_OF = { read: "read", erase: "erased", write: "written", verify: "verified" } as const;
