import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FirmwareError } from "../../src/errors.ts";
import { openInputFile, StreamedFile } from "../../src/firmware/input_file.ts";
import { buildDfuse, concat, countingBytes, lend } from "../helpers/firmware_files.ts";

Deno.test("openInputFile() reads a file and parts of it again", async () => {
  const bytes = countingBytes(600_000);
  await withFolder(async (folder) => {
    const path = `${folder}/firmware.bin`;
    await Deno.writeFile(path, bytes);
    const input = openInputFile(path);
    assertEquals(input.name, path);
    const chunks: Uint8Array[] = [];
    for await (const chunk of input.chunks()) chunks.push(chunk.slice());
    assert(chunks.length > 1);
    assertEquals(concat(...chunks), bytes);
    const again = new Uint8Array(300_001);
    input.readAgain(299_999, again);
    assertEquals(again, bytes.slice(299_999));
    input.close();
  });
});

Deno.test("openInputFile() takes bytes that are in memory in place of the file", async () => {
  const bytes = countingBytes(1_000);
  const input = openInputFile("no/such/file", { bytes });
  assertEquals(input.name, "no/such/file");
  assertEquals(openInputFile("-", { bytes }).name, "standard input");
  for (const chunks of [input.chunks(), input.chunksAgain()]) {
    assertEquals(concat(...await Array.fromAsync(chunks)), bytes);
  }
  const again = new Uint8Array(300);
  input.readAgain(299, again);
  assertEquals(again, bytes.slice(299, 599));
});

Deno.test({
  name: "openInputFile() says why a path cannot be opened, and leaves nothing open",
  sanitizeResources: true,
  fn: async () => {
    await withFolder(async (folder) => {
      await Deno.writeFile(`${folder}/file`, countingBytes(1));
      const cases = [
        [`${folder}/missing`, `Cannot open ${folder}/missing: there is no such file`],
        [folder, `Cannot read ${folder}: it is a directory, expected a file`],
      ] as const;
      for (const [path, expected] of cases) {
        const error = assertThrows(() => openInputFile(path), FirmwareError);
        assertEquals(error.message, expected);
        assertEquals(error.facts, { path });
        assert(error.hint !== undefined);
      }
      const error = assertThrows(() => openInputFile(`${folder}/file/inside`), FirmwareError);
      assertStringIncludes(error.message, `Cannot open ${folder}/file/inside: `);
    });
  },
});

Deno.test({
  name: "openInputFile() says when the file may not be read",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/secret`;
      await Deno.writeFile(path, countingBytes(1), { mode: 0o000 });
      const error = assertThrows(() => openInputFile(path), FirmwareError);
      assertEquals(error.message, `Cannot open ${path}: permission denied`);
    }),
});

Deno.test("openInputFile() says when the file shrinks before it is read again", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/firmware.bin`;
    await Deno.writeFile(path, countingBytes(100));
    const input = openInputFile(path);
    await Deno.truncate(path, 90);
    const error = assertThrows(() => input.readAgain(80, new Uint8Array(20)), FirmwareError);
    assertStringIncludes(error.message, "it has become shorter while it was read");
    assertEquals(error.facts, { offset: 90 });
    input.close();
  });
});

Deno.test("openInputFile() reads standard input, and a path that is a pipe", async () => {
  const elements = [
    { address: 0x08000100, data: countingBytes(70_000) },
    { address: 0x08000000, data: countingBytes(3) },
  ];
  const file = buildDfuse({ targets: [{ elements }] });
  const paths = Deno.build.os === "windows" ? ["-"] : ["-", "/dev/stdin"];
  for (const path of paths) {
    assertEquals(await summarizeInProcess(path, file), {
      segments: [{ address: 0x08000000, size: 3 }, { address: 0x08000100, size: 70_000 }],
      blanks: [],
    });
  }
});

Deno.test("StreamedFile remembers 16 MiB and no more", async () => {
  const chunk = countingBytes(2 ** 20);
  const chunks = Array.from({ length: 16 }, () => chunk);
  const into = new Uint8Array(4);
  const remembered = await readToEnd(chunks);
  remembered.readAgain(2 ** 24 - 4, into);
  assertEquals([...into], [252, 253, 254, 255]);
  const forgotten = await readToEnd([...chunks, countingBytes(1)]);
  const error = assertThrows(() => forgotten.readAgain(0, into), FirmwareError);
  assertEquals(
    error.message,
    "Cannot read a pipe: its elements are not in order of address, and it is a stream of more " +
      "than 16 MiB, expected a file that can be read twice",
  );
  assertStringIncludes(error.hint ?? "", "path");
});

async function readToEnd(chunks: readonly Uint8Array[]): Promise<StreamedFile> {
  const input = new StreamedFile(lend(chunks), { name: "a pipe" });
  for await (const _ of input.chunks());
  return input;
}

/** The outline of a file that another process reads from its standard input. */
async function summarizeInProcess(path: string, file: Uint8Array): Promise<unknown> {
  const module = new URL("../../src/firmware/summarize.ts", import.meta.url).href;
  const code = `import { summarizeFile } from ${JSON.stringify(module)};
    const { images } = await summarizeFile(${JSON.stringify(path)});
    console.log(JSON.stringify(images[0].outline));`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", code],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(file);
  await writer.close();
  const { stdout } = await process.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
