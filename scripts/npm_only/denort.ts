/**
 * Obtains the runtime that `deno compile` appends a program to, where only an npm registry can be reached. An npm
 * package carries programs that were made by `deno compile` 2.4.2 for Linux on x86-64: such a program is the runtime, an
 * ELF file, with the program behind it. The bytes up to the end of its section headers are the runtime, unchanged.
 *
 * For building and testing only. Releases are built with the runtime from Deno's own host.
 */
import { createHash } from "node:crypto";

/** The runtime, and the deno that it belongs to: both must be of one version. */
export interface NpmRuntime {
  readonly deno: string;
  readonly denort: string;
}

const DENO_VERSION = "2.4.2";
const TARGET = "x86_64-unknown-linux-gnu";
const PACKAGE = "@vltpkg/cli-linux-x64@0.0.0-18";
const MEMBER = "package/vlt";
const PACKAGE_SHA512 =
  "eQvsTLNKsoA/sH80Nn1iEKu+Lh24kmbB97dDjhn34py23Xc6+/uI48UNG2k/TQFIcVf7Sckwnrk80L00Hx1eXA==";
const DENORT_SHA256 = "2705685d7478610b98dcd43acecd457a19810146323041c8af8a88f7dd0b5e82";

/** What follows the runtime in a compiled program. */
const PAYLOAD_MAGIC = "d3n0l4nd";

/** Gets both from npm, once: the runtime is kept in the folder, which must exist, and checked at each use. */
export async function obtainNpmRuntime(target: string, folder: string): Promise<NpmRuntime> {
  if (target !== TARGET) {
    throw new Error(
      `Cannot compile for ${target} without Deno's own host: npm has the runtime of ${TARGET} only`,
    );
  }
  const denort = `${folder}/denort-${DENO_VERSION}`;
  if (!(await isPinned(denort))) await downloadDenort(denort, folder);
  return { deno: await findDeno(), denort };
}

async function isPinned(path: string): Promise<boolean> {
  try {
    return digest("sha256", await Deno.readFile(path), "hex") === DENORT_SHA256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function downloadDenort(path: string, folder: string): Promise<void> {
  console.error(`dfuse: getting the runtime from npm's ${PACKAGE}, 180 MB, once`);
  const work = await Deno.makeTempDir({ dir: folder, prefix: "download-" });
  try {
    const name = await command("npm", ["pack", "--silent", PACKAGE], work);
    const archive = `${work}/${name.trim()}`;
    const found = digest("sha512", await Deno.readFile(archive), "base64");
    expectSum(PACKAGE, found, PACKAGE_SHA512);
    await command("tar", ["-xzf", archive, MEMBER], work);
    const runtime = cutRuntime(await Deno.readFile(`${work}/${MEMBER}`));
    expectSum("the runtime in it", digest("sha256", runtime, "hex"), DENORT_SHA256);
    await Deno.writeFile(`${work}/denort`, runtime, { mode: 0o755 });
    await Deno.rename(`${work}/denort`, path);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * The runtime in a compiled program: everything up to the end of the section header table, which linkers put last
 * (ELF-64: e_shoff at 0x28, e_shentsize at 0x3A, e_shnum at 0x3C). Throws an `Error` if no program follows there.
 */
export function cutRuntime(program: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  if (program.length < 0x40 || view.getUint32(0) !== 0x7F454C46 || view.getUint8(4) !== 2) {
    throw new Error("Cannot find the runtime: not a 64-bit ELF file");
  }
  const end = Number(view.getBigUint64(0x28, true)) +
    view.getUint16(0x3A, true) * view.getUint16(0x3C, true);
  const magic = new TextDecoder().decode(program.subarray(end, end + PAYLOAD_MAGIC.length));
  if (magic !== PAYLOAD_MAGIC) {
    throw new Error(`Cannot find the runtime: "${magic}" follows it, expected "${PAYLOAD_MAGIC}"`);
  }
  return program.slice(0, end);
}

function expectSum(what: string, found: string, expected: string): void {
  if (found !== expected) {
    throw new Error(`Cannot use ${what}: its sum is ${found}, expected ${expected}`);
  }
}

function digest(algorithm: string, bytes: Uint8Array, encoding: "hex" | "base64"): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}

/** The path of deno in the version of the runtime: this one, or npm's. */
async function findDeno(): Promise<string> {
  if (Deno.version.deno === DENO_VERSION) return Deno.execPath();
  const script = "console.log(Deno.execPath())";
  const path = await command("npx", ["-y", `deno@${DENO_VERSION}`, "eval", script], Deno.cwd());
  return path.trim();
}

async function command(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error(`Cannot get the runtime from npm: ${program} ${args.join(" ")} failed`);
  }
  return new TextDecoder().decode(stdout);
}
