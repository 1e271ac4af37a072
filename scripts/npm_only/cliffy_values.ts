/** What stands on a command line, between the words of Cliffy and those of commander. */
import { InvalidArgumentError } from "commander";

/** As in Cliffy: what a type handler is given. */
export interface ArgumentValue {
  label: string;
  name: string;
  value: string;
  type: string;
}

/** Makes a value of what was typed, or throws. */
export type TypeHandler = (type: ArgumentValue) => unknown;

/** As in Cliffy: types that need no handler of their own. */
export const BUILT_IN_TYPES: Readonly<Record<string, TypeHandler>> = {
  string: ({ value }) => value,
  file: ({ value }) => value,
  boolean: ({ value }) => value === "true",
  number: ({ value, name }) => {
    const number = Number(value);
    if (value.trim() === "" || Number.isNaN(number)) {
      throw new InvalidArgumentError(`Option "${name}" must be of type "number".`);
    }
    return number;
  },
  integer: ({ value, name }) => {
    if (!/^-?\d+$/.test(value)) {
      throw new InvalidArgumentError(`Option "${name}" must be of type "integer".`);
    }
    return Number(value);
  },
};

/** `<file:string>` is commander's `<file>` with the type `string`. */
export function splitType(definition: string): { flags: string; type: string } {
  const type = /:([a-z-]+)/.exec(definition)?.[1] ?? "string";
  return { flags: definition.replace(/:[a-z-]+/g, ""), type };
}

/** commander hands the values of a variadic argument over one by one. */
export function collector(parse: (value: string) => unknown, flags: string) {
  if (!flags.includes("...")) return parse;
  return (value: string, before: unknown) => [
    ...(Array.isArray(before) ? before : []),
    parse(value),
  ];
}

/** `--no-verify` is `noVerify` to commander. */
export function attributeName(option: string): string {
  return option.replace(/^--/, "").replace(
    /-([a-z])/g,
    (_, letter: string) => letter.toUpperCase(),
  );
}
