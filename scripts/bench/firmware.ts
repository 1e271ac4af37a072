import { formatSize } from "../../src/format.ts";
import { dfuseCommand } from "../../tests/helpers/run_dfuse.ts";
import { judge, measureProcesses, printTable } from "./measure.ts";
import { writeBigDfuse } from "./big_file.ts";

const SIZE = 1024 ** 3;
const PYTHON = `
import sys, zlib
crc = 0
with open(sys.argv[1], "rb", buffering=0) as file:
    while chunk := file.read(1 << 20):
        crc = zlib.crc32(chunk, crc)
`;

/** `info` and `plan` of a 1 GiB DfuSe file against Python's zlib.crc32 over the same file, in 1 MiB pieces. */
export async function benchFirmware(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/big.dfu`;
  const layout = "@Big  /0x40000000/4096*256Kg";
  try {
    await writeBigDfuse(path, { size: SIZE, address: 0x40000000 });
    const dfuse = dfuseCommand();
    const [python, plan, info, hashed] = await measureProcesses([
      ["python3", "-c", PYTHON, path],
      [...dfuse, "plan", path, "--layout", layout],
      [...dfuse, "info", path, "--no-hash"],
      [...dfuse, "info", path],
    ], 5);
    const row = (name: string, figures: typeof python) => [
      name,
      `${(figures!.wallMs / 1000).toFixed(2)} s`,
      judge(figures!.wallMs / python!.wallMs, 1),
      `${formatSize(figures!.peakSize)} (at most 130 MB)`,
    ];
    printTable([
      ["1 GiB DfuSe file", "wall", "over Python", "peak memory"],
      ["python3 zlib.crc32", `${(python!.wallMs / 1000).toFixed(2)} s`, "1", ""],
      row("dfuse plan", plan),
      row("dfuse info --no-hash", info),
      row("dfuse info (two SHA-256)", hashed),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
