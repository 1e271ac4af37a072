import { FirmwareError, UsageError } from "../errors.ts";
import { hexOf } from "./hex.ts";

/** What a firmware file is checked against. Everything that is given must hold. */
export interface FirmwareProof {
  /** Hex, from the command line. */
  readonly sha256?: string;
  /** The text of `FILE.sha256`, as sha256sum writes it. */
  readonly sumFile?: string;
  /** A public key of minisign: its line, or the text of its file. */
  readonly publicKey?: string;
  /** The text of `FILE.minisig`. */
  readonly signature?: string;
}

/**
 * Checks that a file is the one that is meant, and gives its SHA-256 in hex.
 *
 * @throws {FirmwareError} if it is not, or a signature is missing.
 * @throws {UsageError} if a sum or a key cannot be read.
 */
export async function checkFirmware(
  bytes: Uint8Array<ArrayBuffer>,
  options: FirmwareProof & { readonly name: string },
): Promise<string> {
  const { name, sha256, sumFile, publicKey, signature } = options;
  const found = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (sha256 !== undefined) compare(found, parseSum(sha256), { name, source: "--sha256" });
  if (sumFile !== undefined) {
    const source = `${name}.sha256`;
    compare(found, sumIn(sumFile, { name, source }), { name, source });
  }
  if (publicKey !== undefined) await checkSignature(bytes, { name, publicKey, signature });
  return found;
}

function compare(
  found: string,
  wanted: string,
  { name, source }: { readonly name: string; readonly source: string },
): void {
  if (found === wanted) return;
  throw new FirmwareError(
    `Cannot use ${name}: its SHA-256 is ${found}, expected ${wanted} (${source})`,
    {
      hint: "It is another file, or was changed: build or download it again.",
      facts: { path: name, expected: wanted, found },
    },
  );
}

function parseSum(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new UsageError(`Cannot use --sha256 ${text}: expected 64 hexadecimal digits`);
}

/** The sum in the text of a sum file: its only line, or the one that names the file. */
function sumIn(
  text: string,
  { name, source }: { readonly name: string; readonly source: string },
): string {
  const base = name.replace(/^.*[/\\]/, "");
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const match = /^([0-9a-f]{64})(?:\s+\*?(.+))?$/i.exec(line.trim());
    return match === null ? [] : [{ sum: match[1]!.toLowerCase(), name: match[2] }];
  });
  const named = lines.find((line) => line.name?.replace(/^.*[/\\]/, "") === base);
  const line = named ?? (lines.length === 1 && lines[0]!.name === undefined ? lines[0] : undefined);
  if (line !== undefined) return line.sum;
  throw new FirmwareError(`Cannot read ${source}: it has no SHA-256 of ${base}`, {
    hint: `Write it again: sha256sum ${base} > ${base}.sha256`,
    facts: { path: source },
  });
}

async function checkSignature(
  bytes: Uint8Array<ArrayBuffer>,
  options: {
    readonly name: string;
    readonly publicKey: string;
    readonly signature: string | undefined;
  },
): Promise<void> {
  const { name, publicKey, signature } = options;
  // Loaded on demand: few runs need it.
  const { parseMinisignKey, parseMinisignSignature, verifyMinisign } = await import(
    "./minisign.ts"
  );
  const key = parseMinisignKey(publicKey);
  if (signature === undefined) {
    throw new FirmwareError(`Cannot trust ${name}: ${name}.minisig is missing`, {
      hint: `Sign it: minisign -S -m ${name}`,
      facts: { path: name },
    });
  }
  const parsed = parseMinisignSignature(signature, `${name}.minisig`);
  await verifyMinisign(bytes, { name, signature: parsed, publicKey: key });
}
