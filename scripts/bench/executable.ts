import { formatSize } from "../../src/format.ts";
import { compile, findCompiler, runDeno } from "../compile.ts";
import { findTarget } from "../targets.ts";
import { judge, measureProcesses, printTable, type ProcessFigures } from "./measure.ts";

const MOST_VERSION = 1.3;
const MOST_PLAN = 1.8;
const MOST_EXTRA_SIZE = 8_000_000;
const RUNS = 31;

/**
 * The compiled executable against an empty program that was compiled by the same deno, in the same run; other tools for
 * orientation, where they are installed: `dfu-util`, and the pydfu.py that `DFUSE_BENCH_PYDFU` names.
 */
export async function benchExecutable(): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const [dfuse, empty] = [`${folder}/dfuse`, `${folder}/empty`];
    await build(folder, { dfuse, empty });
    const plan = [dfuse, "plan", "examples/example.dfu", "--chip", "stm32f405"];
    const others = await otherTools();
    const [none, ...figures] = await measureProcesses(
      [[empty], [dfuse, "--version"], plan, ...others],
      RUNS,
    );
    const [version, planned, ...rest] = figures;
    printTable([
      ["executable", "wall", "over empty", "peak memory", "over empty"],
      row("empty program", none!, none!),
      row("dfuse --version", version!, none!, MOST_VERSION),
      row("dfuse plan", planned!, none!, MOST_PLAN),
      ...others.map((command, index) => row(command.join(" "), rest[index]!, none!)),
    ]);
    const [size, emptySize] = [(await Deno.stat(dfuse)).size, (await Deno.stat(empty)).size];
    const extra = size - emptySize;
    console.log(
      `\nSize: ${formatSize(size)}, ${formatSize(extra)} more than the empty program ` +
        `(at most ${formatSize(MOST_EXTRA_SIZE)})${extra > MOST_EXTRA_SIZE ? " MISSED" : ""}`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function build(folder: string, outputs: { readonly dfuse: string; readonly empty: string }) {
  const target = findTarget(Deno.build.target);
  const compiler = await findCompiler(target);
  await compile(target, { output: outputs.dfuse, compiler });
  await Deno.writeTextFile(`${folder}/empty.js`, "");
  const flags = ["--quiet", "--no-config", "--no-lock", `--output=${outputs.empty}`];
  await runDeno(compiler, ["compile", ...flags, `${folder}/empty.js`]);
}

function row(
  name: string,
  figures: ProcessFigures,
  none: ProcessFigures,
  most?: number,
): readonly string[] {
  const over = (value: number) => most === undefined ? value.toFixed(2) : judge(value, most);
  return [
    name,
    `${figures.wallMs.toFixed(0)} ms`,
    over(figures.wallMs / none.wallMs),
    formatSize(figures.peakSize),
    over(figures.peakSize / none.peakSize),
  ];
}

/** The commands of other tools that start here. */
async function otherTools(): Promise<string[][]> {
  const pydfu = Deno.env.get("DFUSE_BENCH_PYDFU");
  const tools = [
    ["dfu-util", "--version"],
    ...(pydfu === undefined ? [] : [["python3", pydfu, "--help"]]),
  ];
  const starts = await Promise.all(tools.map(async ([program, ...args]) => {
    try {
      const { success } = await new Deno.Command(program!, { args, stdout: "null", stderr: "null" })
        .output();
      return success;
    } catch {
      return false;
    }
  }));
  return tools.filter((_, index) => starts[index]);
}
