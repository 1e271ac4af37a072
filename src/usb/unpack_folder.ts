import { messageOf, TransportError } from "../errors.ts";

/**
 * Loads a native addon in an executable, which has to unpack it into a file first. The file gets a temporary folder of
 * its own, which nobody else can write to, and both are removed at once: a loaded library needs its file no more.
 * Windows keeps a loaded library's file, so there it stays in the user's temporary folder, one for all runs.
 *
 * @throws {TransportError} if there is no temporary folder that can be written to.
 */
export async function loadUnpacked<Module>(load: () => Promise<Module>): Promise<Module> {
  if (!Deno.build.standalone || Deno.build.os === "windows") return await load();
  const folder = await makeFolder();
  const before = Deno.env.get(TEMPORARY_FOLDER);
  Deno.env.set(TEMPORARY_FOLDER, folder);
  try {
    return await load();
  } finally {
    if (before === undefined) Deno.env.delete(TEMPORARY_FOLDER);
    else Deno.env.set(TEMPORARY_FOLDER, before);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where Linux and macOS look for the folder of temporary files (POSIX.1-2017 §8.3). */
const TEMPORARY_FOLDER = "TMPDIR";

async function makeFolder(): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: "dfuse-" });
  } catch (cause) {
    const found = messageOf(cause);
    throw new TransportError("no-driver", `Cannot unpack the USB addon: ${found}`, {
      hint: "Set TMPDIR to a folder that can be written to.",
      cause,
    });
  }
}
