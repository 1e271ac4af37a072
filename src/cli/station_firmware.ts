import { FirmwareError, messageOf, UsageError } from "../errors.ts";
import type { Firmware } from "../firmware/firmware.ts";
import { GrowingBytes } from "../firmware/growing_bytes.ts";
import { openInputFile } from "../firmware/input_file.ts";
import { collectFiles, type FileToRead } from "../firmware/merge_files.ts";
import type { AttemptFile } from "../station/attempt.ts";
import { checkFirmware, type FirmwareProof } from "../station/firmware_check.ts";
import type { FileArguments } from "./file_arguments.ts";
import type { ProofFlags } from "./station_flags.ts";

/** Firmware that was checked, and the sums of its files. */
export interface CheckedFirmware {
  readonly firmware: Firmware;
  readonly files: readonly AttemptFile[];
}

/**
 * Reads firmware files and checks them against `--sha256`, `FILE.sha256` where there is one, and their signatures. What is
 * checked is what is flashed: each file is read once.
 *
 * @throws what `collectFiles()` and `checkFirmware()` throw.
 */
export async function readCheckedFirmware(
  { files }: FileArguments,
  flags: ProofFlags & { readonly ignoreCrc?: boolean | undefined },
): Promise<CheckedFirmware> {
  checkFlags(files, flags);
  const read: FileToRead[] = [];
  const sums: AttemptFile[] = [];
  for (const file of files) {
    const { bytes, sha256 } = await readChecked(file, proofOf(file, flags));
    sums.push({ path: file.path, sha256 });
    read.push({ ...file, bytes });
  }
  return { firmware: await collectFiles(read, { ignoreCrc: flags.ignoreCrc }), files: sums };
}

/**
 * The same checks, for a plan: what a flash would refuse, it refuses. Files that have nothing to be checked against stay
 * as they are, for they may be larger than memory; the others have their bytes, as they were checked.
 *
 * @throws what `checkFirmware()` throws.
 */
export async function checkFiles(
  { files: [first, ...more], title }: FileArguments,
  flags: ProofFlags,
): Promise<FileArguments> {
  checkFlags([first, ...more], flags);
  const check = async (file: FileToRead): Promise<FileToRead> => {
    const proof = proofOf(file, flags);
    if (Object.keys(proof).length === 0) return file;
    return { ...file, bytes: (await readChecked(file, proof)).bytes };
  };
  const files: [FileToRead, ...FileToRead[]] = [await check(first)];
  for (const file of more) files.push(await check(file));
  return { files, title };
}

function checkFlags(files: readonly FileToRead[], { sha256 }: ProofFlags): void {
  if (sha256 === undefined || files.length === 1) return;
  throw new UsageError("Cannot check several files against one --sha256", {
    hint: "Write the sum of each into a file beside it: sha256sum app.bin > app.bin.sha256",
  });
}

async function readChecked({ path }: FileToRead, proof: FirmwareProof) {
  const bytes = await readBytes(path);
  return { bytes, sha256: await checkFirmware(bytes, { name: path, ...proof }) };
}

/** As much as a firmware may have: see `collectFile()`. */
const MAX_SIZE = 512 * 1024 * 1024;

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const input = openInputFile(path);
  const bytes = new GrowingBytes();
  try {
    for await (const chunk of input.chunks()) {
      bytes.add(chunk);
      if (bytes.view().length > MAX_SIZE) {
        throw new FirmwareError(`Cannot load ${path}: it is larger than any firmware`, {
          hint: "Check that this is the right file.",
        });
      }
    }
  } finally {
    input.close();
  }
  return new Uint8Array(bytes.view());
}

/** All that a file must be checked against. */
function proofOf({ path }: FileToRead, { sha256, publicKey }: ProofFlags): FirmwareProof {
  const beside = (suffix: string) => path === "-" ? undefined : readIfThere(`${path}${suffix}`);
  const sumFile = beside(".sha256");
  const signature = publicKey === undefined ? undefined : beside(".minisig");
  return {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(publicKey === undefined ? {} : { publicKey: keyText(publicKey) }),
    ...(sumFile === undefined ? {} : { sumFile }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** A key as it is, or the text of its file. */
function keyText(key: string): string {
  if (/^RW[0-9A-Za-z+/]{54}$/.test(key)) return key;
  const text = readIfThere(key);
  if (text !== undefined) return text;
  throw new UsageError(`Cannot read ${key}: there is no such file, and it is no key of minisign`, {
    hint: "Give the line that begins with RW, or the path of the .pub file.",
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const reason = messageOf(cause);
    throw new FirmwareError(`Cannot read ${path}: ${reason}`, { facts: { path }, cause });
  }
}
