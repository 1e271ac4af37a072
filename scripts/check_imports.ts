/**
 * Checks that imports in src/ point one way, that only main.ts ends the process, and that only one file loads the USB
 * addon. Prints every breach as `file:line: what is wrong` and exits with 1 if there is any.
 */

/** Each room with the rooms that it may import from, besides itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  format: [],
  firmware: ["errors", "format"],
  chips: ["errors", "format"],
  plan: ["errors", "format", "firmware", "chips"],
  usb: ["errors", "format"],
  simulator: ["errors", "format", "firmware", "chips", "plan", "usb"],
  dfu: ["errors", "format", "firmware", "chips", "plan", "usb"],
  station: ["errors", "format", "firmware", "chips", "plan", "usb", "dfu"],
  cli: ["errors", "format", "firmware", "chips", "plan", "usb", "dfu", "station", "simulator"],
};

/** `dfu` and `simulator` know USB as types and pure functions only. */
const USB_IS_PURE_FOR: ReadonlySet<string> = new Set(["dfu", "simulator"]);
const PURE_USB_FILES: ReadonlySet<string> = new Set([
  "src/usb/transport.ts",
  "src/usb/descriptors.ts",
  "src/usb/real_clock.ts",
]);

/** The only file that may load the addon. */
const ADDON_FILE = "src/usb/node_usb.ts";

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;

/** Breaches of the rules in one file, given its path from the project's root with forward slashes. */
export function findBreaches(file: string, text: string): string[] {
  const breaches: string[] = [];
  const room = roomOf(file);
  text.split("\n").forEach((line, index) => {
    const at = `${file}:${index + 1}`;
    if (/\bDeno\.exit\s*\(/.test(line)) breaches.push(`${at}: only main.ts may call Deno.exit`);
    for (const match of line.matchAll(IMPORT)) {
      const problem = problemOf(file, room, match[1] ?? "");
      if (problem !== undefined) breaches.push(`${at}: ${problem}`);
    }
  });
  return breaches;
}

function problemOf(file: string, room: string, specifier: string): string | undefined {
  if (specifier === "usb" && file !== ADDON_FILE) return `only ${ADDON_FILE} may import "usb"`;
  if (!specifier.startsWith(".")) return undefined;
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  const targetRoom = roomOf(target);
  if (targetRoom === room) return undefined;
  const allowed = ROOMS[room];
  if (allowed === undefined) return `"${room}" is not a room of src/`;
  if (!allowed.includes(targetRoom)) return `${room} may not import from ${targetRoom}`;
  if (targetRoom === "usb" && USB_IS_PURE_FOR.has(room) && !PURE_USB_FILES.has(target)) {
    return `${room} may import ${[...PURE_USB_FILES].join(" and ")} only, not ${target}`;
  }
  return undefined;
}

/** `src/plan/plan.ts` is of room `plan`, `src/errors.ts` of room `errors`. */
function roomOf(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.ts$/, "");
}

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

if (import.meta.main) {
  const breaches: string[] = [];
  for await (const file of sourceFiles("src")) {
    breaches.push(...findBreaches(file, await Deno.readTextFile(file)));
  }
  breaches.sort().forEach((breach) => console.error(breach));
  Deno.exit(breaches.length === 0 ? 0 : 1);
}
