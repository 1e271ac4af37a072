/** What the reader of a text can see: decided once, where a command starts, and handed to every renderer. */
export interface Style {
  readonly color: boolean;
  /** Whether block characters may be used; otherwise ASCII only. */
  readonly blocks: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** For pipes, files and tests. */
export const PLAIN_STYLE: Style = { color: false, blocks: false, columns: 80 };

/** SGR parameters (ECMA-48 §8.3.117). Colour never carries meaning alone: the words say it too. */
const SGR = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  // Bright: the plain ones are hard to read on black.
  blue: [94, 39],
  magenta: [95, 39],
  cyan: [36, 39],
} as const;

export type Paint = keyof typeof SGR;

/** Text in a colour or weight, where the style has colours. */
export function paint(style: Style, how: Paint, text: string): string {
  if (!style.color || text === "") return text;
  const [on, off] = SGR[how];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

/** The style for an output: colours on a terminal only, and never with NO_COLOR. */
export function styleOf(
  output: { isTerminal(): boolean },
  environment: { get(name: string): string | undefined } = Deno.env,
): Style {
  const terminal = output.isTerminal() && environment.get("TERM") !== "dumb";
  const color = terminal && (environment.get("NO_COLOR") ?? "") === "";
  return { color, blocks: color, columns: terminal ? terminalColumns() : PLAIN_STYLE.columns };
}

function terminalColumns(): number {
  try {
    const { columns } = Deno.consoleSize();
    // Serial consoles do not know theirs.
    return columns === 0 ? PLAIN_STYLE.columns : Math.max(20, columns);
  } catch {
    return PLAIN_STYLE.columns;
  }
}
