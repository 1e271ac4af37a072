import { assert, assertEquals } from "@std/assert";
import { endOutput, type Output, printResult, processOutput } from "../../src/cli/output.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { inFolder } from "../station/folder.ts";
import { dfuseCommand, projectRoot, runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = "examples/example.dfu";
const CHIP = "stm32f405";

/** What is told where a disk is full behind standard output. */
const FULL = [
  "error: Cannot write the output: the disk is full",
  "hint: Nothing else failed. Send it to a file on a disk that has space.",
  "exit code 8",
];

const isLinux = Deno.build.os === "linux";

/** Runs command lines of a shell, in which `dfuse` is ours, and gives the lines that reach its standard error. */
async function runInShell(...commands: readonly string[]): Promise<string[]> {
  const start = dfuseCommand().map((word) => `'${word}'`).join(" ");
  const script = [`dfuse() { ${start} "$@"; }`, ...commands].join("\n");
  const { stderr } = await new Deno.Command("bash", {
    args: ["-c", script],
    cwd: projectRoot,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr).trimEnd().split("\n");
}

const TELL_CODE = '; echo "exit code $?" >&2';

/** Whether the simulated part of an image file holds the example. */
async function isFlashed(image: string): Promise<boolean> {
  const spec = `${CHIP},image=${image}`;
  return (await runDfuse(["verify", EXAMPLE, "--simulate", spec, "--quiet"])).code === 0;
}

for (const option of ["", "--json", "--quiet"]) {
  Deno.test({
    name: `dfuse flash ${option} finishes the board where its output is full`,
    ignore: !isLinux,
    fn: () =>
      inFolder(async (folder) => {
        const image = `${folder}/board.img`;
        const flash = `dfuse flash ${EXAMPLE} --simulate ${CHIP},image=${image} ${option}`;
        const lines = await runInShell(`${flash} > /dev/full ${TELL_CODE}`);
        assert(await isFlashed(image));
        if (option === "--quiet") return assertEquals(lines, ["exit code 0"]);
        assertEquals(lines.slice(-3), FULL);
        // Whoever looks for the result finds it, as it is not where it should be.
        const text = lines.slice(0, -3).join(" ").replaceAll(/ +/g, " ");
        assert(/Done: 80 KiB erased, .* The program was started\.$/.test(text), text);
      }),
  });
}

Deno.test({
  name: "dfuse flash --json finishes the board where its file is full in the middle of an event",
  ignore: !isLinux,
  fn: () =>
    inFolder(async (folder) => {
      const [image, events] = [`${folder}/board.img`, `${folder}/events.jsonl`];
      const flash = `dfuse flash ${EXAMPLE} --json --simulate ${CHIP}`;
      await runInShell(`${flash} > ${events}`);
      const all = await Deno.readTextFile(events);
      const room = all.indexOf('"progress","stage":"verify"');
      assert(room > 0);
      // The shell limits files in kibibytes: so much is there already that the limit is reached where it is wanted.
      const limitKib = 64 * 1024;
      await Deno.writeFile(events, new Uint8Array(0));
      await Deno.truncate(events, limitKib * 1024 - room);
      const lines = await runInShell(
        `trap '' XFSZ; ulimit -f ${limitKib}`,
        `${flash},image=${image} >> ${events} ${TELL_CODE}`,
      );
      assertEquals((await Deno.readTextFile(events)).slice(-room), all.slice(0, room));
      assert(
        lines.at(-3)!.startsWith("error: Cannot write the output: File too large"),
        lines.join(),
      );
      assertEquals(lines.at(-1), "exit code 8");
      assert(await isFlashed(image));
    }),
});

for (const option of ["", "--json"]) {
  Deno.test({
    name:
      `dfuse flash ${option} finishes the board where its reader has gone, and says nothing of it`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inFolder(async (folder) => {
        const image = `${folder}/board.img`;
        const flash = `dfuse flash ${EXAMPLE} --simulate ${CHIP},image=${image} ${option}`;
        const lines = await runInShell(`{ ${flash} ${TELL_CODE}; } | true`);
        assertEquals(lines.at(-1), "exit code 0");
        assert(
          lines.every((line) => !line.includes("error") && !line.includes("Done")),
          lines.join(),
        );
        assert(await isFlashed(image));
      }),
  });
}

Deno.test({
  name: "A flash that fails keeps its exit code and is told of, wherever its output goes",
  ignore: !isLinux,
  fn: async () => {
    const flash = `dfuse flash ${EXAMPLE} --simulate ${CHIP},fault=disconnect@60`;
    const full = await runInShell(`${flash} --json > /dev/full ${TELL_CODE}`);
    assert(full[0]!.startsWith("error: ") && full.join(" ").includes("Failed after"), full.join());
    assertEquals(full.at(-3), FULL[0]);
    assertEquals(full.at(-1), "exit code 6");
    const closed = await runInShell(`{ ${flash} --json ${TELL_CODE}; } | true`);
    assert(closed[0]!.startsWith("error: "), closed.join());
    assertEquals(closed.at(-1), "exit code 6");
    const silent = await runInShell(`${flash} 3>&2 2> /dev/full >&3 ${TELL_CODE}`);
    assertEquals(silent.slice(-3), [
      "error: Cannot write to standard error: the disk is full",
      "hint: What is wrong stood there; the exit code is 6.",
      "exit code 6",
    ]);
  },
});

/** What a command says on standard error, as standard output has lost it. */
const WORDS: Readonly<Record<string, RegExp>> = {
  "erase --all": /Done: 1 MiB erased/,
  "read OUT": /Done: 1 MiB read/,
  [`verify ${EXAMPLE}`]: /Done: 31.6 KiB verified/,
  "options set BOR_LEV=0": /Done: written and read back/,
  "unprotect --yes --force": /Done: read protection is off/,
  "options": /^/,
};

for (const [words, expected] of Object.entries(WORDS)) {
  Deno.test({
    name: `dfuse ${words} does its work and ends with exit code 8 where its output is full`,
    ignore: !isLinux,
    fn: () =>
      inFolder(async (folder) => {
        for (const option of ["", "--json"]) {
          const image = `${folder}/board${option}.img`;
          const spec = `${CHIP},image=${image}`;
          await runDfuse(["flash", EXAMPLE, "--simulate", spec, "--no-leave"]);
          const file = `${folder}/read${option}.bin`;
          const command = `dfuse ${words.replace("OUT", file)} ${option} --simulate ${spec}`;
          const lines = await runInShell(`${command} > /dev/full ${TELL_CODE}`);
          assertEquals(lines.slice(-3), FULL);
          assert(expected.test(lines.slice(0, -3).join(" ")), lines.join("\n"));
          assertEquals(await isFlashed(image), words !== "erase --all");
          if (words === "read OUT") assertEquals((await Deno.stat(file)).size, 1024 * 1024);
        }
      }),
  });
}

Deno.test({
  name: "dfuse ends with exit code 8 where what it was asked for could not be printed",
  ignore: !isLinux,
  fn: async () => {
    for (const words of ["--version", `info ${EXAMPLE}`, `plan ${EXAMPLE} --chip ${CHIP} --json`]) {
      assertEquals(await runInShell(`dfuse ${words} > /dev/full ${TELL_CODE}`), FULL);
    }
    const failed = await runInShell(`dfuse info /nowhere --json > /dev/full ${TELL_CODE}`);
    assertEquals([failed.at(-1), failed.length], ["exit code 3", 5], failed.join("\n"));
    assertEquals(await runInShell(`dfuse info ${EXAMPLE} > /dev/full 2>&1 ${TELL_CODE}`), [
      "exit code 8",
    ]);
  },
});

Deno.test({
  name: "dfuse flash --all finishes every board where its output is full, and tells of each",
  ignore: !isLinux,
  fn: () =>
    inFolder(async (folder) => {
      for (const option of ["", "--json"]) {
        const spec = `${CHIP},count=2,image=${folder}/board${option}{unit}.img`;
        const journal = `${folder}/line${option}.jsonl`;
        const flash = `dfuse flash ${EXAMPLE} --all ${option} --journal ${journal}`;
        const lines = await runInShell(`${flash} --simulate ${spec} > /dev/full ${TELL_CODE}`);
        assertEquals(lines.slice(-3), FULL);
        const told = lines.slice(0, -3).filter((line) => /PASS|passed/.test(line)).sort();
        assertEquals(told.map((line) => line.split("  ").slice(0, 2).join(" ")), [
          "2 passed, 0 failed",
          "simulated-1 PASS",
          "simulated-2 PASS",
        ]);
        for (const unit of [1, 2]) assert(await isFlashed(`${folder}/board${option}${unit}.img`));
        const results = (await Deno.readTextFile(journal)).match(/"result":"passed"/g);
        assertEquals(results?.length, 2);
      }
    }),
});

Deno.test({
  name: "dfuse flash --watch begins no further board once nobody sees what becomes of it",
  ignore: !isLinux,
  fn: () =>
    inFolder(async (folder) => {
      const journal = `${folder}/line.jsonl`;
      const watch = `dfuse flash ${EXAMPLE} --watch --journal ${journal} ` +
        `--simulate ${CHIP},units=5,image=${folder}/board.img`;
      const full = await runInShell(`${watch} > /dev/full ${TELL_CODE}`);
      assertEquals(full.slice(-3), FULL);
      assert(full.some((line) => line.startsWith("1 passed, 0 failed")), full.join("\n"));
      assert(await isFlashed(`${folder}/board.img`));
      assertEquals((await Deno.readTextFile(journal)).match(/"result":"passed"/g)?.length, 1);
      // With --json already the first event is lost: no board is begun.
      const json = await runInShell(`${watch} --json > /dev/full ${TELL_CODE}`);
      assertEquals(json, ["0 passed, 0 failed", ...FULL]);
      assertEquals(await runInShell(`{ ${watch} --json ${TELL_CODE}; } | true`), ["exit code 0"]);
    }),
});

/** An output whose streams are lost as told; `printed` is what reached the other ones. */
function lostOutput(losses: Pick<Output, "outLoss" | "errLoss">) {
  const printed = { out: "", err: "" };
  const output: Output = {
    style: PLAIN_STYLE,
    errorStyle: PLAIN_STYLE,
    errorIsTerminal: false,
    out: (text) => printed.out += losses.outLoss === undefined ? text : "",
    err: (text) => printed.err += losses.errLoss === undefined ? text : "",
    ...losses,
  };
  return { output, printed };
}

Deno.test("processOutput() writes nothing behind a gap, and tells why there is one", () => {
  const { writeSync } = Deno.stdout;
  const written: string[] = [];
  const errors = [new Error("no space"), new Deno.errors.BrokenPipe("gone")];
  const outputs = errors.map((error) => {
    let isFull = false;
    Deno.stdout.writeSync = (bytes) => {
      if (isFull) throw error;
      // A disk takes a part of what fills it up.
      written.push(new TextDecoder().decode(bytes.subarray(0, 3)));
      isFull = bytes.length > 3;
      return Math.min(3, bytes.length);
    };
    try {
      const output = processOutput();
      output.out("abc");
      assertEquals(output.outLoss, undefined);
      output.out("defg");
      isFull = false;
      output.out("hi");
      return output;
    } finally {
      Deno.stdout.writeSync = writeSync;
    }
  });
  assertEquals(written, ["abc", "def", "abc", "def"]);
  assertEquals(outputs.map(({ outLoss }) => outLoss), [
    { kind: "failed", reason: "no space" },
    { kind: "closed" },
  ]);
  assertEquals(outputs.map(({ errLoss }) => errLoss), [undefined, undefined]);
});

Deno.test("printResult() prints once, where somebody reads it", () => {
  const failed = { kind: "failed", reason: "the disk is full" } as const;
  const closed = { kind: "closed" } as const;
  const results = [undefined, failed, closed].map((outLoss) =>
    [false, true].map((isFailure) => {
      const { output, printed } = lostOutput({ outLoss });
      printResult(output, "{}\n", { words: "Done\n", isFailure });
      return printed.out + printed.err;
    })
  );
  assertEquals(results, [["{}\n", "{}\n"], ["Done\n", "Done\n"], ["", "Done\n"]]);
});

Deno.test("endOutput() gives the exit code of the work, unless only its output was lost", () => {
  const failed = { kind: "failed", reason: "the disk is full" } as const;
  const closed = { kind: "closed" } as const;
  const codes = (losses: Pick<Output, "outLoss" | "errLoss">) =>
    ([0, 5] as const).map((exitCode) => {
      const { output, printed } = lostOutput(losses);
      const code = endOutput(output, { exitCode, json: false });
      const told = [printed.out, printed.err].map((text) => text.split("\n")[0]);
      return [code, ...told];
    });
  const outError = "error: Cannot write the output: the disk is full";
  const errError = "error: Cannot write to standard error: the disk is full";
  assertEquals(codes({}), [[0, "", ""], [5, "", ""]]);
  assertEquals(codes({ outLoss: closed }), [[0, "", ""], [5, "", ""]]);
  assertEquals(codes({ errLoss: closed }), [[0, "", ""], [5, "", ""]]);
  assertEquals(codes({ outLoss: failed }), [[8, "", outError], [5, "", outError]]);
  assertEquals(codes({ errLoss: failed }), [[0, "", ""], [5, errError, ""]]);
  assertEquals(codes({ outLoss: failed, errLoss: failed }), [[8, "", ""], [5, "", ""]]);
});
