import { mustRun, runCommand } from "./command.ts";

/** What the rig needs on this machine, with the Debian package that has it. */
const TOOLS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "/bin/busybox": "busybox-static",
  "usbip": "usbip",
  "dfu-util": "dfu-util",
  "cpio": "cpio",
  "modprobe": "kmod",
};

/** Debian keeps system programs where a user's PATH may not lead. */
export const TOOL_PATH = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Downloads a package in minutes even over a slow line. */
export const APT_LIMIT_MS = 300_000;

/** What pydfu.py needs. */
const PYTHON_PATH = "/usr/lib/python3/dist-packages/usb";
const PYTHON_PACKAGE = "python3-usb";

/**
 * Installs what is missing; with `python`, also what pydfu.py needs. Throws an `Error` with the command to run, where this
 * user may not.
 */
export async function ensureTools(
  report: (line: string) => void,
  { python = false } = {},
): Promise<void> {
  const packages: string[] = [];
  for (const [tool, name] of Object.entries(TOOLS)) {
    if (!await isInstalled(tool)) packages.push(name);
  }
  if (python && !await Deno.stat(PYTHON_PATH).catch(() => undefined)) packages.push(PYTHON_PACKAGE);
  if (packages.length === 0) return;
  const command = ["apt-get", "install", "--yes", "--no-install-recommends", ...packages];
  if (Deno.uid() !== 0 || !await isInstalled("apt-get")) {
    throw new Error(
      `The rig needs Debian's ${packages.join(", ")}: run, as root, ${command.join(" ")}`,
    );
  }
  report(`Installing ${packages.join(", ")}`);
  await updatePackageLists();
  await mustRun(command, aptOptions());
}

/** What a fresh machine does not have, and an old one has of a release that is gone from the servers. */
export async function updatePackageLists(): Promise<void> {
  await mustRun(["apt-get", "update"], aptOptions());
}

export function aptOptions() {
  return { limitMs: APT_LIMIT_MS, env: { PATH: TOOL_PATH, DEBIAN_FRONTEND: "noninteractive" } };
}

async function isInstalled(tool: string): Promise<boolean> {
  const script = `command -v ${tool}`;
  const env = { PATH: TOOL_PATH };
  return (await runCommand(["sh", "-c", script], { limitMs: 10_000, env })).code === 0;
}
