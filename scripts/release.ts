/**
 * `deno task release`: the executables of all platforms, the man page and SHA256SUMS, in dist/release/. It takes
 * Deno's own runtimes and the packages of JSR, or fails: what only serves to build and test elsewhere is not released.
 */
import { createHash } from "node:crypto";
import { compile, hasRuntime, packageFlags, runDeno } from "./compile.ts";
import { type Target, TARGETS } from "./targets.ts";
import { fromFileUrl } from "./tasks.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const folder = `${root}dist/release/`;

async function release(): Promise<void> {
  await checkSources();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const compiler = { deno: Deno.execPath() };
  for (const target of TARGETS) {
    await compile(target, { output: folder + target.file, compiler });
    console.error(`dfuse: ${folder}${target.file}`);
  }
  const man = await runDeno(compiler, ["run", ...packageFlags(), "-A", "main.ts", "man"]);
  await Deno.writeTextFile(`${folder}dfuse.1`, man);
  const names = [...TARGETS.map((target) => target.file), "dfuse.1"];
  await Deno.writeTextFile(`${folder}SHA256SUMS`, await sumsOf(folder, names));
}

/** What `sha256sum --check` reads: a line for each file, in the order given. */
export async function sumsOf(folder: string, names: readonly string[]): Promise<string> {
  const lines = await Promise.all(names.map(async (name) => {
    const sum = createHash("sha256").update(await Deno.readFile(`${folder}/${name}`)).digest("hex");
    return `${sum}  ${name}\n`;
  }));
  return lines.join("");
}

async function checkSources(): Promise<void> {
  const problem = findProblem(packageFlags(), await missingRuntimes());
  if (problem !== undefined) throw new Error(problem);
}

async function missingRuntimes(): Promise<Target[]> {
  const has = await Promise.all(TARGETS.map(hasRuntime));
  return TARGETS.filter((_, index) => !has[index]);
}

/** Why nothing can be released from these packages, without these runtimes; undefined if it can. */
export function findProblem(
  packages: readonly string[],
  missing: readonly Target[],
): string | undefined {
  if (packages.some((flag) => flag.startsWith("--import-map="))) {
    return "Cannot release: the packages are stand-ins, expected those of JSR";
  }
  if (missing.length === 0) return undefined;
  const triples = missing.map((target) => target.triple).join(", ");
  return `Cannot release: dl.deno.land has no runtime of Deno ${Deno.version.deno} for ${triples}, ` +
    "or does not answer";
}

if (import.meta.main) {
  try {
    await release();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
