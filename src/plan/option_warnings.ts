import type { OptionStep } from "./option_refusals.ts";
import { bootPinWorks } from "./option_refusals.ts";
import { findOption } from "./option_state.ts";

/** What a person should know of a change before it is made, a sentence each. */
export function optionWarnings(step: OptionStep): readonly string[] {
  const { after, changes } = step;
  if (changes.length === 0) return [];
  const names = new Set(changes.map(({ name }) => name));
  const changed = (...wanted: readonly string[]) => wanted.some((name) => names.has(name));
  const protects = changes.some(({ from, to }) =>
    (from.field.kind === "sectors" || from.field.kind === "pages") && to.text !== "none"
  );
  return [
    ...levelWarnings(step),
    ...(protects
      ? [
        "The boot loader reports success for writes to protected pages and changes nothing: only verify notices",
      ]
      : []),
    ...(changed("BOR_LEV", "BOR_EN", "BORR_LEV", "BORF_LEV")
      ? ["A part whose supply is below the brown-out level stays in reset"]
      : []),
    ...startsWatchdog(step),
    ...(changed("nBOOT0", "nBOOT1", "nSWBOOT0", "BOOT_SEL") ? bootWarnings(step) : []),
    ...(bootPinWorks(after) || bootPinWorks(step.before)
      ? []
      : ["No boot pin starts the boot loader with these settings, as before"]),
    "Power must not fail while option bytes are written: the part may stay locked for good",
  ];
}

function levelWarnings({ before, after }: OptionStep): string[] {
  if (after.level === before.level) return [];
  if (after.level === 2) {
    return ["RDP=2 is for ever: this is the last time that a boot loader runs"];
  }
  return after.level === 1
    ? [
      "RDP=1 shuts out boot loader and debugger: dfuse unprotect lifts it, and erases the whole flash",
    ]
    : [];
}

function startsWatchdog({ changes }: OptionStep): string[] {
  const started = changes.find(({ name, to }) =>
    ["WDG_SW", "IWDG_SW", "WWDG_SW"].includes(name) && to.parts[0] === 0
  );
  return started === undefined
    ? []
    : [`${started.name}=0 resets every program that does not serve the watchdog from its start on`];
}

function bootWarnings({ after }: OptionStep): string[] {
  if (!bootPinWorks(after)) {
    return ["No boot pin starts the boot loader any more: only the program or a debug probe can"];
  }
  const isFixed = findOption(after, "nSWBOOT0")?.parts[0] === 0 ||
    findOption(after, "BOOT_SEL")?.parts[0] === 0;
  return isFixed
    ? ["The part always starts its boot loader: the program starts only when dfuse tells it to"]
    : [];
}
