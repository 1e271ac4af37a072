/** Which dfuse this is. What is absent is not known when it runs from source. */
export interface Build {
  readonly version: string;
  /** Short hash, with `+changes` if the working tree differed from it. */
  readonly commit?: string;
  /** Day of the build in UTC: `2025-01-31`. */
  readonly date?: string;
  /** The platform that it was built for, as `deno compile` names it. */
  readonly target?: string;
}

/** Whether a command line asks for nothing but the version. */
export function isVersionRequest(args: readonly string[]): boolean {
  return args.length === 1 && (args[0] === "--version" || args[0] === "-V");
}

/** The line that `dfuse --version` prints. */
export function renderVersion(build: Build): string {
  const { version, commit, date, target } = build;
  const origin = commit === undefined
    ? "from source"
    : [`commit ${commit}`, date, target].filter((part) => part !== undefined).join(", ");
  return `dfuse ${version} (${origin})\n`;
}
