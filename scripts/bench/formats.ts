import { encodeFirmware } from "../../src/firmware/encode.ts";
import { summarizeFile } from "../../src/firmware/summarize.ts";
import { buildElf } from "../../tests/helpers/firmware_formats.ts";
import { findTool, runTool } from "../../tests/helpers/firmware_tools.ts";
import { judge, median, printTable } from "./measure.ts";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
const RUNS = 5;

/** Each format, objcopy's name of its input, and how many times objcopy's time the reading may take. */
const FORMATS = [
  { title: "Intel HEX", file: "hex", input: "ihex", most: 2 },
  { title: "S-record", file: "srec", input: "srec", most: 2 },
  { title: "ELF", file: "elf", input: "elf32-little", most: 1 },
  { title: "UF2 (objcopy: the ELF file)", file: "uf2", input: "elf32-little", most: 1 },
] as const;

/**
 * Reading 64 MiB of data in each format, all checks and the outline included, against GNU objcopy, which reads the same file
 * and writes a binary one. dfuse is measured within the process, objcopy as a process: its start takes 3 ms.
 */
export async function benchFormats(): Promise<void> {
  if (findTool("objcopy") === undefined) {
    console.log("Left out: objcopy not found (apt-get install binutils)");
    return;
  }
  const folder = await Deno.makeTempDir();
  try {
    await writeFiles(folder);
    const rows = [["64 MiB of data", "dfuse", "rate", "objcopy", "rate", "over objcopy"]];
    for (const { title, file, input, most } of FORMATS) {
      const path = `${folder}/file.${file}`;
      const theirs = file === "uf2" ? `${folder}/file.elf` : path;
      const times: [number, number][] = [];
      for (let run = -1; run < RUNS; run++) {
        const pair: [number, number] = [
          await timeMs(() => summarizeFile(path)),
          await timeMs(() =>
            runTool("objcopy", ["-I", input, "-O", "binary", theirs, `${folder}/out.bin`])
          ),
        ];
        // The first round only warms caches.
        if (run >= 0) times.push(pair);
      }
      const [ours, other] = [median(times.map(([ms]) => ms)), median(times.map(([, ms]) => ms))];
      rows.push([
        title,
        text(ours),
        rate(ours),
        text(other),
        rate(other),
        judge(ours / other, most),
      ]);
    }
    printTable(rows);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeFiles(folder: string): Promise<void> {
  const data = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 65_536) crypto.getRandomValues(data.subarray(at, at + 65_536));
  const elf = `${folder}/file.elf`;
  await Deno.writeFile(elf, buildElf({ segments: [{ address: 0x90000000, data }] }));
  for (const [ending, format] of [["hex", "ihex"], ["srec", "srec"]] as const) {
    const out = `${folder}/file.${ending}`;
    await runTool("objcopy", ["-I", "elf32-little", "-O", format, elf, out]);
  }
  const image = { segments: [{ address: 0x90000000, size: SIZE, data }] };
  await Deno.writeFile(`${folder}/file.uf2`, await encodeFirmware("uf2", [{ image }]));
}

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function text(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}

function rate(ms: number): string {
  return `${(SIZE / MIB / (ms / 1000)).toFixed(0)} MiB/s`;
}
