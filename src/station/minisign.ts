import { createHash } from "node:crypto";
import { FirmwareError, UsageError } from "../errors.ts";
import { hexOf } from "./hex.ts";

/** A public key of minisign. */
export interface MinisignKey {
  /** Hex, as in the file: tells which key made a signature. */
  readonly id: string;
  /** Of Ed25519. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** A signature file of minisign. */
export interface MinisignSignature {
  readonly keyId: string;
  /** `ED`: of the BLAKE2b-512 of the file; `Ed`, which old versions made: of the file itself. */
  readonly algorithm: "ED" | "Ed";
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly trustedComment: string;
  /** Of the signature and the trusted comment. */
  readonly globalSignature: Uint8Array<ArrayBuffer>;
}

/**
 * Checks that bytes were signed by a key, the trusted comment too.
 *
 * Format: jedisct1.github.io/minisign, "Signature format"; all of it base64 in lines.
 *
 * | part             | bytes                                                  |
 * | ---------------- | ------------------------------------------------------ |
 * | public key       | `Ed`, key id 8, key 32                                 |
 * | signature        | `ED` or `Ed`, key id 8, signature 64                   |
 * | global signature | signature 64, of the 64 above and the trusted comment  |
 *
 * @throws {FirmwareError} if they were not.
 */
export async function verifyMinisign(
  bytes: Uint8Array<ArrayBuffer>,
  options: {
    readonly name: string;
    readonly signature: MinisignSignature;
    readonly publicKey: MinisignKey;
  },
): Promise<void> {
  const { name, signature, publicKey } = options;
  const fail = (found: string) =>
    new FirmwareError(`Cannot trust ${name}: ${found}`, {
      hint: "Do not flash it: it is not the file that was signed.",
      facts: { path: name, keyId: publicKey.id },
    });
  if (signature.keyId !== publicKey.id) {
    throw fail(`it is signed by key ${signature.keyId}, expected key ${publicKey.id}`);
  }
  const algorithm = { name: "Ed25519" };
  const key = await crypto.subtle.importKey("raw", publicKey.key, algorithm, false, ["verify"]);
  const signed = signature.algorithm === "ED" ? blake2b(bytes) : bytes;
  if (!await crypto.subtle.verify(algorithm, key, signature.signature, signed)) {
    throw fail("its signature is wrong");
  }
  const comment = new TextEncoder().encode(signature.trustedComment);
  const whole = new Uint8Array(signature.signature.length + comment.length);
  whole.set(signature.signature);
  whole.set(comment, signature.signature.length);
  if (!await crypto.subtle.verify(algorithm, key, signature.globalSignature, whole)) {
    throw fail("the trusted comment of its signature was changed");
  }
}

/** Reads a public key: the line `RW…`, or the text of a .pub file. @throws {UsageError} if it is none. */
export function parseMinisignKey(text: string): MinisignKey {
  const line = text.split(/\r?\n/).find((line) => line !== "" && !isComment(line)) ?? "";
  const bytes = decodeBase64(line.trim());
  if (bytes?.length !== 42 || letters(bytes) !== "Ed") {
    throw new UsageError("Cannot read the public key: it is not one of minisign", {
      hint: "Give the line that begins with RW, or the path of the .pub file.",
    });
  }
  return { id: keyId(bytes), key: bytes.slice(10) };
}

/** Reads the text of a .minisig file. @throws {FirmwareError} if it is none. */
export function parseMinisignSignature(text: string, name: string): MinisignSignature {
  const lines = text.split(/\r?\n/);
  const trusted = "trusted comment: ";
  const at = lines.findIndex((line) => line.startsWith(trusted));
  const bytes = decodeBase64(lines[at - 1] ?? "");
  const globalSignature = decodeBase64(lines[at + 1] ?? "");
  const algorithm = bytes === undefined ? "" : letters(bytes);
  const isKnown = algorithm === "ED" || algorithm === "Ed";
  if (at < 1 || bytes?.length !== 74 || globalSignature?.length !== 64 || !isKnown) {
    throw new FirmwareError(`Cannot read ${name}: it is not a signature of minisign`, {
      hint: "Sign the firmware again: minisign -S -m FILE",
      facts: { path: name },
    });
  }
  return {
    keyId: keyId(bytes),
    algorithm,
    signature: bytes.slice(10),
    trustedComment: lines[at]!.slice(trusted.length),
    globalSignature,
  };
}

function isComment(line: string): boolean {
  return line.startsWith("untrusted comment:");
}

function letters(bytes: Uint8Array): string {
  return String.fromCharCode(bytes[0]!, bytes[1]!);
}

/** The key id as minisign writes it: the eight bytes as a little-endian number. */
function keyId(bytes: Uint8Array): string {
  return hexOf(bytes.slice(2, 10).reverse()).toUpperCase();
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function blake2b(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("blake2b512").update(bytes).digest());
}
