import {
  DeviceError,
  InterruptedError,
  PlanError,
  TransportError,
  VerifyError,
} from "../errors.ts";
import type { DfuIds, Image } from "../firmware/firmware.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import type { PageStates, Plan } from "../plan/operation.ts";
import { planFlash, type PlanOptions } from "../plan/plan.ts";
import { type PlannedImage, resolveImages } from "../plan/resolve_images.ts";
import { EMPTY_TOTALS } from "../plan/totals.ts";
import type { Clock } from "../usb/transport.ts";
import { type ExecuteOptions, executePlan } from "./execute.ts";
import { imageOf } from "./flash_input.ts";
import { addReports, type ProgressEvent, type Report } from "./report.ts";
import type { DfuSession } from "./session.ts";
import { surveyPages } from "./survey.ts";

/** A device that has been opened and understood. */
export interface FlashDevice {
  readonly session: DfuSession;
  readonly profile: DeviceProfile;
  readonly clock: Clock;
  /** Whether the loader can be read at all (bmAttributes, bit 1). */
  readonly canUpload: boolean;
}

/** An image and its outline; without `alternate` it goes where its addresses are. */
export interface FlashImage extends PlannedImage {
  readonly image: Image;
}

/** What shall be flashed. */
export interface FlashInput {
  readonly images: readonly FlashImage[];
  readonly ids?: DfuIds;
  /** UF2 family of the parts that the file is for. */
  readonly family?: number;
}

export interface RunOptions {
  readonly onEvent?: (event: ProgressEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface FlashOptions extends PlanOptions, RunOptions {
  /** Look at every byte of a page before it counts as blank. Default: a sample, where that can do no harm. */
  readonly fullSurvey?: boolean;
}

/** A plan for one device, made from what is on it now. */
export interface PreparedFlash {
  readonly plan: Plan;
  readonly images: ReadonlyMap<number, Image>;
  readonly surveyMs: number;
}

/**
 * Looks at the device and plans. Nothing on it changes. A plan that is impossible throws `PlanError` before the first byte is
 * read from the device.
 */
export async function prepareFlash(
  device: FlashDevice,
  input: FlashInput,
  options: FlashOptions = {},
): Promise<PreparedFlash> {
  const { profile, clock } = device;
  const outline = planFlash(input, profile, options);
  checkUpload(outline, device);
  const targets = resolveImages(input.images, profile, options)
    .map((target) => ({ ...target, image: imageOf(input, target.outline) }));
  const images = new Map(targets.map(({ alternate, image }) => [alternate, image]));
  const start = clock.now();
  await device.session.recover();
  const needed = (options.erase ?? "needed") === "needed" && device.canUpload;
  if (!needed) return { plan: outline, images, surveyMs: clock.now() - start };
  const pageStates = await surveyIfReadable(device, targets, options);
  const plan = pageStates === undefined
    ? outline
    : planFlash(input, profile, { ...options, pageStates });
  return { plan, images, surveyMs: clock.now() - start };
}

/** Throws `PlanError` where a plan wants to read from a device that says it cannot be read. */
function checkUpload(plan: Plan, device: FlashDevice): void {
  if (device.canUpload) return;
  const reading = plan.operations.find(({ kind }) => kind === "verify" || kind === "read");
  if (reading === undefined) return;
  const [doing, option] = reading.kind === "verify"
    ? ["verify the image", "with --no-verify"]
    : ["keep the bytes around the image", "without --preserve"];
  throw new PlanError(`Cannot ${doing}: the boot loader lets nobody read (bmAttributes, bit 1)`, {
    hint: `Flash it ${option}, if it has to be.`,
  });
}

/** Who does not want to read anything back gets a plan without a survey where the device refuses to be read. */
async function surveyIfReadable(
  device: FlashDevice,
  targets: Parameters<typeof surveyPages>[1],
  options: FlashOptions,
): Promise<PageStates | undefined> {
  const { verify = true, preserve = false } = options;
  try {
    const sampleBlank = maySample(device.profile, options);
    return await survey(device, targets, { ...options, sampleBlank });
  } catch (error) {
    if (verify || preserve || !(error instanceof DeviceError)) throw error;
    return undefined;
  }
}

/** Whether a page that only looks blank may be written to: a wrong guess must do no harm, and must show. */
function maySample(profile: DeviceProfile, options: FlashOptions): boolean {
  const { verify = true, fullSurvey = false } = options;
  return profile.reprogrammable === true && verify && !fullSurvey;
}

async function survey(
  device: FlashDevice,
  targets: Parameters<typeof surveyPages>[1],
  options: RunOptions & { readonly sampleBlank: boolean },
): Promise<PageStates> {
  const total = targets.reduce(
    (sum, { image }) => sum + image.segments.reduce((size, segment) => size + segment.size, 0),
    0,
  );
  options.onEvent?.({ kind: "stage", stage: "survey", total });
  return await surveyPages(device.session, targets, {
    transferSize: device.profile.transferSize,
    erasedByte: device.profile.erasedByte ?? 0xFF,
    sampleBlank: options.sampleBlank,
    signal: options.signal,
    onProgress: (step) => options.onEvent?.({ kind: "progress", stage: "survey", ...step, total }),
  });
}

/**
 * Flashes one device: survey, plan, execute. Whatever goes wrong with the device is in the report; what is wrong
 * with the file or the options is thrown, and the device untouched. Where the survey took a page for blank that was not,
 * which verify finds, it is done once more, with every byte looked at.
 */
export async function flashDevice(
  device: FlashDevice,
  input: FlashInput,
  options: FlashOptions & { readonly onPlan?: (plan: Plan) => void } = {},
): Promise<Report> {
  const { plan, report } = await flashOnce(device, input, options);
  const guessed = plan.pages.some((run) => run.reason === "looks-blank");
  const disproved = report.error instanceof VerifyError || report.error instanceof DeviceError;
  if (!guessed || !disproved || report.finalState !== "boot-loader") return report;
  const again = await flashOnce(device, input, { ...options, fullSurvey: true });
  return addReports(report, again.report);
}

async function flashOnce(
  device: FlashDevice,
  input: FlashInput,
  options: FlashOptions & { readonly onPlan?: (plan: Plan) => void },
): Promise<{ readonly plan: Plan; readonly report: Report }> {
  const start = device.clock.now();
  let prepared: PreparedFlash;
  try {
    prepared = await prepareFlash(device, input, options);
  } catch (error) {
    const isDeviceFault = error instanceof DeviceError || error instanceof TransportError ||
      error instanceof InterruptedError;
    if (!isDeviceFault) throw error;
    const surveyMs = device.clock.now() - start;
    const failed = { ...executeOptions(device, options), surveyMs, error };
    return { plan: NOTHING, report: await executePlan(NOTHING, failed) };
  }
  options.onPlan?.(prepared.plan);
  const { plan, images, surveyMs } = prepared;
  const executed = { ...executeOptions(device, options), images, surveyMs };
  return { plan, report: await executePlan(plan, executed) };
}

/** What is executed of a plan that never came to be: only its report is made. */
const NOTHING: Plan = {
  operations: [],
  pages: [],
  blanked: [],
  preserved: [],
  warnings: [],
  totals: EMPTY_TOTALS,
};

function executeOptions(device: FlashDevice, { onEvent, signal }: RunOptions): ExecuteOptions {
  return {
    session: device.session,
    clock: device.clock,
    transferSize: device.profile.transferSize,
    erasedByte: device.profile.erasedByte ?? 0xFF,
    images: new Map(),
    ...(onEvent === undefined ? {} : { onEvent }),
    signal,
  };
}
