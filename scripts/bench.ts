/**
 * The measured figures. `deno task bench` runs all sections; `deno task bench flash start-up` those named.
 * Prints one table per section, each figure beside its target. Needs python3 for whole-process figures.
 */
import { benchExecutable } from "./bench/executable.ts";
import { benchFirmware } from "./bench/firmware.ts";
import { benchFlash } from "./bench/flash.ts";
import { benchFormats } from "./bench/formats.ts";
import { benchPlan } from "./bench/plan.ts";
import { benchStartUp } from "./bench/start_up.ts";
import { benchStation } from "./bench/station.ts";

const SECTIONS: Readonly<Record<string, () => Promise<void>>> = {
  "firmware": benchFirmware,
  "formats": benchFormats,
  "plan": benchPlan,
  "start-up": benchStartUp,
  "executable": benchExecutable,
  "flash": benchFlash,
  "station": benchStation,
};

const names = Deno.args.length === 0 ? Object.keys(SECTIONS) : Deno.args;
for (const name of names) {
  const section = SECTIONS[name];
  if (section === undefined) {
    console.error(`error: Unknown section "${name}", expected ${Object.keys(SECTIONS).join(", ")}`);
    Deno.exit(2);
  }
  console.log(`\n# ${name}\n`);
  await section();
}
