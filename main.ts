import config from "./deno.json" with { type: "json" };
import { printOnly, processOutput } from "./src/cli/output.ts";
import { type Build, isVersionRequest, renderVersion } from "./src/cli/version.ts";

/** Runs dfuse as this process, and ends it. */
export async function main(build: Build): Promise<never> {
  const output = processOutput();
  if (isVersionRequest(Deno.args)) {
    Deno.exit(printOnly(output, renderVersion(build)));
  }
  // Not needed to say the version, and most of what there is to load.
  const { run } = await import("./src/cli/run.ts");
  Deno.exit(await run(Deno.args, { output, build }));
}

if (import.meta.main) await main({ version: config.version });
