import { formatSize } from "../../src/format.ts";
import { dfuseCommand } from "../../tests/helpers/run_dfuse.ts";
import { judge, measureProcesses, printTable } from "./measure.ts";

/** Start-up of dfuse on a small file against an empty program, started in the same way. */
export async function benchStartUp(): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    const dfuse = dfuseCommand();
    const start = dfuse.slice(0, -1);
    const small = "examples/example.dfu";
    const [none, version, plan] = await measureProcesses([
      [...start, empty],
      [...dfuse, "--version"],
      [...dfuse, "plan", small, "--chip", "stm32f405"],
    ], 15);
    const row = (name: string, figures: typeof none) => [
      name,
      `${figures!.wallMs.toFixed(0)} ms`,
      judge(figures!.wallMs / none!.wallMs, 1.5),
      formatSize(figures!.peakSize),
    ];
    printTable([
      ["start-up from source", "wall", "over empty", "peak memory"],
      ["empty program", `${none!.wallMs.toFixed(0)} ms`, "1", formatSize(none!.peakSize)],
      row("dfuse --version", version),
      row("dfuse plan", plan),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
