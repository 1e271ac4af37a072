/**
 * What asks a program to end: Ctrl-C, the system that shuts down, a window that is closed. Each would end it in the middle
 * of a page. Windows lets a program catch the first one only.
 */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Calls the listener whenever the program is asked to end, which then does not end by itself. */
export function addStopListener(listener: () => void): void {
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, listener);
}

/** The next time ends the program again, unless somebody else listens. */
export function removeStopListener(listener: () => void): void {
  for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, listener);
}
