import config from "./deno.json" with { type: "json" };
import { endOutput, processOutput } from "./src/cli/output.ts";
import { ExitCode } from "./src/errors.ts";
import { type Build, isVersionRequest, renderVersion } from "./src/cli/version.ts";

/** Runs dfuse as this process, and ends it. */
export async function main(build: Build): Promise<never> {
  const output = processOutput();
  if (isVersionRequest(Deno.args)) {
    output.out(renderVersion(build));
    Deno.exit(endOutput(output, { exitCode: ExitCode.done, json: false }));
  }
  // Not needed to say the version, and most of what there is to load.
  const { run } = await import("./src/cli/run.ts");
  const exitCode = await run(Deno.args, { output, build });
  Deno.exit(endOutput(output, { exitCode, json: Deno.args.includes("--json") }));
}

if (import.meta.main) await main({ version: config.version });
