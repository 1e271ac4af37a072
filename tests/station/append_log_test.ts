import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../../src/errors.ts";
import { appendAndSync, AppendLog } from "../../src/station/append_log.ts";
import { OwnerFile } from "../../src/station/owner_file.ts";
import { inFolder } from "./folder.ts";

async function append(path: string, lines: readonly string[]): Promise<void> {
  const log = AppendLog.open(path);
  await log.exclusively((file) => file.append(lines));
  log.close();
}

Deno.test("AppendLog adds whole lines and reads those of others, each once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/log`;
    const [one, other] = [AppendLog.open(path), AppendLog.open(path)];
    await one.exclusively((log) => log.append(['{"a":1}', '{"a":2}']));
    await other.exclusively((log) => log.append(['{"b":1}']));
    const read = (log: AppendLog) => log.exclusively((file) => file.readNew());
    assertEquals(await read(one), ['{"a":1}', '{"a":2}', '{"b":1}']);
    assertEquals(await read(one), []);
    assertEquals((await read(other)).length, 3);
    one.close();
    other.close();
    assertEquals(await Deno.readTextFile(path), '{"a":1}\n{"a":2}\n{"b":1}\n');
  }));

Deno.test("AppendLog keeps a torn last line aside, at every place where it can be torn", () =>
  inFolder(async (folder) => {
    const path = `${folder}/log`;
    const torn = '{"name":"é","n":[1,2]}';
    const bytes = new TextEncoder().encode(torn);
    for (let size = 1; size < bytes.length; size++) {
      await Deno.writeTextFile(path, '{"first":1}\n');
      await Deno.writeFile(path, bytes.subarray(0, size), { append: true });
      await append(path, ['{"next":1}']);
      assertEquals(await Deno.readTextFile(path), '{"first":1}\n{"next":1}\n');
      const aside = await Deno.readFile(`${path}.torn`);
      assertEquals(aside.subarray(-size - 1), Uint8Array.of(...bytes.subarray(0, size), 10));
    }
  }));

Deno.test("AppendLog refuses a file that is another one, and leaves it as it is", () =>
  inFolder(async (folder) => {
    const path = `${folder}/firmware.dfu`;
    await Deno.writeTextFile(path, "DfuSe\n{}");
    assertThrows(() => AppendLog.open(path), UsageError, "does not begin with a line of JSON");
    assertEquals(await Deno.readTextFile(path), "DfuSe\n{}");
    await Deno.writeTextFile(path, "");
    await append(path, ['{"a":1}']);
    assertEquals(await Deno.readTextFile(path), '{"a":1}\n');
  }));

Deno.test({
  name: "AppendLog and OwnerFile tell that the disk is full",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    using file = Deno.openSync("/dev/full", { append: true });
    const error = assertThrows(
      () => appendAndSync(file, { path: "line.jsonl", bytes: Uint8Array.of(1) }),
      UsageError,
      "Cannot write line.jsonl: the disk is full",
    );
    assertEquals(error.hint, "Check that its folder exists, may be written, and has space.");
    assertThrows(() => OwnerFile.create("/nowhere/j"), UsageError, "there is no such folder");
  },
});

Deno.test("AppendLog keeps a line that lacks nothing but its end", () =>
  inFolder(async (folder) => {
    const path = `${folder}/log`;
    await Deno.writeTextFile(path, '{"first":1}\n{"second":2}');
    await append(path, ['{"next":1}']);
    assertEquals(await Deno.readTextFile(path), '{"first":1}\n{"second":2}\n{"next":1}\n');
  }));

Deno.test("AppendLog keeps aside a torn line that is longer than it reads at once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/log`;
    await Deno.writeTextFile(path, '{"a":1}\n{"long":"' + "x".repeat(200_000));
    await append(path, ['{"b":1}']);
    assertEquals(await Deno.readTextFile(path), '{"a":1}\n{"b":1}\n');
    await Deno.writeTextFile(path, "{" + "y".repeat(70_000));
    await append(path, []);
    assertEquals(await Deno.readTextFile(path), "");
  }));

Deno.test("AppendLog lets one work at a time, in this process and between files", () =>
  inFolder(async (folder) => {
    const logs = [AppendLog.open(`${folder}/log`), AppendLog.open(`${folder}/log`)];
    let inside = 0;
    const work = Array.from(
      { length: 20 },
      (_, index) =>
        logs[index % 2]!.exclusively(async (file) => {
          assertEquals(++inside, 1);
          await Promise.resolve();
          file.append([`{"n":${index}}`]);
          inside--;
        }),
    );
    await Promise.all(work);
    const lines = (await Deno.readTextFile(`${folder}/log`)).trim().split("\n");
    assertEquals(lines.length, 20);
    for (const log of logs) log.close();
  }));

Deno.test("AppendLog goes on after work that failed", () =>
  inFolder(async (folder) => {
    const log = AppendLog.open(`${folder}/log`);
    await assertRejects(() =>
      log.exclusively(() => {
        throw new RangeError("no");
      }), RangeError);
    await log.exclusively((file) => file.append(["{}"]));
    log.close();
  }));

Deno.test("AppendLog refuses a file that became shorter, and one that cannot be written", () =>
  inFolder(async (folder) => {
    const path = `${folder}/log`;
    const log = AppendLog.open(path);
    await log.exclusively((file) => file.append(['{"a":1}']));
    await log.exclusively((file) => file.readNew());
    await Deno.truncate(path);
    await assertRejects(() => log.exclusively((file) => file.readNew()), UsageError);
    log.close();
    await assertRejects(async () => await append(`${folder}/none/log`, []), UsageError);
  }));
