import { readMemory } from "../dfu/read_memory.ts";
import { ExitCode, UsageError } from "../errors.ts";
import { encodeFirmware, encodeFormatOf } from "../firmware/encode.ts";
import type { Extent, FirmwareImage, Image } from "../firmware/firmware.ts";
import { imageSize } from "../firmware/image.ts";
import { formatDuration, formatRange, formatSize } from "../format.ts";
import { planRead } from "../plan/plan_read.ts";
import { outlineContents, renderContentsStrip } from "./contents_strip.ts";
import { createCommand } from "./create_command.ts";
import { createListener } from "./event_lines.ts";
import {
  addTargetDeviceOptions,
  type Target,
  type TargetFlags,
  withTarget,
} from "./open_target.ts";
import { type Output, printResult } from "./output.ts";
import { renderSentence } from "./wrap.ts";
import { checkWritable, writeWhole } from "./write_file.ts";

interface ReadFlags extends TargetFlags {
  readonly address?: number;
  readonly size?: number;
  readonly alternate?: number;
  readonly force?: boolean;
  readonly map?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `dfuse read`: a device's memory into a file. */
export function readCommand(output: Output) {
  const command = createCommand()
    .description("Read a device's memory into a file: .dfu, .hex, .srec, .uf2 or .bin.")
    .arguments("<out:string>");
  return addTargetDeviceOptions(command)
    .option("-s, --address <address:address>", "Read from here. Default: the memory's start.")
    .option("--size <size:size>", "How much to read. Default: to the memory's end.")
    .option("-a, --alternate <number:integer>", "Alternate setting. Default: 0.")
    .option("-f, --force", "Replace the file if it exists.")
    .option("--map", "Show where the memory holds anything but blank bytes.", {
      conflicts: ["quiet", "json"],
    })
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("All of the flash", "dfuse read backup.dfu")
    .example("A part of it", "dfuse read config.bin --address 0x0800C000 --size 16K")
    .action((flags: ReadFlags, out: string) => read(output, out, flags));
}

async function read(output: Output, out: string, flags: ReadFlags): Promise<void> {
  const format = encodeFormatOf(out);
  if (format === undefined) {
    throw new UsageError(
      `Cannot write ${out}: its ending tells no format, expected .dfu, .hex, .srec, .uf2 or .bin`,
    );
  }
  checkWritable(out, { force: flags.force ?? false });
  await withTarget(flags, output, async (target, signal) => {
    const { device, clock } = target;
    const alternate = flags.alternate ?? device.profile.alternates[0]?.alternate ?? 0;
    const ranges = planRead(device.profile, { ...flags, alternate });
    const listener = createListener(output, { ...flags, title: out, clock });
    const start = clock.now();
    listener.device(target);
    await device.session.recover();
    const { onEvent } = listener;
    const image = await readMemory(device, { alternate, ranges, onEvent, signal })
      .finally(() => listener.end());
    const images = [imageFor(target, { alternate, image })];
    writeWhole(out, await encodeFirmware(format, images, { ids: device.facts }));
    printDone(output, flags, { out, image, ranges, target, durationMs: clock.now() - start });
  });
}

function printDone(
  output: Output,
  { json = false, quiet = false, map = false }: ReadFlags,
  read: {
    readonly out: string;
    readonly image: Image;
    readonly ranges: readonly Extent[];
    readonly target: Target;
    readonly durationMs: number;
  },
): void {
  const { out, image, ranges, target, durationMs } = read;
  const size = imageSize(image);
  const where = image.segments.map(formatRange).join(", ");
  const done = `Done: ${formatSize(size)} read in ${formatDuration(durationMs)} from ${where}`;
  if (json) {
    const exitCode = ExitCode.done;
    const report = { event: "report", outcome: "done", exitCode, file: out, size, durationMs };
    const words = renderSentence(done, output.errorStyle);
    printResult(output, JSON.stringify(report) + "\n", { words });
  } else if (!quiet) {
    printResult(output, renderSentence(done, output.style));
    if (!map) return;
    const outline = outlineContents(image, target.device.profile.erasedByte ?? 0xFF);
    output.out(renderContentsStrip(ranges, outline, output.style) + "\n");
  }
}

/** With the name that the device gives its memory. */
function imageFor({ device }: Target, read: FirmwareImage): FirmwareImage {
  const { alternates } = device.profile;
  const name = alternates.find(({ alternate }) => alternate === read.alternate)?.layout.name;
  return name === undefined ? read : { ...read, name };
}
