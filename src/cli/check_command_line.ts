import { editDistance } from "../chips/edit_distance.ts";
import { UsageError } from "../errors.ts";
import type { AnyCommand } from "./plan_options.ts";

/**
 * Checks that a command line has the words that its command takes, so that a wrong one is told in the same way wherever
 * it stands, and gives the words as the parser is to have them. What values mean is left to the parser.
 * @throws {UsageError} for an unknown command or option, a value that is missing, empty or too much, and arguments that
 * are missing or too many.
 */
export function checkCommandLine(program: AnyCommand, args: readonly string[]): string[] {
  let place: Place = { command: program, path: program.getName() };
  const checked: string[] = [];
  const operands: string[] = [];
  for (let rest = args; rest.length > 0;) {
    const [word = "", ...more] = rest;
    if (word === "--") {
      operands.push(...more);
      checked.push(...more.map(withoutDash));
      break;
    }
    if (isOption(word)) {
      const option = readOption(rest, place);
      checked.push(...option.words);
      rest = option.rest;
      continue;
    }
    if (hasCommands(place)) place = placeBelow(place, word);
    else operands.push(word);
    checked.push(word);
    rest = more;
  }
  const added = checked.find((word) => ADDED_FLAGS.includes(word));
  if (added !== undefined) return [...place.path.split(" ").slice(1), added];
  checkOperands(operands, { place, checked });
  return checked;
}

/** A command, and the words that call it. */
interface Place {
  readonly command: AnyCommand;
  readonly path: string;
}

/** The parser adds them to its commands. Where one is there, nothing else counts. */
const ADDED_FLAGS: readonly string[] = ["-h", "--help", "-V", "--version"];

/** `-` alone is a file: standard input or output. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

/** What stands behind `--` is no option, which not every parser knows. */
function withoutDash(word: string): string {
  return isOption(word) ? `./${word}` : word;
}

function hasCommands({ command }: Place): boolean {
  return command.getBaseCommands(true).length > 0;
}

function placeBelow({ command, path }: Place, name: string): Place {
  const below = command.getBaseCommands(true).find((child) => child.getName() === name);
  if (below !== undefined) return { command: below, path: `${path} ${name}` };
  const near = nearest(name, command.getBaseCommands().map((child) => child.getName()));
  const meant = near === undefined ? "" : `Did you mean ${path} ${near}? `;
  throw new UsageError(`Unknown command "${name}"`, { hint: `${meant}See: ${path} --help` });
}

/** An option and its value, as the parser is to have them, and what comes after. */
interface OptionWords {
  readonly words: readonly string[];
  readonly rest: readonly string[];
}

/** Reads the option that words begin with. */
function readOption([word = "", ...more]: readonly string[], place: Place): OptionWords {
  const { flag, attached, isCluster } = splitOption(word, place);
  const value = valueOf(flag, place);
  if (value === "") {
    if (attached === undefined) return { words: [flag], rest: more };
    if (isCluster) return { words: [flag], rest: [`-${attached}`, ...more] };
    throw new UsageError(
      `Cannot give ${flag} a value: found "${attached}", expected ${flag} alone`,
      { hint: `See: ${place.path} --help` },
    );
  }
  const [next] = more;
  if (attached !== undefined) {
    checkValue(attached, { flag, value, place });
    return { words: flag.startsWith("--") ? [word] : [flag, attached], rest: more };
  }
  const isNext = next !== undefined && !isOption(next);
  if (!isNext && value.startsWith("[")) return { words: [flag], rest: more };
  if (next === undefined || !isNext) throw noValue(next, { flag, value, place });
  checkValue(next, { flag, value, place });
  return { words: [flag, next], rest: more.slice(1) };
}

/** `--chip=x` and `-cx` are an option with its value, `-fq` are two. */
function splitOption(
  word: string,
  place: Place,
): { readonly flag: string; readonly attached: string | undefined; readonly isCluster: boolean } {
  const [name = "", ...values] = word.split("=");
  const value = values.length === 0 ? undefined : values.join("=");
  const isLong = name.startsWith("--") || flagsOf(place).includes(`-${name}`);
  if (isLong || name.length === 2) return { flag: name, attached: value, isCluster: false };
  return { flag: word.slice(0, 2), attached: word.slice(2), isCluster: true };
}

/** The value that an option takes: `<address>`, `[seconds]`, or nothing. */
function valueOf(flag: string, place: Place): string {
  const option = place.command.getBaseOptions(true).find(({ flags }) => flags.includes(flag));
  if (option !== undefined) return (option.typeDefinition ?? "").replace(/:[^>\]]*/g, "");
  const flags = flagsOf(place);
  if (flags.includes(flag)) return "";
  const near = nearest(flag, flags);
  const meant = near === undefined ? "" : `Did you mean ${near}? `;
  const order = hasCommands(place) ? "Options follow the command. " : "";
  throw new UsageError(`Unknown option "${flag}"`, {
    hint: `${meant}${order}See: ${place.path} --help`,
  });
}

/** All flags that a command knows. The version is the program's alone. */
function flagsOf({ command, path }: Place): string[] {
  const own: string[] = command.getBaseOptions(true).flatMap(({ flags }) => flags);
  return [...own, ...ADDED_FLAGS.slice(0, path.includes(" ") ? 2 : undefined)];
}

/** What is known of an option whose value is read. */
interface Wanted {
  readonly flag: string;
  readonly value: string;
  readonly place: Place;
}

function noValue(next: string | undefined, { flag, value, place }: Wanted): UsageError {
  const found = next === undefined ? "none follows" : `"${next}" follows`;
  return new UsageError(
    `Cannot take the value of ${flag}: ${found}, expected ${flag} ${value}`,
    { hint: `See: ${place.path} --help` },
  );
}

/** A shell's variable that is not set gives an empty word: to drop a check for that would be worse than to end. */
function checkValue(text: string, { flag, value, place }: Wanted): void {
  if (text !== "") return;
  throw new UsageError(
    `Cannot take the value of ${flag}: it is empty, expected ${flag} ${value}`,
    { hint: `See: ${place.path} --help` },
  );
}

function checkOperands(
  operands: readonly string[],
  { place, checked }: { readonly place: Place; readonly checked: readonly string[] },
): void {
  const { command, path } = place;
  const definition = (command.getArgsDefinition() ?? "").replace(/:[^>\]\s]*/g, "");
  const names = definition.split(" ").filter((name: string) => name !== "");
  const usage = `${path} ${definition}`;
  const hint = `See: ${path} --help`;
  const missing = names.slice(operands.length).find((name: string) => name.startsWith("<"));
  if (missing !== undefined) {
    throw new UsageError(`Cannot run ${path}: found no ${missing}, expected ${usage}`, {
      hint: takenWord(checked, place) + hint,
    });
  }
  const isVariadic = names.some((name: string) => name.includes("..."));
  const [extra] = isVariadic ? [] : operands.slice(names.length);
  if (extra !== undefined) {
    throw new UsageError(
      names.length === 0
        ? `Cannot run ${path}: found "${extra}", expected no arguments`
        : `Cannot run ${path}: found "${extra}" as well, expected ${usage}`,
      { hint },
    );
  }
  if (operands.includes("")) {
    throw new UsageError(`Cannot run ${path}: found an empty word, expected ${usage}`, { hint });
  }
}

/** Says which word an option took as its value that might have done without: `--wait FILE`. */
function takenWord(checked: readonly string[], { command }: Place): string {
  const options: { flags: string[]; typeDefinition?: string }[] = command.getBaseOptions(true);
  const optional = options.filter(({ typeDefinition = "" }) => typeDefinition.startsWith("["))
    .flatMap(({ flags }) => flags);
  const at = checked.findIndex((word, index) =>
    optional.includes(word) && !isOption(checked[index + 1] ?? "-")
  );
  return at < 0 ? "" : `"${checked[at + 1]}" is the value of ${checked[at]} here. `;
}

/** The known word that was probably meant, if any is near enough. */
function nearest(word: string, known: readonly string[]): string | undefined {
  // No real one is longer.
  const wanted = nameOf(word).slice(0, 30);
  const limit = wanted.length < 3 ? 0 : Math.round(wanted.length * 0.4);
  return known
    .map((text) => ({ text, distance: distanceOf(wanted, nameOf(text)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.text;
}

function nameOf(word: string): string {
  return word.replace(/^-+/, "");
}

/** A word that was cut short is nearest to the whole one. */
function distanceOf(wanted: string, known: string): number {
  return wanted.length > 2 && known.startsWith(wanted) ? 0 : editDistance(wanted, known);
}
