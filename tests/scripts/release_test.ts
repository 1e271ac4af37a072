import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { lockOf } from "../../scripts/compile.ts";
import { PERMISSIONS } from "../../scripts/permissions.ts";
import { findProblem, sumsOf } from "../../scripts/release.ts";
import { findTarget, TARGETS } from "../../scripts/targets.ts";
import config from "../../deno.json" with { type: "json" };

Deno.test("lockOf() pins usb and the addon of the target, and nothing else", async () => {
  const names = new Set<string>();
  for (const target of TARGETS) {
    const { npm } = await lockOf(target, config.imports.usb);
    assertEquals(Object.keys(npm).length, 2);
    for (const [name, { integrity }] of Object.entries(npm)) {
      names.add(name);
      assert(integrity.startsWith("sha512-"), `${name} is not pinned`);
    }
  }
  assertEquals(names.size, 1 + TARGETS.length);
});

Deno.test("findTarget() knows the targets, and names them for any other", () => {
  assertEquals(findTarget("x86_64-pc-windows-msvc").file, "dfuse-windows-x86_64.exe");
  assertThrows(() => findTarget("mips"), Error, "x86_64-unknown-linux-gnu, aarch64");
});

Deno.test("PERMISSIONS give no right to run programs, and the network of this machine only", () => {
  assert(!PERMISSIONS.some((flag) => /^(--allow-(all|run|sys|import)|-A)/.test(flag)));
  const network = PERMISSIONS.find((flag) => flag.startsWith("--allow-net"));
  assertEquals(network, "--allow-net=127.0.0.1,[::1],localhost");
  assert(PERMISSIONS.includes("--no-prompt"));
});

Deno.test("findProblem() refuses stand-ins and missing runtimes", () => {
  assertEquals(findProblem(["--quiet"], []), undefined);
  assertStringIncludes(findProblem(["--import-map=x.json"], []) ?? "", "expected those of JSR");
  assertStringIncludes(findProblem([], [TARGETS[1]!]) ?? "", "aarch64-unknown-linux-gnu");
});

Deno.test("sumsOf() writes what sha256sum --check reads", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a`, "abc");
    await Deno.writeTextFile(`${folder}/b`, "");
    assertEquals(
      await sumsOf(folder, ["b", "a"]),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n" +
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
