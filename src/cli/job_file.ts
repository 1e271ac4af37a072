import type { MemberNode, ObjectNode, ValueNode } from "@humanwhocodes/momoa";
import { dirname, isAbsolute, join } from "node:path";
import { UsageError } from "../errors.ts";
import { fileNameOf, JOB_FIELDS, type JobField, type JsonSchema } from "./job_fields.ts";

/** What a job file says: the words and the flags of `dfuse flash`. */
export interface Job {
  readonly words: readonly [string, ...string[]];
  readonly flags: Readonly<Record<string, unknown>>;
}

/**
 * Reads a job file: the settings of `dfuse flash` as JSON, checked against docs/job.schema.json. Paths in it begin where
 * the file is.
 *
 * @throws {UsageError} with every problem, each with its line and its field (`$.places.serial`); facts: `line`, `field`.
 */
export async function parseJobFile(
  text: string,
  { path }: { readonly path: string },
): Promise<Job> {
  // Loaded on demand: most runs never need it.
  const momoa = await import("@humanwhocodes/momoa");
  let document: ReturnType<typeof momoa.parse>;
  try {
    document = momoa.parse(text);
  } catch (cause) {
    const { line = 1, message = String(cause) } = cause as { line?: number; message?: string };
    throw jobError(path, [{ line, field: "$", message: `is no JSON: ${message}` }]);
  }
  const { body } = document;
  if (body.type !== "Object") {
    const { line } = body.loc.start;
    throw jobError(path, [{ line, field: "$", message: "expected an object" }]);
  }
  const reader = new JobReader(path, (node) => momoa.evaluate(node));
  return reader.read(body);
}

interface Problem {
  readonly line: number;
  /** JSON path. */
  readonly field: string;
  readonly message: string;
}

class JobReader {
  readonly #path: string;
  readonly #evaluate: (node: ValueNode) => unknown;
  readonly #problems: Problem[] = [];

  constructor(path: string, evaluate: (node: ValueNode) => unknown) {
    this.#path = path;
    this.#evaluate = evaluate;
  }

  read(body: ObjectNode): Job {
    const flags: Record<string, unknown> = {};
    const seen = new Set<string>();
    let words: string[] | undefined;
    for (const member of body.members) {
      const name = nameOf(member);
      if (seen.has(name)) this.#fail(member, name, "is there twice");
      seen.add(name);
      if (name === "firmware") words = this.#readFirmware(member);
      else if (name !== "$schema") this.#readField(member, name, flags);
    }
    if (!seen.has("firmware")) {
      const { line } = body.loc.start;
      this.#problems.push({ line, field: "$.firmware", message: "is missing" });
    }
    if (this.#problems.length > 0) throw jobError(this.#path, this.#problems);
    return { words: words as [string, ...string[]], flags };
  }

  #readField(member: MemberNode, name: string, flags: Record<string, unknown>): void {
    const field = JOB_FIELDS.find((field) => fileNameOf(field) === name);
    if (field === undefined) return this.#fail(member, name, "is no field of a job");
    const value = this.#evaluate(member.value);
    const read = field.read(value);
    if ("expected" in read) return this.#refuse(member, { name, value, expected: read.expected });
    flags[field.name] = field.isPath === true ? this.#pathOf(field, read.value) : read.value;
  }

  /** A member of an object that is wrong by itself is named by itself. */
  #refuse(
    member: MemberNode,
    found: { readonly name: string; readonly value: unknown; readonly expected: string },
  ): void {
    const { name, value, expected } = found;
    const inner = member.value.type === "Object"
      ? member.value.members.find(({ value }) => value.type !== "String")
      : undefined;
    if (inner !== undefined) {
      const shown = JSON.stringify(this.#evaluate(inner.value));
      return this.#fail(inner, `${name}.${nameOf(inner)}`, `is ${shown}, expected a text`);
    }
    this.#fail(member, name, `is ${JSON.stringify(value)}, expected ${expected}`);
  }

  #readFirmware(member: MemberNode): string[] {
    const value = this.#evaluate(member.value);
    const words = Array.isArray(value) ? value : [value];
    const isRight = words.length > 0 &&
      words.every((word) => typeof word === "string" && word !== "");
    if (isRight) return words.map((word) => this.#resolve(word));
    const expected = "a path, or several in a list";
    this.#fail(member, "firmware", `is ${JSON.stringify(value)}, expected ${expected}`);
    return [];
  }

  /** A public key may stand in the place of its file. */
  #pathOf({ name }: JobField, value: unknown): string {
    const text = String(value);
    return name === "publicKey" && text.startsWith("RW") ? text : this.#resolve(text);
  }

  #resolve(path: string): string {
    return path === "-" || isAbsolute(path) ? path : join(dirname(this.#path), path);
  }

  #fail(member: MemberNode, name: string, message: string): void {
    const { line } = member.loc.start;
    this.#problems.push({ line, field: `$.${name}`, message });
  }
}

function nameOf({ name }: MemberNode): string {
  return name.type === "String" ? name.value : name.name;
}

function jobError(path: string, problems: readonly Problem[]): UsageError {
  const sentences = problems.map(({ line, field, message }) =>
    `Cannot use ${path}: line ${line}, ${field} ${message}`
  );
  const { line, field } = problems[0]!;
  return new UsageError(sentences[0]!, {
    hint: "docs/production-line.md tells every field, docs/job.schema.json checks them.",
    facts: { path, line, field, problems: sentences },
  });
}

/** The JSON Schema of job files: what docs/job.schema.json holds. */
export function jobSchema(): JsonSchema {
  const word = { type: "string", minLength: 1 };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Job of dfuse",
    description: "The settings of dfuse flash: dfuse flash job.json",
    type: "object",
    required: ["firmware"],
    additionalProperties: false,
    properties: {
      $schema: { type: "string" },
      firmware: {
        description: "The firmware file, or several; app.bin@0x08008000 says where one belongs.",
        anyOf: [word, { type: "array", items: word, minItems: 1 }],
      },
      ...Object.fromEntries(
        JOB_FIELDS.map((field) => [
          fileNameOf(field),
          { description: field.description, ...field.schema },
        ]),
      ),
    },
  };
}
