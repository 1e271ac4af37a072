import type { ProgressEvent, Report } from "../dfu/report.ts";
import { formatUsbIds } from "../format.ts";
import type { DeviceProfile } from "../plan/device_profile.ts";
import type { Plan } from "../plan/operation.ts";
import type { Clock } from "../usb/transport.ts";
import type { Target } from "./open_target.ts";
import { type Output, printResult, renderError, renderWarning, ReportedError } from "./output.ts";
import { ProgressLines, renderReport, reportDocument } from "./progress.ts";
import { hang } from "./wrap.ts";

/** Whoever tells what happens to a device. Calls come in this order; `plan` is missing where the plan is impossible. */
export interface Listener {
  device(target: Target): void;
  readonly onEvent: (event: ProgressEvent) => void;
  plan(plan: Plan): void;
  /** Ends what is unfinished on the screen. */
  end(): void;
  report(report: Report): void;
}

export interface ListenerOptions {
  /** What the first line of text begins with: the file, or what is done. */
  readonly title: string;
  readonly clock: Clock;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Who tells it as the command line wants: JSON events, text, or errors only. */
export function createListener(output: Output, options: ListenerOptions): Listener {
  return options.json === true ? new EventLines(output) : new TextLines(output, options);
}

/** Tells how it went; a failure ends the program with its exit code. */
export function conclude(report: Report, listener: Listener): void {
  listener.report(report);
  if (report.error !== undefined) throw new ReportedError(report.error.exitCode);
}

/** One JSON event per line on standard output: see docs/json.md. */
export class EventLines implements Listener {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  device({ device, path }: Target): void {
    const { profile, facts } = device;
    this.#print({
      event: "device",
      schema: "dfuse.events/1",
      name: profile.name,
      ...(profile.chip === undefined ? {} : { chip: profile.chip }),
      usb: formatUsbIds(facts),
      ...(facts.serial === undefined ? {} : { serial: facts.serial }),
      path,
    });
  }

  readonly onEvent = ({ kind, ...event }: ProgressEvent): void => {
    this.#print({ event: kind, ...event });
  };

  plan({ totals, blanked, preserved, warnings, estimate }: Plan): void {
    this.#print({ event: "plan", totals, blanked, preserved, warnings, estimate });
  }

  end(): void {}

  report(report: Report): void {
    const { errorStyle } = this.#output;
    const { error } = report;
    const cause = error === undefined ? "" : renderError(error, errorStyle);
    printResult(this.#output, JSON.stringify(reportDocument(report)) + "\n", {
      words: cause + renderReport(report, errorStyle),
      isFailure: error !== undefined,
    });
  }

  #print(event: Record<string, unknown>): void {
    this.#output.out(JSON.stringify(event) + "\n");
  }
}

/** Text for people: progress on standard error, the result on standard output. */
export class TextLines implements Listener {
  readonly #output: Output;
  readonly #progress: ProgressLines;
  readonly #quiet: boolean;
  readonly #title: string;
  #profile: DeviceProfile | undefined;
  readonly onEvent: (event: ProgressEvent) => void;

  constructor(output: Output, options: ListenerOptions) {
    this.#output = output;
    this.#quiet = options.quiet ?? false;
    this.#title = options.title;
    this.#progress = new ProgressLines(output, {
      now: () => options.clock.now(),
      terminal: output.errorIsTerminal,
    });
    this.onEvent = this.#quiet ? () => {} : this.#progress.onEvent;
  }

  device({ device, location }: Target): void {
    this.#profile = device.profile;
    if (this.#quiet) return;
    const { style } = this.#output;
    const title = `${this.#title} -> ${device.profile.name}`;
    const lines = [
      ...hang(title, style, { paintText: "bold", indent: 2 }),
      ...hang(location, style, { head: "  " }),
    ];
    this.#output.out(lines.join("\n") + "\n");
  }

  plan(plan: Plan): void {
    this.end();
    const { errorStyle } = this.#output;
    for (const warning of plan.warnings) this.#output.err(renderWarning(warning, errorStyle));
    if (!this.#quiet && this.#profile !== undefined) this.#progress.showMemory(this.#profile, plan);
  }

  end(): void {
    this.#progress.end();
  }

  report(report: Report): void {
    this.#progress.finish();
    const { style, errorStyle } = this.#output;
    if (report.error !== undefined) this.#output.err(renderError(report.error, errorStyle));
    const isFailure = report.error !== undefined;
    if (this.#quiet && !isFailure) return;
    printResult(this.#output, renderReport(report, style), { isFailure });
  }
}
