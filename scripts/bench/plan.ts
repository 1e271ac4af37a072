import { profileOfLayout } from "../../src/plan/device_profile.ts";
import { planFlash } from "../../src/plan/plan.ts";
import { outlineImage } from "../../src/firmware/outline.ts";
import { buildImage } from "../../src/firmware/image.ts";
import { seededRandom } from "../../tests/helpers/random.ts";
import { median, printTable } from "./measure.ts";

/** Planning a 2 MiB image onto 2 KiB pages. */
export function benchPlan(): Promise<void> {
  const profile = profileOfLayout(["@Internal Flash  /0x08000000/1024*002Kg"]);
  const image = buildImage([{ address: 0x08000000, data: seededRandom(1).bytes(2 * 1024 ** 2) }]);
  const times: number[] = [];
  for (let run = 0; run < 20; run++) {
    const start = performance.now();
    planFlash({ images: [{ outline: outlineImage(image) }] }, profile);
    times.push(performance.now() - start);
  }
  printTable([
    ["2 MiB onto 2 KiB pages", "first", "median of 20", "target"],
    ["planFlash()", `${times[0]!.toFixed(1)} ms`, `${median(times).toFixed(1)} ms`, "20 ms"],
  ]);
  return Promise.resolve();
}
