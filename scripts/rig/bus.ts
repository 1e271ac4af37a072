import { mustRun, runCommand } from "./command.ts";

/** Where the kernel lists USB devices, by their USB paths. */
const DEVICES = "/sys/bus/usb/devices";
/** Of one virtual host controller: a line for each port. */
const STATUS = "/sys/devices/platform/vhci_hcd.0/status";

/** A device in its boot loader must be found within this; the kernel waits for most of a second by itself. */
const ATTACH_LIMIT_MS = 30_000;
const POLL_MS = 150;

/** Attaches a device of the simulator, as a user does, and gives its USB path: `1-1`. */
export async function attach(busId: string): Promise<string> {
  const before = new Set(await attachedPaths());
  const command = ["usbip", "attach", "--remote", "127.0.0.1", "--busid", busId];
  await mustRun(command, { limitMs: ATTACH_LIMIT_MS });
  return await until(`a new device for ${busId}`, async () => {
    const added = (await attachedPaths()).filter((path) => !before.has(path));
    return added[0];
  });
}

/** Pulls the cable of the device at a USB path: `1-1` is at port 0. */
export async function detach(path: string): Promise<void> {
  await pull(Number(path.split("-")[1]) - 1);
  const isThere = async () => (await attachedPaths()).includes(path);
  await until(`${path} gone`, async () => !await isThere() || undefined);
}

/** Pulls the cables of all devices. */
export async function detachAll(): Promise<void> {
  for (const port of await portsInUse()) await pull(port);
  await until("all devices gone", async () => (await attachedPaths()).length === 0 || undefined);
}

async function pull(port: number): Promise<void> {
  // It may have left by itself meanwhile.
  await runCommand(["usbip", "detach", "--port", `${port}`], { limitMs: 10_000 });
}

/** USB paths of the devices that are attached, root hubs aside. */
export async function attachedPaths(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(DEVICES)) {
    // The kernel writes bConfigurationValue when it is done with a new device.
    if (!/^\d+-[\d.]+$/.test(name)) continue;
    const value = await Deno.readTextFile(`${DEVICES}/${name}/bConfigurationValue`).catch(() => "");
    if (value.trim() !== "") paths.push(name);
  }
  return paths.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** Asks again and again until there is an answer. Throws an `Error` if there is none for half a minute. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + ATTACH_LIMIT_MS;
  while (performance.now() < endMs) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Waited in vain for ${what}`);
}

/** `hs 0000 006 …` is high-speed port 0 in use. */
async function portsInUse(): Promise<number[]> {
  const text = await Deno.readTextFile(STATUS);
  const rows = text.matchAll(/^\w+\s+(\d+)\s+006/gm);
  return [...rows].map(([, port]) => Number(port));
}
