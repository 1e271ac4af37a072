import { runCommand } from "./command.ts";
import { until } from "./bus.ts";

/** `dfuse simulate` at work. */
export interface SimulatorProcess {
  /** Lines of the record of transfers written so far; see docs/virtual-devices.md. */
  readonly transfers: () => Promise<TransferLine[]>;
  /** Ends it as Ctrl-C does; what it printed. Throws an `Error` if it fails. */
  stop(): Promise<string>;
}

/** What the rig reads of a line of the record. */
export interface TransferLine {
  readonly device: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly data: string;
}

/** Starts `dfuse simulate` and waits until it serves; what it prints and records goes into the folder. */
export async function startSimulator(
  dfuse: readonly string[],
  options: {
    readonly specs: readonly string[];
    readonly folder: string;
    readonly cwd: string;
  },
): Promise<SimulatorProcess> {
  const { specs, folder, cwd } = options;
  const output = `${folder}/simulator.txt`;
  const record = `${folder}/transfers.jsonl`;
  const command = [...dfuse, "simulate", ...specs, "--record", record];
  // The shell only sends the output into the file.
  const child = new Deno.Command("/bin/busybox", {
    args: ["sh", "-c", 'exec "$@" > "$0" 2>&1', output, ...command],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).spawn();
  const printed = () => Deno.readTextFile(output).catch(() => "");
  let isOver = false;
  child.status.then(() => isOver = true);
  await until("dfuse simulate", async () => {
    if (isOver) throw new Error(`dfuse simulate ended at once:\n${await printed()}`);
    return (await printed()).includes("Ctrl-C") || undefined;
  });
  return {
    async transfers() {
      const lines = (await Deno.readTextFile(record)).split("\n");
      // The last one may be unfinished.
      return lines.slice(0, -1).map((line) => JSON.parse(line));
    },
    async stop() {
      child.kill("SIGINT");
      const { code } = await child.status;
      const text = await printed();
      if (code !== 0) throw new Error(`dfuse simulate ended with ${code}:\n${text}`);
      return text;
    },
  };
}

/** The kernel's messages, for the artefacts. */
export async function kernelLog(): Promise<string> {
  return (await runCommand(["/bin/busybox", "dmesg"], { limitMs: 10_000 })).stdout;
}
