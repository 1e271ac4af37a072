import { Command } from "@cliffy/command";
import { addressType, choiceType, sizeType } from "./value_types.ts";

/**
 * A command that knows the types of dfuse's own values: `address`, `size`, `erase`, and what a shell may offer for
 * `erase`, a `chip` or a `device`.
 */
export function createCommand() {
  return new Command()
    .type("address", addressType)
    .type("size", sizeType)
    .type("erase", choiceType(ERASE_MODES))
    .complete("erase", () => [...ERASE_MODES])
    .complete("chip", async () => (await import("./completion_words.ts")).chipWords())
    .complete("device", async () => await (await import("./completion_words.ts")).deviceWords());
}

/** How much is erased before a file is written. */
const ERASE_MODES = ["needed", "touched", "all", "none"] as const;
