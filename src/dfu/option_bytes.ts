import {
  commonOptionBytes,
  findOptionBytes,
  type OptionBlock,
  optionBlockSize,
  type OptionBytes,
} from "../chips/option_bytes.ts";
import { guessChips } from "../chips/guess_chip.ts";
import { DeviceError, PlanError, VerifyError } from "../errors.ts";
import { firstDifference } from "../firmware/image.ts";
import { formatRange } from "../format.ts";
import { type AlternateProfile, specialArea } from "../plan/device_profile.ts";
import { regionEnd } from "../plan/memory_layout.ts";
import { decodeOptionBytes, findOption, type OptionState } from "../plan/option_state.ts";
import type { OptionPlan } from "../plan/plan_option_bytes.ts";
import type { FlashDevice } from "./flash.ts";
import type { DeviceFacts } from "./open_device.ts";
import { isUnanswered } from "./refusal.ts";

/** A device, and what it says of itself. */
export type OptionDevice = FlashDevice & { readonly facts: DeviceFacts };

/** The option bytes of a device that is not sure to be one part only. */
export interface KnownOptionBytes {
  readonly table: OptionBytes;
  /** Parts that the device may be; more than one if `--chip` could tell more. */
  readonly chips: readonly string[];
}

/**
 * What is known of a device's option bytes.
 *
 * @throws {PlanError} if the part is not known, or has none that dfuse knows.
 */
export function optionBytesOf({ profile, facts }: OptionDevice): KnownOptionBytes {
  const chips = profile.chip === undefined ? guessChips(facts).map(({ id }) => id) : [profile.chip];
  const tables = chips.map(findOptionBytes);
  const known = tables.filter((table) => table !== undefined);
  const table = known.length === tables.length ? commonOptionBytes(known) : undefined;
  if (table !== undefined) return { table, chips };
  const found = chips.length === 0
    ? "the part is not recognised"
    : chips.length === 1
    ? `those of ${chips[0]} are not known to dfuse`
    : `it may be ${chips.join(" or ")}, whose option bytes differ`;
  throw new PlanError(`Cannot read the option bytes: ${found}`, {
    hint: chips.length === 1
      ? "dfuse read --alternate reads them as they are."
      : "Say with --chip which part it is; dfuse chips lists them.",
  });
}

/**
 * Reads all option bytes, twice: what is written back later must not rest on one bad reading.
 *
 * @throws {DeviceError} if they cannot be read; with read protection on, they never can.
 */
export async function readOptionBytes(
  device: OptionDevice,
  table: OptionBytes,
): Promise<OptionState> {
  const { session } = device;
  const contents = new Map<number, Uint8Array>();
  const { alternate, layout } = optionAlternate(device);
  await session.recover();
  await session.selectAlternate(alternate);
  for (const block of table.blocks) {
    const range = { address: block.address, size: optionBlockSize(block) };
    const region = layout.regions.find(({ address }) => address === range.address);
    if (region === undefined || regionEnd(region) < range.address + range.size) {
      throw new PlanError(
        `Cannot read the option bytes: ${
          formatRange(range)
        } is not in "${layout.name}" of the device`,
        { hint: "Say with --chip which part it is." },
      );
    }
    const data = await session.read(range.address, range.size);
    if (firstDifference(data, await session.read(range.address, range.size)) !== undefined) {
      throw new DeviceError("Cannot read the option bytes: they read differently each time", {
        hint: "Check the cable, and run the same command once more.",
      });
    }
    contents.set(block.address, data);
  }
  await session.finish();
  return decodeOptionBytes(table, contents);
}

/** How a write ended: the device answered, or it has reset itself or is lost, which nobody can tell apart at once. */
export type OptionWriteEnd = "answered" | "gone";

/**
 * Writes a planned block at once, as boot loaders want it (AN2662 §4.5.1). Whether it was written, only reading back can
 * tell: most parts reset before they answer.
 *
 * @throws {PlanError} if the device does not have just these bytes where the plan has them.
 * @throws {DeviceError} if it refuses.
 */
export async function writeOptionBytes(
  device: OptionDevice,
  plan: OptionPlan,
): Promise<OptionWriteEnd> {
  const { write, before: { table } } = plan;
  if (write === undefined) return "answered";
  const { alternate, layout } = optionAlternate(device);
  checkFits(device, table.blocks.find(({ address }) => address === write.address)!);
  const region = layout.regions.find(({ address }) => address === write.address)!;
  if (!region.writable) {
    throw new PlanError(`Cannot write the option bytes: "${layout.name}" is read-only`);
  }
  return await untilGone(device, async () => {
    await device.session.selectAlternate(alternate);
    await device.session.write(write.address, write.data);
  });
}

/** Lifts read protection, which erases all flash; ends as a write of option bytes does. */
export function liftReadProtection(device: OptionDevice): Promise<OptionWriteEnd> {
  return untilGone(device, async () => {
    await device.session.recover();
    await device.session.readUnprotect();
  });
}

/** Whether a device refuses to be read, as with read protection on. */
export async function isReadProtected({ session, profile }: OptionDevice): Promise<boolean> {
  const first = profile.alternates[0];
  const region = first?.layout.regions.find(({ readable }) => readable);
  if (first === undefined || region === undefined) {
    throw new PlanError(
      "Cannot tell whether the device is read-protected: it has no readable memory",
    );
  }
  await session.recover();
  await session.selectAlternate(first.alternate);
  try {
    await session.read(region.address, Math.min(PROBE_SIZE, region.pageSize));
    await session.finish();
    return false;
  } catch (error) {
    if (isReadRefusal(error)) return true;
    throw error;
  }
}

/** Enough to see whether memory can be read. */
const PROBE_SIZE = 64;

/** errVENDOR: the device will not give out memory (AN3156 §4.1). */
const ERR_VENDOR = 11;

/** Whether an error is that of a device with read protection, which is still there. */
export function isReadRefusal(error: unknown): boolean {
  return error instanceof DeviceError && error.facts["status"] === ERR_VENDOR &&
    !isUnanswered(error);
}

/**
 * Compares what was read back with what was wanted.
 *
 * @throws {VerifyError} if a setting is not as planned; facts: `problems`, a sentence each.
 */
export function checkOptionBytes(found: OptionState, wanted: OptionState): void {
  const problems = [
    ...found.damage.map(({ message }) => message),
    ...wanted.values.flatMap(({ field, text }) => {
      const now = findOption(found, field.name)?.text;
      return now === text ? [] : [`${field.name} is ${now}, expected ${text}`];
    }),
  ];
  if (problems.length === 0) return;
  const message = `Cannot verify the option bytes: ${problems[0]}`;
  throw new VerifyError(message, {
    hint: "dfuse options shows them as they are now.",
    facts: { problems: [message, ...problems.slice(1)] },
  });
}

/** Most parts reset themselves in the middle, so losing the device is no failure here. */
async function untilGone(
  { session }: OptionDevice,
  work: () => Promise<void>,
): Promise<OptionWriteEnd> {
  try {
    await work();
    return session.hasReset ? "gone" : "answered";
  } catch (error) {
    if (isUnanswered(error)) return "gone";
    throw error;
  }
}

/** The alternate setting of the option bytes. */
function optionAlternate({ profile }: OptionDevice): AlternateProfile {
  const found = profile.alternates.find(({ layout }) => specialArea(layout) === "option-bytes");
  if (found !== undefined) return found;
  throw new PlanError(
    "Cannot read the option bytes: the device has no alternate setting for them",
    {
      hint: "dfuse list shows what it has.",
    },
  );
}

/** A block that is longer or shorter than the known one is another one. */
function checkFits(device: OptionDevice, block: OptionBlock): void {
  const { layout } = optionAlternate(device);
  const size = optionBlockSize(block);
  const region = layout.regions.find(({ address }) => address === block.address);
  const found = region === undefined ? 0 : regionEnd(region) - region.address;
  if (found === size) return;
  throw new PlanError(
    `Cannot write the option bytes: the device has ${found} bytes of them, expected ${size}`,
    { hint: "This boot loader is not the one whose option bytes dfuse knows." },
  );
}
