import { Command } from "@cliffy/command";
import { readMemory } from "../dfu/read_memory.ts";
import { UsageError } from "../errors.ts";
import type { Image } from "../firmware/firmware.ts";
import { imageSize } from "../firmware/image.ts";
import { writeDfuse } from "../firmware/write_dfuse.ts";
import { formatDuration, formatRange, formatSize } from "../format.ts";
import { planRead } from "../plan/plan_read.ts";
import { createListener } from "./event_lines.ts";
import {
  addTargetDeviceOptions,
  type Target,
  type TargetFlags,
  withTarget,
} from "./open_target.ts";
import type { Output } from "./output.ts";
import { addressType, sizeType } from "./value_types.ts";
import { checkWritable, writeWhole } from "./write_file.ts";

interface ReadFlags extends TargetFlags {
  readonly address?: number;
  readonly size?: number;
  readonly alternate?: number;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `dfuse read`: a device's memory into a file. */
export function readCommand(output: Output) {
  const command = new Command()
    .description("Read a device's memory into a file: .dfu with its addresses, or .bin.")
    .arguments("<out:string>");
  return addTargetDeviceOptions(command)
    .type("address", addressType)
    .type("size", sizeType)
    .option("-s, --address <address:address>", "Read from here. Default: the memory's start.")
    .option("--size <size:size>", "How much to read. Default: to the memory's end.")
    .option("-a, --alternate <number:integer>", "Alternate setting. Default: 0.")
    .option("-f, --force", "Replace the file if it exists.")
    .option("-q, --quiet", "Print nothing but errors.")
    .option("--json", "Print one JSON event per line (see docs/json.md).")
    .example("All of the flash", "dfuse read backup.dfu")
    .example("A part of it", "dfuse read config.bin --address 0x0800C000 --size 16K")
    .action((flags: ReadFlags, out: string) => read(output, out, flags));
}

async function read(output: Output, out: string, flags: ReadFlags): Promise<void> {
  const encode = encoderOf(out);
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
    const image = await readMemory(device, { alternate, ranges, onEvent, signal });
    listener.end();
    writeWhole(out, encode(image, target, alternate));
    const size = imageSize(image);
    if (flags.json === true) {
      const [durationMs, outcome] = [clock.now() - start, "done"];
      output.out(JSON.stringify({ event: "report", outcome, file: out, size, durationMs }) + "\n");
    } else if (flags.quiet !== true) {
      const where = image.segments.map(formatRange).join(", ");
      const time = formatDuration(clock.now() - start);
      output.out(`Done: ${formatSize(size)} read in ${time} from ${where}\n`);
    }
  });
}

type Encode = (image: Image, target: Target, alternate: number) => Uint8Array;

/** The name decides the format of a new file. */
function encoderOf(out: string): Encode {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1]?.toLowerCase();
  if (ending === "dfu") return encodeDfu;
  if (ending === "bin") return encodeBinary;
  throw new UsageError(`Cannot write ${out}: its ending tells no format, expected .dfu or .bin`);
}

function encodeDfu(image: Image, { device }: Target, alternate: number): Uint8Array {
  const { vendorId, productId, deviceVersion } = device.facts;
  const name = device.profile.alternates.find((found) => found.alternate === alternate)?.layout
    .name;
  const target = { alternate, image, ...(name === undefined ? {} : { name }) };
  return writeDfuse([target], { ids: { vendorId, productId, deviceVersion } });
}

function encodeBinary(image: Image): Uint8Array {
  const [segment, ...more] = image.segments;
  if (segment !== undefined && more.length === 0) return segment.data;
  throw new UsageError(
    `Cannot write a binary file: the memory has gaps (${
      image.segments.map(formatRange).join(", ")
    })`,
    {
      hint: "Write a .dfu file, which has addresses, or choose a range with --address and --size.",
    },
  );
}
