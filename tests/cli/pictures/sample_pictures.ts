/** Pictures of plans of every shape, which the tests of pictures share. */
import type { Picture, PictureElement } from "../../../src/cli/pictures/picture.ts";
import { findChip } from "../../../src/chips/chips.ts";
import { summarizeFile } from "../../../src/firmware/summarize.ts";
import { type DeviceProfile, profileOfChip } from "../../../src/plan/device_profile.ts";
import type { PageState, PageStates } from "../../../src/plan/operation.ts";
import { planFlash, type PlanOptions } from "../../../src/plan/plan.ts";
import { planInputOf } from "../../../src/plan/plan_input.ts";
import { outlineOf, profileOf, type Stretch } from "../../plan/plan_text.ts";

const KIB = 1024;

/** The picture of README: examples/example.dfu onto an STM32F405. */
export async function examplePicture(): Promise<Picture> {
  const path = new URL("../../../examples/example.dfu", import.meta.url);
  const summary = await summarizeFile(path.pathname);
  const profile = profileOfChip(findChip("stm32f405"));
  return {
    file: "examples/example.dfu",
    profile,
    plan: planFlash(planInputOf(summary), profile),
    elements: summary.images.flatMap(({ alternate, elements }) =>
      elements.map(({ address = 0, size }) => ({ alternate, address, size }))
    ),
    warnings: [],
    facts: [["Format", "DfuSe"]],
  };
}

/** Pictures by name: what each is about is in the name. */
export const SAMPLES: Readonly<Record<string, () => Promise<Picture> | Picture>> = {
  "example": examplePicture,
  "2000_pages": () =>
    picture(["@Internal Flash/0x08000000/2000*002Kg"], {
      images: [{
        segments: [[0x08000000, 300 * KIB], [0x08100100, 5000], [0x081F0000, 800 * KIB]],
        blanks: [[0x08010000, 20 * KIB]],
      }],
      states: [[0, 0x08000800, 40, 2 * KIB, "unchanged"], [0, 0x08020000, 10, 2 * KIB, "blank"]],
    }),
  "alternates": () =>
    picture([
      "@Internal Flash/0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg",
      "@Option Bytes/0x1FFFC000/01*016 e",
      "@Data EEPROM/0x08180000/2*3Ke",
    ], {
      images: [
        { alternate: 0, segments: [[0x0800C000, 9000], [0x08010004, 70_000]] },
        { alternate: 2, segments: [[0x08180101, 2010]] },
      ],
    }, { preserve: true }),
  "sparse_qspi": () =>
    picture(
      ["@Flash/0x08000000/04*032Kg,01*128Kg,07*256Kg/0x90000000/2048*4Kg"],
      {
        images: [{
          segments: [
            [0x08000000, 20_000],
            [0x08020000, 100_000],
            [0x90000000, 40_000],
            [0x90400123, 10],
            [0x907FF000, 4096],
          ],
        }],
      },
    ),
  "one_page": () =>
    picture(["@Boot/0x00000000/1*016Kg"], { images: [{ segments: [[0x100, 1001], [0x800, 3]] }] }),
  "every_treatment": () =>
    picture([
      "@Internal Flash/0x08000000/02*016Ka,14*016Kg",
      "@Data EEPROM/0x08180000/2*3Ke",
    ], {
      images: [
        {
          alternate: 0,
          segments: [[0x08008000, 30_000], [0x08010004, 40_001], [0x08020000, 5000]],
          blanks: [[0x08012000, 8192]],
        },
        { alternate: 1, segments: [[0x08180101, 2010], [0x08180C02, 1]] },
      ],
      states: [
        [0, 0x08008000, 1, 16 * KIB, "unchanged"],
        [0, 0x08020000, 1, 16 * KIB, "blank"],
      ],
    }),
  "nothing_to_do": () =>
    picture(["@Internal Flash/0x08000000/64*002Kg"], {
      images: [{ segments: [[0x08000000, 30 * KIB]] }],
      states: [[0, 0x08000000, 15, 2 * KIB, "unchanged"]],
    }),
};

interface Sample {
  readonly images: readonly {
    readonly alternate?: number;
    readonly segments: readonly Stretch[];
    readonly blanks?: readonly Stretch[];
  }[];
  /** What a survey found. */
  readonly states?: readonly (readonly [
    alternate: number,
    address: number,
    pageCount: number,
    pageSize: number,
    state: PageState,
  ])[];
}

/** The picture of a made-up file onto a made-up part. */
export function picture(
  layouts: readonly string[],
  sample: Sample,
  options: PlanOptions & { readonly file?: string; readonly name?: string } = {},
): Picture {
  const { file = "firmware.dfu", name = "Test part", ...planOptions } = options;
  const profile: DeviceProfile = profileOf(layouts, {
    name,
    timing: {
      erase: [{ pageSize: 4 * KIB, typicalMs: 40, maximumMs: 80 }],
      program: { unit: 4, typicalUs: 16, maximumUs: 100 },
      source: "made up",
    },
  });
  const images = sample.images.map(({ alternate, segments, blanks }) => ({
    ...(alternate === undefined ? {} : { alternate }),
    outline: outlineOf(segments, blanks),
  }));
  const elements = sample.images.flatMap(({ alternate, segments }): PictureElement[] =>
    segments.map(([address, size]) => ({ alternate, address, size }))
  );
  const pageStates = pageStatesOf(sample);
  const plan = planFlash({ images }, profile, { ...planOptions, pageStates });
  return { file, profile, plan, elements, warnings: plan.warnings, facts: [] };
}

function pageStatesOf({ states = [] }: Sample): PageStates {
  const found = new Map<number, Map<number, PageState>>();
  for (const [alternate, address, pageCount, pageSize, state] of states) {
    const pages = found.get(alternate) ?? new Map<number, PageState>();
    found.set(alternate, pages);
    for (let index = 0; index < pageCount; index++) pages.set(address + index * pageSize, state);
  }
  return found;
}
