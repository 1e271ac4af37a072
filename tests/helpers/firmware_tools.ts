/** Programs of others that tests compare with: GNU binutils and dfu-util, both packaged by Debian. */

/** Where each program may be called otherwise. */
const NAMES = {
  objcopy: ["arm-none-eabi-objcopy", "objcopy"],
  objdump: ["arm-none-eabi-objdump", "objdump"],
  "dfu-suffix": ["dfu-suffix"],
} as const;

export type Tool = keyof typeof NAMES;

/**
 * A test that needs programs of others. Without them it is left out, with a line that says how to get them; in CI it
 * fails.
 */
export function toolTest(name: string, tools: readonly Tool[], fn: () => Promise<void>): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  const ignore = missing.length > 0 && Deno.env.get("CI") !== "true";
  if (ignore) {
    console.log(
      `Left out, ${missing.join(" and ")} not found (apt-get install binutils dfu-util): ${name}`,
    );
  }
  Deno.test({ name, ignore, fn });
}

/** Runs a program, which must succeed, and gives its standard output. */
export async function runTool(tool: Tool, args: readonly string[]): Promise<string> {
  const program = findTool(tool);
  if (program === undefined) throw new Error(`${tool} is not installed`);
  const output = await new Deno.Command(program, { args: [...args] }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!output.success) throw new Error(`${program} ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout!;
}

/** The name under which a program is installed. */
export function findTool(tool: Tool): string | undefined {
  return NAMES[tool].find((name) => {
    try {
      return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  });
}

/** Runs something in a folder of its own. */
export async function withTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
