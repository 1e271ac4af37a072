import { CompletionsCommand } from "@cliffy/command/completions";
import type { AnyCommand } from "./plan_options.ts";

/** `dfuse completions`: a script for the user's shell, which asks dfuse for parts and devices. */
export function completionsCommand(): AnyCommand {
  const command = new CompletionsCommand() as unknown as AnyCommand;
  return command
    .description("Print a script that completes the command line: for bash, zsh or fish.")
    .example("bash, in ~/.bashrc", "source <(dfuse completions bash)")
    .example("zsh, in ~/.zshrc after compinit", "source <(dfuse completions zsh)")
    .example("fish, in ~/.config/fish/config.fish", "dfuse completions fish | source");
}
