import type { BoardName } from "./boards.ts";
import { until } from "./bus.ts";
import { dfuseFile, FLASH, program } from "./firmware.ts";
import type { Guest } from "./guest.ts";
import { expect, expectBytes, expectText, type Step } from "./step.ts";

/** Long enough that one board leaves while the others are still being written to. */
const FILE = dfuseFile([{ address: FLASH, data: program(61, 60_000) }]);
const SHORT_FILE = dfuseFile([{ address: FLASH, data: program(62, 3_000) }]);

/** Behind the program, in a page that it shares with nothing. */
const SERIAL_ADDRESS = 0x0800F000;
const SERIAL_SIZE = 16;
const PLACES = [
  ...["--place", `serial=0x0${SERIAL_ADDRESS.toString(16)}:ascii:${SERIAL_SIZE}`],
  ...["--place", `number=0x0${(SERIAL_ADDRESS + SERIAL_SIZE).toString(16)}:counter:1000:7`],
];

/** The production line: many boards, of which the serial numbers are the same. */
export const stationSteps: readonly Step[] = [
  {
    name:
      "Seven boards by one command, of which two fail: the others pass, and all is in the journal",
    async run(guest) {
      const good: readonly BoardName[] = ["clone1", "clone2", "clone3", "clone4", "clone5"];
      const paths: string[] = [];
      for (const board of good) paths.push(await guest.attach(board));
      const protectedPath = await guest.attach("writeProtected");
      const unsteadyPath = await guest.attach("unsteady");
      const file = await guest.write("file.dfu", FILE);
      const journal = guest.path("line.jsonl");
      const names = ["--port-name", `${paths[1]}=B`, "--port-name", `${unsteadyPath}=bad fixture`];
      const args = ["flash", file, "--all", "--no-leave", "--journal", journal, "--json", ...names];
      // That of the first one that did not pass: it was lost.
      const { stdout } = await guest.dfuse(args, { code: 6 });
      const events = linesOf(stdout);
      const inner = events.slice(1, -1);
      expect(inner.every(({ port, path }) => Boolean(port && path)), "a port in each event");
      const ports = new Set(inner.map(({ port }) => port));
      expect(ports.size === 7 && ports.has("B") && ports.has("bad fixture"), "seven ports");
      expectSame(events.at(-1), { passed: 5, failed: 2, interrupted: 0, exitCode: 6 });
      const lines = linesOf(new TextDecoder().decode(await guest.read("line.jsonl")));
      expect(lines.length === 7 && new Set(lines.map(({ id }) => id)).size === 7, "seven attempts");
      for (const path of paths) expect(resultAt(lines, path) === "passed", `a pass at ${path}`);
      expect(resultAt(lines, protectedPath) === "failed 7", "the difference to be found");
      expect(resultAt(lines, unsteadyPath) === "failed 6", "the loss to be told");
      for (const path of paths.slice(0, 2)) await guest.dfuse(["verify", file, "--device", path]);
    },
  },
  {
    name: "Two boards at once, each with values of its own",
    async run(guest) {
      const paths = [await guest.attach("clone6"), await guest.attach("clone7")];
      const file = await guest.write("short.dfu", SHORT_FILE);
      const units = await guest.write("units.csv", utf8("serial\nA-1\nA-2\nA-3\n"));
      const journal = guest.path("units.jsonl");
      const data = ["--unit-data", units, ...PLACES];
      const args = ["flash", file, "--all", "--no-leave", ...data];
      await guest.dfuse([...args, "--journal", journal]);
      const lines = linesOf(new TextDecoder().decode(await guest.read("units.jsonl")));
      const given = lines.map(({ unit }) => unit.serial).sort().join();
      expect(given === "A-1,A-2", `the first two rows, not ${given}`);
      for (const path of paths) {
        const { unit } = lines.find((line) => line.path === path)!;
        expectBytes(await readUnit(guest, path), unitBytes(unit));
      }
      // One row is left, for two boards.
      const few = await guest.dfuse(args, { code: 4 });
      expectText(few.stderr, "for 1 only");
    },
  },
  {
    name: "Boards come and go at a watched port, until Ctrl-C",
    async run(guest) {
      const file = await guest.write("file.dfu", FILE);
      const journal = guest.path("watch.jsonl");
      const options = ["--watch", "--no-leave", "--journal", journal, "--json"];
      const watching = guest.startDfuse(["flash", file, ...options, "--port-name", "1-1=A"]);
      const sees = (what: string, count: number, at: Record<string, unknown>) =>
        until(what, () => {
          const seen = linesOf(watching.printed()).filter((line) => holds(line, at));
          return Promise.resolve(seen.length >= count || undefined);
        });
      const passed = { event: "attempt", port: "A", result: "passed" };
      await guest.attach("clone1");
      await sees("the first pass", 1, passed);
      await guest.detach("1-1");
      await sees("an empty port", 1, { event: "port", port: "A", state: "waiting" });
      await guest.attach("clone8");
      await sees("the second pass", 2, passed);
      await guest.attach("clone2");
      await sees("a pass beside it", 1, { ...passed, port: "1-2" });
      watching.interrupt();
      const events = linesOf((await watching.finish()).stdout);
      expectSame(events.at(-2), { event: "stopping" });
      expectSame(events.at(-1), { event: "totals", passed: 3, failed: 0, exitCode: 0 });
      const lines = linesOf(new TextDecoder().decode(await guest.read("watch.jsonl")));
      const ports = lines.map(({ port }) => port).join();
      expect(ports === "A,A,1-2", `a line for each attempt, not ${ports}`);
      await guest.dfuse(["verify", file, "--device", "1-1"]);
    },
  },
  {
    name: "A program that is started leaves its port, and the next board is flashed there",
    async run(guest) {
      const file = await guest.write("short.dfu", SHORT_FILE);
      const watching = guest.startDfuse(["flash", file, "--watch"]);
      for (const [index, board] of (["clone3", "clone4"] as const).entries()) {
        const path = await guest.attach(board);
        await until(`pass ${index + 1}`, () => {
          const passes = watching.printed().split(`${path}  PASS`).length - 1;
          return Promise.resolve(passes > index || undefined);
        });
        await guest.left(path);
        // Whoever comes back within a second is taken for the one that was there.
        await new Promise((resolve) => setTimeout(resolve, CHANGE_MS));
      }
      watching.interrupt();
      expectText((await watching.finish()).stdout, "2 passed, 0 failed");
    },
  },
];

/** Nobody changes boards faster. */
const CHANGE_MS = 1_500;

// deno-lint-ignore no-explicit-any
type Line = Record<string, any>;

/** What was printed as lines of JSON, as far as they are complete. */
function linesOf(text: string): Line[] {
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line));
}

function holds(line: Line, wanted: Line): boolean {
  return Object.entries(wanted).every(([key, value]) => line[key] === value);
}

function expectSame(line: Line | undefined, wanted: Line): void {
  expect(line !== undefined && holds(line, wanted), `${json(wanted)} in ${json(line)}`);
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** `passed`, or `failed` with the exit code. */
function resultAt(lines: readonly Line[], path: string): string | undefined {
  const [line, ...more] = lines.filter((line) => line.path === path);
  expect(line !== undefined && more.length === 0, `one attempt at ${path}`);
  return line.error === undefined ? line.result : `${line.result} ${line.error.exitCode}`;
}

/** The values of a board, as they are in its memory. */
async function readUnit(guest: Guest, path: string): Promise<Uint8Array> {
  const out = guest.path("unit.bin");
  const where = ["--address", `${SERIAL_ADDRESS}`, "--size", `${SERIAL_SIZE + 4}`, "--force"];
  await guest.dfuse(["read", out, "--device", path, ...where]);
  return await guest.read("unit.bin");
}

function unitBytes(unit: { readonly serial: string; readonly number: string }): Uint8Array {
  const bytes = new Uint8Array(SERIAL_SIZE + 4);
  bytes.set(utf8(unit.serial));
  new DataView(bytes.buffer).setUint32(SERIAL_SIZE, Number(unit.number), true);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
