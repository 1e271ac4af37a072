import { ValidationError } from "@cliffy/command";
import { UsageError } from "../errors.ts";

/** What the command line hands to a value's parser. */
interface Value {
  readonly label: string;
  readonly name: string;
  readonly value: string;
}

/** An address: `0x08000000` or decimal, below 2^32. */
export function addressType({ label, name, value }: Value): number {
  const address = parseAddress(value);
  if (address === undefined) {
    throw new ValidationError(
      `${label} "${name}" must be an address such as 0x08000000, but got "${value}".`,
    );
  }
  return address;
}

/**
 * A number below 2^32 in hexadecimal with 0x, or in decimal; undefined if it is neither. `08008000` is neither: whoever
 * writes the zero has left out an x.
 */
export function parseAddress(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]{1,8}|0|[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const address = Number(text);
  return address < 2 ** 32 ? address : undefined;
}

/** A size in bytes: a number as for an address, or decimal with K or M for KiB and MiB. */
export function sizeType({ label, name, value }: Value): number {
  const match = /^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})([kKmM]?)$/.exec(value);
  const unit = { "": 1, k: 1024, m: 1024 * 1024 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const size = Number(match?.[1] ?? Number.NaN) * unit;
  if (!(size > 0 && size <= 2 ** 32)) {
    throw new ValidationError(
      `${label} "${name}" must be a size such as 2048, 0x800 or 2K, but got "${value}".`,
    );
  }
  return size;
}

/** One word of a fixed list. */
export function choiceType<const Choice extends string>(choices: readonly Choice[]) {
  return ({ label, name, value }: Value): Choice => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    throw new ValidationError(
      `${label} "${name}" must be one of ${choices.join(", ")}, but got "${value}".`,
    );
  };
}

/** Turns the parser's complaint into ours, with a hint where to read on. */
export function usageErrorOf(error: ValidationError, command: string): UsageError {
  return new UsageError(error.message.replace(/\.$/, ""), { hint: `See: ${command} --help` });
}
