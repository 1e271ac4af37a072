import type { ProgressEvent, Stage } from "../dfu/report.ts";
import type { Attempt } from "../station/attempt.ts";
import type { Port } from "../station/port.ts";

/** All that the table of a station shows. Plain data; times in milliseconds. */
export interface StationState {
  readonly title: string;
  readonly ports: readonly PortRow[];
  readonly passed: number;
  readonly failed: number;
  /** The user has asked to stop: no further unit is begun. */
  readonly stopping: boolean;
}

/** One port of the table. */
export interface PortRow extends Pick<Port, "path" | "state"> {
  /** The station name; the path where there is none. */
  readonly name: string;
  readonly serial?: string;
  readonly stage?: Stage;
  /** Of the stage, from 0 to 1. */
  readonly share?: number;
  /** Of the flash that runs. */
  readonly elapsedMs?: number;
  /** How the last attempt here ended. */
  readonly last?: Attempt;
}

/** The ports that have names, on which nothing is yet. */
export function initialState(
  title: string,
  names: ReadonlyMap<string, string>,
): StationState {
  const ports = [...names].map(([path, name]): PortRow => ({ path, name, state: "waiting" }));
  return { title, ports, passed: 0, failed: 0, stopping: false };
}

/** After a port has changed. One that is new comes behind those with names, in order of path. */
export function withPort(
  state: StationState,
  { path, state: portState, serial }: Port,
): StationState {
  const before = state.ports.find((row) => row.path === path);
  const row: PortRow = {
    path,
    name: before?.name ?? path,
    state: portState,
    ...(serial === undefined ? {} : { serial }),
    ...(before?.last === undefined ? {} : { last: before.last }),
  };
  if (before !== undefined) {
    return { ...state, ports: state.ports.map((old) => old === before ? row : old) };
  }
  const isNamed = (row: PortRow) => row.name !== row.path;
  const unnamed = [...state.ports.filter((row) => !isNamed(row)), row]
    .sort((a, b) => comparePaths(a.path, b.path));
  return { ...state, ports: [...state.ports.filter(isNamed), ...unnamed] };
}

/** After a flash has gone on. */
export function withProgress(
  state: StationState,
  path: string,
  step: { readonly event: ProgressEvent; readonly elapsedMs: number },
): StationState {
  const { event, elapsedMs } = step;
  const done = event.kind === "progress" ? event.done : 0;
  const share = event.total === 0 ? 0 : Math.min(1, done / event.total);
  const ports = state.ports.map((row) =>
    row.path === path ? { ...row, stage: event.stage, share, elapsedMs } : row
  );
  return { ...state, ports };
}

/** After an attempt has ended. */
export function withAttempt(state: StationState, path: string, attempt: Attempt): StationState {
  const { passed, failed } = state;
  const ports = state.ports.map((row) => row.path === path ? { ...row, last: attempt } : row);
  return {
    ...state,
    ports,
    passed: passed + (attempt.result === "passed" ? 1 : 0),
    failed: failed + (attempt.result === "failed" ? 1 : 0),
  };
}

/** `1-4.2` before `1-10`. */
function comparePaths(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
