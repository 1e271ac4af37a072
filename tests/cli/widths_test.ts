/** Every view of dfuse in windows of every usual width: nothing runs over the edge, and nothing is broken badly. */
import { assert, assertEquals } from "@std/assert";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { findOptionBytes } from "../../src/chips/option_bytes.ts";
import { renderChips } from "../../src/cli/render_chips.ts";
import { renderDiagnosis } from "../../src/cli/render_doctor.ts";
import { renderInfo } from "../../src/cli/render_info.ts";
import { renderJournal } from "../../src/cli/render_journal.ts";
import { renderList } from "../../src/cli/render_list.ts";
import { renderChanges, renderOptions } from "../../src/cli/render_options.ts";
import { renderPlan } from "../../src/cli/render_plan.ts";
import { renderServed, renderSimulatorReports } from "../../src/cli/render_simulate.ts";
import { unitLines } from "../../src/cli/render_unit.ts";
import { renderError } from "../../src/cli/output.ts";
import { memoryCellCount, renderReport, renderStage } from "../../src/cli/progress.ts";
import { LiveStrip } from "../../src/cli/live_strip.ts";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";
import type { Report } from "../../src/dfu/report.ts";
import { PlanError, TransportError } from "../../src/errors.ts";
import { summarizeFile } from "../../src/firmware/summarize.ts";
import { profileOfChip } from "../../src/plan/device_profile.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { UsbipBus } from "../../src/simulator/usbip_server.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { summarizeJournal } from "../../src/station/journal_summary.ts";
import { parsePlace } from "../../src/station/place.ts";
import { udevRule } from "../../src/usb/usb_error.ts";
import { plan as planOptions, stateOf } from "../plan/option_rig.ts";
import { SAMPLES } from "./pictures/sample_pictures.ts";

type View = (style: Style) => string;

const IDS = { vendorId: 0x0483, productId: 0xDF11 };
const DEVICE = {
  ...IDS,
  path: "1-4.2",
  deviceVersion: 0x2200,
  deviceClass: 0,
  interfaceNumber: 0,
  alternateCount: 4,
  mode: "dfu",
} as const;
const RULE = udevRule(IDS);
const DENIED = new TransportError("access-denied", "Cannot open the device at 1-4.2: no access", {
  hint: `Put this line into /etc/udev/rules.d/70-dfuse.rules:\n${RULE}\nThen plug it in again.`,
});
const REFUSED = new PlanError("Cannot write 0x08000700..0x08000900: it is read-only", {
  hint: "Choose the memory with --alternate, or give the file less than 2 KiB.",
  facts: { problems: ["first", "Cannot write 0x08010000..0x08014E20: it is outside 64 x 2 KiB"] },
});

async function views(): Promise<Record<string, View>> {
  const file = new URL("../../examples/example.dfu", import.meta.url).pathname;
  const info = await summarizeFile(file);
  return {
    "info": (style) => renderInfo("example.dfu", info, { style, map: true }),
    "chips": (style) => renderChips(CHIPS, { style, details: false }),
    "chips in detail": (style) => renderChips(CHIPS, { style, details: true }),
    "doctor": (style) =>
      renderDiagnosis([{
        kind: "problem",
        text: "1-4.2  0483:df11: Cannot open it: permission denied",
        remedy: [
          "No udev rule lets other users than root open it. This one does:",
          RULE,
          "sudo udevadm control --reload",
        ],
      }], style),
    "an error": (style) => renderError(REFUSED, style),
    "journal": (style) => renderJournal("line.jsonl", summarizeJournal(JOURNAL), style),
    "list": listView,
    "unit": (style) => unitLines(UNIT, style).join("\n") + "\n",
    ...simulatorViews(),
    ...optionViews(),
    ...reportViews(),
    ...await planViews(),
  };
}

function listView(style: Style): string {
  const devices = CHIPS.map((chip) => ({
    device: { ...DEVICE, product: chip.title, serial: "357236543131" },
    profile: profileOfChip(chip),
    state: 2,
  }));
  const problem = { device: { ...DEVICE, product: "STM32  BOOTLOADER" }, problem: DENIED };
  const list = { devices: [...devices, problem], otherCount: 2 };
  const empty = { devices: [], otherCount: 12 };
  const shown = [list, empty].map((one) => renderList(one, { style, errorStyle: style }));
  return shown.map(({ text, notice }) => text + notice).join("");
}

const JOURNAL = ["Cannot write 0x08001000: the device at 1-4.2 was disconnected after 12.5 s", ""]
  .map((message, index) =>
    JSON.stringify({
      schema: "dfuse.attempt/1",
      id: `${index}`,
      time: `2030-01-01T00:1${index}:00.000Z`,
      port: "A",
      path: `1-${index}`,
      files: [],
      dfuse: "1.0.0",
      result: message === "" ? "passed" : "failed",
      durations: { total: 61_234 },
      ...(message === "" ? {} : { error: { error: "E", exitCode: 6, message, facts: {} } }),
    }) + "\n"
  ).join("");

const PLACE = parsePlace("serial=0x0800F000:ascii:16");
const UNIT = {
  row: {
    values: { serial: "SN-2030-000123" },
    bytes: new Map([[PLACE, new Uint8Array(16)]]),
    key: "",
  },
  free: 12,
  added: [{ address: 0x0800F000, size: 16 }, { address: 0x0800F100, size: 16 }],
};

function simulatorViews(): Record<string, View> {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f405") }, clock);
  const devices = [{ device, clock }];
  const bus = new UsbipBus(devices);
  const server = { hostname: "127.0.0.1", port: 33_240 };
  return {
    "served": (style) => renderServed({ bus, devices, server }, style),
    "simulator report": (style) => renderSimulatorReports({ bus, devices }, style),
  };
}

function optionViews(): Record<string, View> {
  const target = {
    device: { profile: { name: "STM32L475/476/486, 1 MiB" } },
    location: "0483:df11 at 1-4.2, serial 357236543131",
    path: "1-4.2",
    // deno-lint-ignore no-explicit-any
  } as any;
  const known = CHIPS.map(({ id }) => id).filter((id) => findOptionBytes(id) !== undefined);
  const ofChips = known.map((id) => [
    `options of ${id}`,
    (style: Style) => renderOptions({ target, chips: known, state: stateOf(id) }, style),
  ]);
  const change = planOptions(stateOf("stm32l476"), "RDP=1 BOR_LEV=4");
  return {
    ...Object.fromEntries(ofChips),
    "option changes": (style) => renderChanges(change, style),
  };
}

function reportViews(): Record<string, View> {
  const states = ["boot-loader", "left", "reset", "lost"] as const;
  const outcomes = ["done", "nothing-to-do", "failed", "interrupted"] as const;
  const reports = states.flatMap((finalState) =>
    outcomes.map((outcome): Report => ({
      outcome,
      finalState,
      operationsDone: 4,
      operationCount: 10,
      bytes: { read: 0, erased: 81_920, written: 21_402, verified: 32_409 },
      durations: { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total: 125_000 },
    }))
  );
  return { "reports": (style) => reports.map((report) => renderReport(report, style)).join("") };
}

async function planViews(): Promise<Record<string, View>> {
  const drawn: Record<string, View> = {};
  for (const [name, make] of Object.entries(SAMPLES)) {
    const { file, profile, plan } = await make();
    drawn[`plan: ${name}`] = (style) => renderPlan({ file, profile, plan }, style);
    drawn[`stage: ${name}`] = (style) => {
      const strip = new LiveStrip(profile, plan, { cellCount: memoryCellCount(style) });
      const progress = {
        stage: "verify",
        done: 1023,
        total: 1_048_575,
        elapsedMs: 123_456,
      } as const;
      return [renderStage(progress, style, strip), renderStage(progress, style)].join("\n") + "\n";
    };
  }
  return drawn;
}

/** Sums apart, what has no blanks cannot be broken; commands and rules are to be copied. */
function mayBeLong(line: string): boolean {
  const text = line.trim();
  return !text.includes(" ") || /^(sudo |usbip |SUBSYSTEM)/.test(text);
}

const UNIT_ALONE = /^\s*([KMGT]iB|B|ms|us|s|min|%|x)(?!\w)/;

for (const [name, view] of Object.entries(await views())) {
  Deno.test(`every line of ${name} fits into 40 to 120 columns, and begins with no unit`, () => {
    for (let columns = 40; columns <= 120; columns++) {
      for (const blocks of [true, false]) {
        const lines = view({ ...PLAIN_STYLE, blocks, columns }).split("\n");
        for (const line of lines) {
          assert(line.length < columns || mayBeLong(line), `${columns} columns: ${line}`);
          assert(!UNIT_ALONE.test(line), `${columns} columns: ${line}`);
          assertEquals(line, line.trimEnd(), `${columns} columns`);
        }
      }
    }
  });

  Deno.test(`${name} says the same in every width, in colour and without`, () => {
    // deno-lint-ignore no-control-regex
    const words = (style: Style) => view(style).replace(/\x1b\[\d+m/g, "").match(/[^\s\]|[]+/g);
    for (const columns of [40, 60, 80]) {
      const style = { ...PLAIN_STYLE, columns };
      assertEquals(words({ ...style, color: true }), words(style));
    }
  });
}

/** What a few views look like in a narrow window. */
const NARROW: readonly (readonly [name: string, text: string])[] = [
  [
    "plan: example",
    `examples/example.dfu ->
  STM32F405/407/415/417, 1 MiB

Alternate 0 Internal Flash
  [#.###..............................]
  # erase and write   . not touched
  0x08000000  1 x 16 KiB
    erase, write 12.1 KiB of 16 KiB
  0x08010000  1 x 64 KiB
    erase, write 8.8 KiB of 64 KiB
  Lost: 48.4 KiB outside the image,
    erased (--preserve keeps them)
    0x08003039..0x08003F00  3.7 KiB
    0x08003F40..0x08004000  192 B
    0x08014E20..0x08020000  44.5 KiB

Erase 2 pages (80 KiB),
  write 20.9 KiB in 13 blocks,
  verify 31.6 KiB, start at 0x08000000
About 2.0 s: erase 1.6 s, write 374 ms,
  verify 42 ms
`,
  ],
  [
    "options of stm32f401",
    `STM32L475/476/486, 1 MiB, 0483:df11 at
  1-4.2, serial 357236543131
  0x1FFFC000  ef aa 10 55 ef aa 10 55
  0x1FFFC008  ff 7f 00 80 ff 7f 00 80
`,
  ],
  [
    "option changes",
    `Option bytes to be changed:
  RDP      0 -> 1  (read protection
           level: on: memory can be
           read and written by the
           program only)
`,
  ],
  [
    "an error",
    `error: Cannot write
  0x08000700..0x08000900: it is
  read-only
       Cannot write
         0x08010000..0x08014E20: it is
         outside 64 x 2 KiB
hint: Choose the memory with
  --alternate, or give the file less
  than 2 KiB.
`,
  ],
  [
    "served",
    `1 simulated device on 127.0.0.1:33240
  1-1  0483:df11, serial STM32FxSTM32

Linux
  sudo modprobe vhci-hcd
  sudo usbip --tcp-port 33240 attach -r 127.0.0.1 -b 1-1
Windows
  usbip --tcp-port 33240 attach -r 127.0.0.1 -b 1-1
`,
  ],
];

for (const [name, text] of NARROW) {
  Deno.test(`${name} at 40 columns`, async () => {
    const drawn = (await views())[name]!({ ...PLAIN_STYLE, columns: 40 });
    assertEquals(drawn.slice(0, text.length), text);
  });
}
