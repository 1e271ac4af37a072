/** A process as a whole. */
export interface ProcessFigures {
  readonly wallMs: number;
  /** Peak resident set, in bytes. */
  readonly peakSize: number;
}

/** Runs a command under python3, which tells the time and the peak memory of its one child. */
const RUNNER = `
import resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.monotonic() - start
print(wall * 1000, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, code)
`;

async function measureOnce(command: readonly string[]): Promise<ProcessFigures> {
  const child = new Deno.Command("python3", {
    args: ["-c", RUNNER, ...command],
    stderr: "inherit",
  });
  const { stdout } = await child.output();
  const [wallMs, peakSize, code] = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with exit code ${code}`);
  return { wallMs: wallMs!, peakSize: peakSize! };
}

/** Runs commands in turn, so that all meet the same machine, and gives the median of each. */
export async function measureProcesses(
  commands: readonly (readonly string[])[],
  runs: number,
): Promise<ProcessFigures[]> {
  const figures: ProcessFigures[][] = commands.map(() => []);
  for (let run = -1; run < runs; run++) {
    for (const [index, command] of commands.entries()) {
      const measured = await measureOnce(command);
      // The first round only warms caches.
      if (run >= 0) figures[index]!.push(measured);
    }
  }
  return figures.map((list) => ({
    wallMs: median(list.map((one) => one.wallMs)),
    peakSize: Math.max(...list.map((one) => one.peakSize)),
  }));
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints rows as a Markdown table; the first row is the head. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  console.log(line(rows[0]!));
  console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  for (const row of rows.slice(1)) console.log(line(row));
}

/** `1.03, at most 1.05`, with a word where it is missed. */
export function judge(value: number, most: number): string {
  return `${value.toFixed(3)} (at most ${most})${value > most ? " MISSED" : ""}`;
}
