import { TextLineStream } from "@std/streams";
import type { BootFiles } from "./kernel.ts";
import { TOOL_PATH } from "./tools.ts";

export interface MachineOptions {
  readonly boot: BootFiles;
  /** The folder that appears as /rig in the machine; its `start.sh` is run there. */
  readonly share: string;
  /**
   * `fast`: as fast as it goes. `counted`: one processor that does an instruction per nanosecond of its own time, and
   * skips the time in which it has nothing to do: times do not depend on what else this computer does.
   */
  readonly pace: "fast" | "counted";
  /** The machine is switched off after that. */
  readonly limitMs: number;
  /** Told every line that the machine prints. */
  readonly onLine: (line: string) => void;
}

/** Runs a virtual machine until it switches itself off. Throws an `Error` if it does not within its limit. */
export async function runMachine(options: MachineOptions): Promise<void> {
  const { limitMs, onLine } = options;
  // `timeout` also ends a machine whose rig has been killed.
  const child = new Deno.Command("timeout", {
    args: [
      "--signal=KILL",
      `${limitMs / 1000}`,
      "qemu-system-x86_64",
      ...machineArguments(options),
    ],
    env: { PATH: TOOL_PATH },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) onLine(line);
  const { code } = await child.status;
  if (code === KILLED) throw new Error(`The machine did not end within ${limitMs / 1000} s`);
  if (code !== 0) throw new Error(`qemu ended with ${code}`);
}

/** 128 and the number of SIGKILL. */
const KILLED = 137;

function machineArguments({ boot, share, pace }: MachineOptions): string[] {
  const processors = Math.min(2, navigator.hardwareConcurrency);
  return [
    // Emulation only: it works everywhere, also inside other machines, and is the same everywhere.
    ...(pace === "fast"
      ? ["-accel", "tcg,thread=multi", "-smp", `${processors}`]
      : ["-accel", "tcg", "-smp", "1", "-icount", "shift=0,sleep=off"]),
    ...["-cpu", "max", "-m", "2048", "-no-reboot"],
    ...["-no-user-config", "-nodefaults", "-display", "none", "-serial", "stdio"],
    ...["-kernel", boot.kernel, "-initrd", boot.initramfs],
    ...["-append", "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check nowatchdog"],
    ...["-virtfs", "local,path=/,mount_tag=system,security_model=none,readonly=on,multidevs=remap"],
    ...["-virtfs", `local,path=${share.replaceAll(",", ",,")},mount_tag=rig,security_model=none`],
  ];
}
