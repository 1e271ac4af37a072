import { parseAddress } from "./value_types.ts";

/** What a field's value becomes, or a phrase for what was expected instead. */
export type FieldValue = { readonly value: unknown } | { readonly expected: string };

/** One field of a job file: the option of `dfuse flash` that it stands for. */
export interface JobField {
  /** The option's, in camel case: `expectChip` is `--expect-chip`. */
  readonly name: string;
  readonly description: string;
  /** A path, taken from where the job file is. */
  readonly isPath?: boolean;
  readonly schema: JsonSchema;
  read(value: unknown): FieldValue;
}

/** As much of JSON Schema 2020-12 as is used here. */
export type JsonSchema = { readonly [key: string]: unknown };

type Kind = Pick<JobField, "schema" | "read">;

/** Every field of a job file but `firmware` and `$schema`, in the order of the documentation. */
export const JOB_FIELDS: readonly JobField[] = [
  field("address", address(), "Where a file without addresses belongs."),
  field("ignoreCrc", flag(), "Use the file although its CRC is wrong."),
  field("sha256", text("^[0-9a-fA-F]{64}$", "64 hexadecimal digits"), "The file must have it."),
  path("publicKey", "The file must be signed: minisign's key, or the path of its file."),
  field("all", flag(), "Flash every device that is attached."),
  field("watch", flag(), "Flash every device that comes."),
  field("jobs", integer(1, 1000), "Flash so many devices at once, at most."),
  field("device", text(), "Serial number, USB path or ids: only these."),
  field("wait", either(flag(), number(0, 86_400)), "Wait for the device; in seconds."),
  field("detach", flag(), "Ask a device that runs its program to enter its boot loader."),
  field("portName", map(), "Names of ports by their USB paths."),
  field("bell", flag(), "Ring when a unit is done."),
  path("journal", "Append a JSON line for each attempt to this file."),
  field("expectChip", text(), "Fail what is not this part."),
  field(
    "expectIds",
    text("^[0-9a-fA-F]{4}:([0-9a-fA-F]{4}|\\*)$", "ids such as 0483:df11"),
    "Fail what has other USB ids.",
  ),
  field("skipProgrammed", flag(), "Pass a unit that holds the image already."),
  path("unitData", "CSV file: each unit gets the values of its own row."),
  field("place", map(), "Where values go, by column: 0x0800F000:ascii:16"),
  field("chip", text(), "Treat the devices as this part."),
  field("transferSize", integer(1, 65_536), "Longest block, in bytes."),
  field("vdd", number(1.8, 3.6), "Supply voltage, in volts."),
  field("alternate", integer(0, 255), "Alternate setting to flash."),
  field("erase", choice("needed", "touched", "all", "none"), "Pages to erase."),
  field("preserve", flag(), "Keep the bytes around the image."),
  field("verify", flag(), "Read back and compare; false does not."),
  field("leave", either(flag(), address()), "Start the program, or where; false stays."),
  field("allowSpecial", flag(), "Write option bytes, OTP or Device Feature."),
  field("ignoreIds", flag(), "Flash a file that was made for another USB id."),
  field("simulate", text(), "Work on simulated parts."),
  field("dryRun", flag(), "Print the plan, and stop."),
  field("quiet", flag(), "Print nothing but errors."),
];

/** The name of a field in the file, where it is another one than the flag's. */
export function fileNameOf({ name }: JobField): string {
  return { portName: "portNames", place: "places" }[name] ?? name;
}

function field(name: string, kind: Kind, description: string): JobField {
  return { name, description, ...kind };
}

function path(name: string, description: string): JobField {
  return { ...field(name, text(), description), isPath: true };
}

function text(pattern = "", expected = "a text"): Kind {
  return {
    schema: { type: "string", ...(pattern === "" ? { minLength: 1 } : { pattern }) },
    read: (value) =>
      typeof value === "string" && value !== "" && new RegExp(pattern).test(value)
        ? { value }
        : { expected },
  };
}

function flag(): Kind {
  return {
    schema: { type: "boolean" },
    read: (value) => typeof value === "boolean" ? { value } : { expected: "true or false" },
  };
}

function number(minimum: number, maximum: number): Kind {
  return {
    schema: { type: "number", minimum, maximum },
    read: (value) =>
      typeof value === "number" && value >= minimum && value <= maximum
        ? { value }
        : { expected: `a number of ${minimum} to ${maximum}` },
  };
}

function integer(minimum: number, maximum: number): Kind {
  return {
    schema: { type: "integer", minimum, maximum },
    read: (value) =>
      Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
        ? { value }
        : { expected: `a whole number of ${minimum} to ${maximum}` },
  };
}

/** JSON has no hexadecimal numbers, so addresses are texts, as on the command line. */
function address(): Kind {
  return {
    schema: { type: "string", pattern: "^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$" },
    read(value) {
      const found = typeof value === "string" ? parseAddress(value) : undefined;
      return found === undefined
        ? { expected: `an address such as "0x08000000"` }
        : { value: found };
    },
  };
}

function choice(...choices: readonly string[]): Kind {
  return {
    schema: { enum: choices },
    read: (value) =>
      choices.some((choice) => choice === value)
        ? { value }
        : { expected: choices.map((choice) => `"${choice}"`).join(" or ") },
  };
}

function either(one: Kind, other: Kind): Kind {
  return {
    schema: { anyOf: [one.schema, other.schema] },
    read(value) {
      const first = one.read(value);
      const second = "value" in first ? first : other.read(value);
      return "expected" in first && "expected" in second
        ? { expected: `${first.expected}, or ${second.expected}` }
        : second;
    },
  };
}

/** An object of texts, which becomes the words of an option that can be given several times. */
function map(): Kind {
  return {
    schema: { type: "object", additionalProperties: { type: "string", minLength: 1 } },
    read(value) {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      const entries = isObject ? Object.entries(value) : [];
      const isRight = isObject && entries.every(([, text]) => typeof text === "string");
      return isRight
        ? { value: entries.map(([key, text]) => `${key}=${text}`) }
        : { expected: "an object of texts" };
    },
  };
}
