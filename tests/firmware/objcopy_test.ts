import { assertEquals, assertStringIncludes } from "@std/assert";
import { collectFile } from "../../src/firmware/collect.ts";
import { encodeFirmware } from "../../src/firmware/encode.ts";
import type { Firmware } from "../../src/firmware/firmware.ts";
import { buildElf, type ElfSegmentParts } from "../helpers/firmware_formats.ts";
import { runTool, toolTest, withTempFolder } from "../helpers/firmware_tools.ts";
import { type Random, seeded, seededRandom } from "../helpers/random.ts";

/** The tool is of any architecture: it reads ARM's ELF as that of an unknown machine. */
const ELF = ["-I", "elf32-little"];

toolTest(
  "ELF files read as GNU objcopy reads them",
  ["objcopy", "objdump"],
  seeded(async (seed) => {
    const random = seededRandom(seed);
    await withTempFolder(async (folder) => {
      const path = (ending: string) => `${folder}/file.${ending}`;
      for (let round = 0; round < 8; round++) {
        await Deno.writeFile(path("elf"), randomElf(random, round));
        await runTool("objcopy", [...ELF, "-O", "ihex", path("elf"), path("hex")]);
        await runTool("objcopy", [...ELF, "-O", "srec", path("elf"), path("srec")]);
        await runTool("objcopy", [
          ...ELF,
          "-O",
          "binary",
          "--gap-fill",
          "0xFF",
          path("elf"),
          path("bin"),
        ]);
        const firmware = await collectFile(path("elf"));
        const hex = await collectFile(path("hex"));
        const srec = await collectFile(path("srec"));
        assertEquals(imageOf(hex), imageOf(firmware));
        assertEquals(imageOf(srec), imageOf(firmware));
        assertEquals([hex.entry, srec.entry], [firmware.entry, firmware.entry]);
        assertEquals(
          await encodeFirmware("bin", firmware.images, { fill: 0xFF }),
          await Deno.readFile(path("bin")),
        );
        const { entry } = firmware;
        assertEquals(
          await encodeFirmware("hex", firmware.images, { entry }),
          await Deno.readFile(path("hex")),
        );
        const sections = await runTool("objdump", ["-h", path("srec")]);
        assertEquals(
          extentsIn(sections),
          imageOf(firmware).map(({ address, data }) => [address, data.length]),
        );
      }
    });
  }),
);

toolTest(
  "GNU objcopy reads the HEX and S-record files of dfuse as they are meant",
  ["objcopy"],
  seeded(async (seed) => {
    const random = seededRandom(seed);
    await withTempFolder(async (folder) => {
      for (const format of ["hex", "srec"] as const) {
        for (let round = 0; round < 4; round++) {
          const elf = `${folder}/file.elf`;
          await Deno.writeFile(elf, randomElf(random, round));
          const { images, entry } = await collectFile(elf);
          const [ours, binary] = [`${folder}/ours.${format}`, `${folder}/file.bin`];
          await Deno.writeFile(ours, await encodeFirmware(format, images, { entry }));
          const input = format === "hex" ? "ihex" : "srec";
          await runTool("objcopy", [
            "-I",
            input,
            "-O",
            "binary",
            "--gap-fill",
            "0xFF",
            ours,
            binary,
          ]);
          assertEquals(
            await Deno.readFile(binary),
            await encodeFirmware("bin", images, { fill: 0xFF }),
          );
        }
      }
    });
  }),
);

toolTest(
  "dfu-suffix accepts the .dfu files of dfuse, and reads the same ids",
  ["dfu-suffix"],
  async () => {
    await withTempFolder(async (folder) => {
      const path = `${folder}/file.dfu`;
      const data = seededRandom(7).bytes(1001);
      const image = { segments: [{ address: 0x08000000, size: data.length, data }] };
      const ids = { vendorId: 0x0483, productId: 0xDF11, deviceVersion: 0x1234 };
      await Deno.writeFile(path, await encodeFirmware("dfu", [{ alternate: 0, image }], { ids }));
      const told = await runTool("dfu-suffix", ["-c", path]);
      for (const fact of ["0xDF11", "0x0483", "0x1234", "0x011A", "16"]) {
        assertStringIncludes(told.toUpperCase(), fact.toUpperCase());
      }
      const { images } = await collectFile(path);
      assertEquals(images, [{ alternate: 0, image }]);
    });
  },
);

/** Sections with gaps between them, in any order in the file, at addresses other than where they run. */
function randomElf(random: Random, round: number): Uint8Array {
  const segments: ElfSegmentParts[] = [];
  let address = random.pick([0x08000000, 0x08008000, 0x90000000]) + 0x400;
  for (let count = 2 + random.below(4); count > 0; count--) {
    const data = random.bytes(1 + random.below(5000));
    segments.push({ address, data, virtual: address + 0x1000 * random.below(3) });
    address += data.length + 1 + random.below(70_000);
  }
  segments.push({ address: 0x20000000, data: new Uint8Array(0), zeros: 64 });
  const [first, ...more] = segments;
  const withHeaders = round % 4 === 3;
  return buildElf({
    segments: [{ ...first!, virtual: first!.address, withHeaders }, ...more],
    entry: 0x08000001 + random.below(0x10000) * 2,
    headersLast: round % 4 === 2,
  });
}

function imageOf({ images }: Firmware) {
  return images[0]!.image.segments.map(({ address, data }) => ({ address, data: data.slice() }));
}

/** Address (LMA) and size of each section in a table of objdump's. */
function extentsIn(table: string): number[][] {
  return [...table.matchAll(/^\s+\d+ \S+\s+([0-9a-f]{8})\s+[0-9a-f]{8}\s+([0-9a-f]{8})/gm)]
    .map(([, size, address]) => [parseInt(address!, 16), parseInt(size!, 16)]);
}
