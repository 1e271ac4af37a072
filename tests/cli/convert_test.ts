import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildHex } from "../helpers/firmware_formats.ts";
import { withTempFolder } from "../helpers/firmware_tools.ts";
import { projectRoot, runDfuse } from "../helpers/run_dfuse.ts";

const EXAMPLE = `${projectRoot}examples/example.dfu`;

Deno.test("dfuse convert takes a .dfu file apart and builds it again, byte for byte", async () => {
  await withTempFolder(async (cwd) => {
    const steps = [
      [EXAMPLE, "a.hex"],
      ["a.hex", "b.out", "--to", "srec"],
      ["b.out", "c.uf2", "--family", "STM32F4"],
      [
        "c.uf2",
        "d.dfu",
        ...["--vid", "0483", "--pid", "0xDF11", "--alternate", "0"],
        ...["--target-name", "Internal Flash"],
      ],
    ];
    for (const step of steps) {
      const run = await runDfuse(["convert", ...step], { cwd });
      assertEquals([run.code, run.stderr], [0, ""]);
    }
    assertEquals(await Deno.readFile(`${cwd}/d.dfu`), await Deno.readFile(EXAMPLE));
    const files = [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
    assertEquals(files, ["a.hex", "b.out", "c.uf2", "d.dfu"]);
  });
});

Deno.test("dfuse convert puts files together, and tells what it wrote", async () => {
  await withTempFolder(async (cwd) => {
    await Deno.writeFile(`${cwd}/a@b.bin`, new Uint8Array(16));
    await Deno.writeFile(`${cwd}/c.bin`, new Uint8Array(16).fill(1));
    const args = ["a@b.bin@0x08000000", "c.bin@0x08000018", "out.bin", "--fill", "0xFF"];
    const run = await runDfuse(["convert", ...args], { cwd });
    assertEquals(run.stdout, "out.bin: 32 B of firmware in 2 segments, 40 B\n");
    assertEquals([...(await Deno.readFile(`${cwd}/out.bin`)).slice(14, 26)], [
      ...[0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1],
    ]);
    const again = await runDfuse(["convert", ...args], { cwd });
    assertEquals(again.code, 2);
    assertStringIncludes(again.stderr, "Cannot write out.bin: it exists");
    assertEquals((await runDfuse(["convert", ...args, "--force", "-q"], { cwd })).stdout, "");
  });
});

Deno.test("dfuse convert does not take standard output for a file", async () => {
  await withTempFolder(async (cwd) => {
    const run = await runDfuse(["convert", EXAMPLE, "-", "--to", "hex"], { cwd });
    assertEquals(run.code, 2);
    assertStringIncludes(run.stderr, "Cannot write to standard output: expected a file name");
    assertEquals([...Deno.readDirSync(cwd)], []);
  });
});

Deno.test("dfuse convert reads a file whose name ends like an address", async () => {
  await withTempFolder(async (cwd) => {
    await Deno.writeFile(`${cwd}/a@0x10`, new Uint8Array(16));
    const without = await runDfuse(["convert", "a@0x10", "x.hex"], { cwd });
    assertEquals(without.code, 2);
    assertStringIncludes(without.stderr, "Cannot place a@0x10: the file has no addresses");
    const placed = await runDfuse(["convert", "a@0x10@0x20", "x.hex"], { cwd });
    assertEquals(placed.code, 0, placed.stderr);
  });
});

Deno.test("dfuse convert takes the image of one alternate setting", async () => {
  await withTempFolder(async (cwd) => {
    await Deno.writeFile(`${cwd}/a.bin`, new Uint8Array(16));
    await runDfuse(["convert", "a.bin@0", "one.dfu", "-a", "1"], { cwd });
    const missing = await runDfuse(["convert", "one.dfu", "x.bin", "-a", "2"], { cwd });
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stderr, "Cannot take alternate 2: the file has images for 1 only");
    const run = await runDfuse(["convert", "one.dfu", "x.bin", "-a", "1"], { cwd });
    assertEquals(run.code, 0, run.stderr);
    assertEquals(await Deno.readFile(`${cwd}/x.bin`), new Uint8Array(16));
  });
});

const WRONG: readonly (readonly [args: readonly string[], says: string])[] = [
  [[EXAMPLE], "expected IN and OUT"],
  [[EXAMPLE, "x.xyz"], "expected .dfu, .bin, .hex"],
  [[EXAMPLE, "x", "--to", "elf"], 'Cannot write format "elf"'],
  [[EXAMPLE, "x.bin"], "there are gaps"],
  [[EXAMPLE, "x.bin", "--fill", "256"], "expected a byte"],
  [[EXAMPLE, "x.hex", "--fill", "0"], "Cannot fill gaps of a hex file"],
  [[EXAMPLE, "x.hex", "--vid", "1"], "Cannot use --vid for a hex file, expected a dfu file"],
  [[EXAMPLE, "x.dfu", "--vid", "12345"], "Cannot use --vid 12345"],
  [
    [EXAMPLE, "x.dfu", "--family", "STM32F4"],
    "Cannot use --family for a dfu file, expected a uf2 file",
  ],
  [[EXAMPLE, "x.uf2", "--family", "F4"], 'Cannot use family "F4"'],
  [[EXAMPLE, "x.dfu", "--alternate", "256"], "Cannot use alternate setting 256"],
  [[EXAMPLE, "x.dfu", "--address", "0"], "it is a DfuSe file"],
  [["a@0", "b@0", "x.dfu", "--address", "0"], "Cannot put several files at one address"],
  [["a@0", "x.dfu", "--address", "0"], "Cannot put a@0 at two addresses"],
  [["README.md", "x.dfu"], "the file has no addresses"],
];

for (const [args, says] of WRONG) {
  Deno.test(`dfuse convert ${args.join(" ").replace(EXAMPLE, "FILE")} is refused`, async () => {
    const run = await runDfuse(["convert", ...args]);
    assertEquals([run.code, run.stdout], [2, ""]);
    assertStringIncludes(run.stderr.replaceAll("\n  ", " "), says);
  });
}

Deno.test("dfuse plan and flash take several files as one firmware", async () => {
  await withTempFolder(async (cwd) => {
    await Deno.writeFile(`${cwd}/app.bin`, new Uint8Array(5000).fill(3));
    const files = [EXAMPLE, "app.bin@0x08040000"];
    const plan = await runDfuse(["plan", ...files, "--chip", "stm32f405", "--json"], { cwd });
    assertEquals(plan.code, 0, plan.stderr);
    const { file, pages } = JSON.parse(plan.stdout);
    assertEquals(file.files.map(({ format }: { format: string }) => format), ["dfuse", "binary"]);
    assertEquals(
      pages.map(({ address }: { address: number }) => address),
      [0x08000000, 0x08010000, 0x08040000],
    );
    const simulate = ["--simulate", "stm32f405,image=flash.img"];
    const flash = await runDfuse(["flash", ...files, ...simulate], { cwd });
    assertEquals(flash.code, 0, flash.stderr);
    const verify = await runDfuse(["verify", ...files, ...simulate], { cwd });
    assertEquals(verify.code, 0, verify.stderr);
    for (const [address, code] of [[0x08040000, 0], [0x08000010, 4]] as const) {
      const stdin = buildHex([{ address, data: new Uint8Array(50) }]);
      const piped = await runDfuse(["plan", EXAMPLE, "-", "-c", "stm32f405"], { stdin });
      assertEquals(piped.code, code, piped.stderr);
    }
    const overlap = await runDfuse(["flash", EXAMPLE, "app.bin@0x08000010", ...simulate], { cwd });
    assertEquals(overlap.code, 4);
    assertStringIncludes(
      overlap.stderr.replaceAll("\n  ", " "),
      "app.bin (0x08000010..0x08001398) has 0x03",
    );
  });
});

Deno.test("dfuse read writes every format", async () => {
  await withTempFolder(async (cwd) => {
    const simulate = ["--simulate", "stm32f405,image=flash.img"];
    await runDfuse(["flash", EXAMPLE, ...simulate], { cwd });
    const range = ["--address", "0x08000000", "--size", "16K"];
    for (const name of ["a.bin", "a.dfu", "a.hex", "a.srec", "a.uf2"]) {
      const run = await runDfuse(["read", name, ...range, ...simulate], { cwd });
      assertEquals(run.code, 0, run.stderr);
    }
    for (const name of ["a.dfu", "a.hex", "a.srec", "a.uf2"]) {
      await runDfuse(["convert", name, `${name}.bin`], { cwd });
      assertEquals(await Deno.readFile(`${cwd}/${name}.bin`), await Deno.readFile(`${cwd}/a.bin`));
    }
  });
});

Deno.test("dfuse info tells what each format says of the program", async () => {
  await withTempFolder(async (cwd) => {
    await runDfuse(["convert", EXAMPLE, "a.uf2", "--family", "stm32f4"], { cwd });
    const text = await runDfuse(["info", "a.uf2"], { cwd });
    assertStringIncludes(text.stdout, "Format     UF2");
    assertStringIncludes(text.stdout, "For parts  STM32F4 (0x57755A57)");
    assertStringIncludes(text.stdout, "Vectors    stack 0x20020000, reset 0x08000009");
    const json = JSON.parse((await runDfuse(["info", "a.uf2", "--json"], { cwd })).stdout);
    assertEquals(json.file.family, 0x57755A57);
    assertEquals(json.images[0].vectorTable, {
      address: 0x08000000,
      stackPointer: 0x20020000,
      resetVector: 0x08000009,
      problems: [],
    });
    const wrong = await runDfuse(["plan", "a.uf2", "--chip", "stm32l476"], { cwd });
    assertEquals(wrong.code, 4);
  });
});
