import type { ProgressEvent } from "../dfu/report.ts";
import { formatDuration, formatUsbIds } from "../format.ts";
import type { Attempt } from "../station/attempt.ts";
import type { UnitListener } from "../station/flash_unit.ts";
import type { Port } from "../station/port.ts";
import type { StationListener, StationTotals } from "../station/station.ts";
import type { Clock } from "../usb/transport.ts";
import { hintLines, type Output, printResult } from "./output.ts";
import { deviceSerial, unitPhrases } from "./render_unit.ts";
import {
  initialState,
  type StationState,
  withAttempt,
  withPort,
  withProgress,
} from "./station_state.ts";
import { renderStation } from "./station_table.ts";
import type { Style } from "./style.ts";

export interface StationViewOptions {
  readonly title: string;
  /** Names by USB path. */
  readonly names: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly bell?: boolean;
}

/** Whoever shows a station. */
export interface StationView extends StationListener {
  /** Whether what it shows of a unit still arrives somewhere. */
  readonly isSeen: boolean;
  /** The user has asked to stop. */
  stopping(): void;
  /** The last word; a fault is told by whoever gets it. */
  end(totals: StationTotals): void;
}

/** A view as the command line wants it: JSON events, a table on a terminal, lines elsewhere. */
export function createStationView(output: Output, options: StationViewOptions): StationView {
  if (options.json === true) return new JsonView(output, options);
  const isLive = output.errorIsTerminal && options.quiet !== true;
  return isLive ? new TableView(output, options) : new LineView(output, options);
}

/** One JSON event per line, each with its port: see docs/production-line.md. */
class JsonView implements StationView {
  readonly #output: Output;
  readonly #names: ReadonlyMap<string, string>;

  constructor(output: Output, { title, names }: StationViewOptions) {
    this.#output = output;
    this.#names = names;
    this.#print({ event: "station", schema: "dfuse.events/1", title });
  }

  get isSeen(): boolean {
    return this.#output.outLoss === undefined;
  }

  onPort({ path, state, serial }: Port): void {
    const known = serial === undefined ? {} : { serial };
    this.#print({ event: "port", ...this.#port(path), state, ...known });
  }

  unit(path: string): UnitListener {
    const port = this.#port(path);
    return {
      onDevice: ({ profile, facts }) =>
        this.#print({
          event: "device",
          ...port,
          name: profile.name,
          ...(profile.chip === undefined ? {} : { chip: profile.chip }),
          usb: formatUsbIds(facts),
          ...(facts.serial === undefined ? {} : { serial: facts.serial }),
        }),
      onPlan: ({ totals, blanked, preserved, warnings, estimate }) =>
        this.#print({ event: "plan", ...port, totals, blanked, preserved, warnings, estimate }),
      onEvent: ({ kind, ...event }: ProgressEvent) =>
        this.#print({ event: kind, ...port, ...event }),
    };
  }

  onAttempt(_path: string, attempt: Attempt): void {
    printAttempt(this.#output, attempt, JSON.stringify({ event: "attempt", ...attempt }) + "\n");
  }

  stopping(): void {
    this.#print({ event: "stopping" });
  }

  end(totals: StationTotals): void {
    const { fault: _, ...counts } = totals;
    const text = JSON.stringify({ event: "totals", ...counts }) + "\n";
    printResult(this.#output, text, { words: renderTotals(totals) + "\n" });
  }

  #port(path: string) {
    return { port: this.#names.get(path) ?? path, path };
  }

  #print(event: Record<string, unknown>): void {
    this.#output.out(JSON.stringify(event) + "\n");
  }
}

const SILENT: UnitListener = { onDevice() {}, onPlan() {}, onEvent() {} };

/** One line for each attempt, on standard output. */
class LineView implements StationView {
  readonly #output: Output;
  readonly #options: StationViewOptions;

  constructor(output: Output, options: StationViewOptions) {
    this.#output = output;
    this.#options = options;
  }

  get isSeen(): boolean {
    return this.#output.outLoss === undefined;
  }

  onPort({ path, state }: Port): void {
    if (this.#options.quiet === true || state !== "flashing") return;
    this.#output.err(`${this.#options.names.get(path) ?? path}  flashing\n`);
  }

  unit(): UnitListener {
    return SILENT;
  }

  onAttempt(_path: string, attempt: Attempt): void {
    ring(this.#output, attempt, this.#options);
    if (this.#options.quiet === true && attempt.result === "passed") return;
    printAttempt(this.#output, attempt, renderAttempt(attempt, this.#output.style));
  }

  stopping(): void {
    this.#output.err("Stopping when these are done; Ctrl-C ends them now.\n");
  }

  end(totals: StationTotals): void {
    if (this.#options.quiet === true) return;
    printResult(this.#output, renderTotals(totals) + "\n");
  }
}

/** Redrawing more often than this costs more than a person sees. */
const DRAW_INTERVAL_MS = 100;

/** A table that is drawn anew in its place, on standard error. */
class TableView implements StationView {
  readonly #output: Output;
  readonly #options: StationViewOptions;
  #state: StationState;
  #drawnLines = 0;
  #lastDrawMs = -Infinity;

  constructor(output: Output, options: StationViewOptions) {
    this.#output = output;
    this.#options = options;
    this.#state = initialState(options.title, options.names);
    this.#draw();
  }

  get isSeen(): boolean {
    return this.#output.errLoss === undefined;
  }

  onPort(port: Port): void {
    this.#state = withPort(this.#state, port);
    this.#draw();
  }

  unit(path: string): UnitListener {
    const { clock } = this.#options;
    const startMs = clock.now();
    const onEvent = (event: ProgressEvent) => {
      const step = { event, elapsedMs: clock.now() - startMs };
      this.#state = withProgress(this.#state, path, step);
      if (performance.now() - this.#lastDrawMs >= DRAW_INTERVAL_MS) this.#draw();
    };
    return { ...SILENT, onEvent };
  }

  onAttempt(path: string, attempt: Attempt): void {
    this.#state = withAttempt(this.#state, path, attempt);
    ring(this.#output, attempt, this.#options);
    this.#draw();
  }

  stopping(): void {
    this.#state = { ...this.#state, stopping: true };
    this.#draw();
  }

  end(totals: StationTotals): void {
    this.#state = { ...this.#state, stopping: false };
    this.#draw();
    this.#output.out(renderTotals(totals) + "\n");
  }

  #draw(): void {
    this.#lastDrawMs = performance.now();
    const { columns, rows } = windowSize(this.#output.errorStyle.columns);
    const style = { ...this.#output.errorStyle, columns };
    const text = renderStation(this.#state, style, { rows });
    const up = this.#drawnLines === 0 ? "" : `\x1b[${this.#drawnLines}A`;
    this.#output.err(`${up}\r\x1b[J${text}`);
    this.#drawnLines = text.split("\n").length - 1;
  }
}

/** The window may change its size while a station runs. */
function windowSize(columns: number): { readonly columns: number; readonly rows: number } {
  try {
    const size = Deno.consoleSize();
    return { columns: Math.max(20, size.columns), rows: size.rows };
  } catch {
    return { columns, rows: 24 };
  }
}

function printAttempt(output: Output, attempt: Attempt, text: string): void {
  const words = renderAttempt(attempt, output.errorStyle);
  printResult(output, text, { words, isFailure: attempt.result === "failed" });
}

/** `A  PASS  12.3 s  unit serial A-1  device serial 3573`, one line; below it what to do, where something is to be done. */
export function renderAttempt(attempt: Attempt, style: Style): string {
  const { port, result, durations, serial, unit, skipped, error } = attempt;
  const parts = [
    port,
    result === "passed" ? "PASS" : result === "failed" ? "FAIL" : "STOPPED",
    ...(durations === undefined ? [] : [formatDuration(durations.total)]),
    ...(skipped === true ? ["was programmed"] : []),
    ...unitPhrases(unit),
    ...(serial === undefined ? [] : [deviceSerial(serial)]),
    ...(error === undefined ? [] : [error.message.split("\n")[0]!]),
  ];
  const hint = error?.hint === undefined ? [] : hintLines(error.hint, style, { indent: 2 });
  return [parts.join("  "), ...hint].join("\n") + "\n";
}

function renderTotals({ passed, failed, interrupted }: StationTotals): string {
  const stopped = interrupted === 0 ? "" : `, ${interrupted} stopped`;
  return `${passed} passed, ${failed} failed${stopped}`;
}

function ring(output: Output, { result }: Attempt, { bell }: StationViewOptions): void {
  if (bell !== true || result === "interrupted") return;
  output.err(result === "passed" ? "\x07" : "\x07\x07\x07");
}
