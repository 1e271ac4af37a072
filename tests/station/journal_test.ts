import { assert, assertEquals } from "@std/assert";
import { type Attempt, type AttemptStart, parseAttempt } from "../../src/station/attempt.ts";
import { Journal } from "../../src/station/journal.ts";
import { OwnerFile } from "../../src/station/owner_file.ts";
import { inFolder } from "./folder.ts";

function start(id: string): AttemptStart {
  return {
    schema: "dfuse.attempt/1",
    id,
    time: "2030-01-01T00:00:00.000Z",
    port: "A",
    path: "1-1",
    files: [],
    dfuse: "0.0.0",
  };
}

function passed(id: string): Attempt {
  return { ...start(id), result: "passed" };
}

async function linesOf(path: string): Promise<(Attempt | undefined)[]> {
  return (await Deno.readTextFile(path)).trimEnd().split("\n").map(parseAttempt);
}

function foldersFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("Journal writes one line per attempt, and leaves nothing else but its lock", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.jsonl`;
    const journal = await Journal.open(path);
    journal.begin({ start: start("1") });
    await journal.finish(passed("1"));
    journal.close();
    assertEquals((await linesOf(path)).map((line) => line?.id), ["1"]);
    assertEquals(foldersFiles(folder), ["j.jsonl", "j.jsonl.lock"]);
  }));

/** What a killed process leaves: its file, without its lock. */
async function leaveBehind(path: string, lines: readonly string[]): Promise<void> {
  await Deno.writeTextFile(
    `${path}.pending-${crypto.randomUUID()}`,
    lines.map((line) => line + "\n").join(""),
  );
}

Deno.test("Journal adds what a killed process could not write, once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.jsonl`;
    await Deno.writeTextFile(path, JSON.stringify(passed("1")) + "\n");
    await leaveBehind(path, [
      ...["1", "2", "3"].map((id) => JSON.stringify({ start: start(id), unitData: "units" })),
      '{"start": {"id": "4',
    ]);
    const findEnd = ({ start }: { start: AttemptStart }) =>
      start.id === "3" ? passed("3") : undefined;
    for (let times = 0; times < 2; times++) (await Journal.open(path, { findEnd })).close();
    const lines = await linesOf(path);
    assertEquals(lines.map((line) => [line?.id, line?.result]), [
      ["1", "passed"],
      ["2", "unfinished"],
      ["3", "passed"],
    ]);
    assertEquals(foldersFiles(folder), ["j.jsonl", "j.jsonl.lock"]);
  }));

Deno.test("Journal leaves the attempts of a process alone that lives", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.jsonl`;
    const other = await Journal.open(path);
    other.begin({ start: start("1") });
    const journal = await Journal.open(path);
    assertEquals(await Deno.readTextFile(path), "");
    await other.finish(passed("1"));
    await journal.finish(passed("2"));
    other.close();
    journal.close();
    assertEquals((await linesOf(path)).map((line) => line?.id), ["1", "2"]);
  }));

Deno.test("Journal keeps the start of an attempt that was torn for nobody", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.jsonl`;
    await Deno.writeTextFile(`${path}.pending-x`, JSON.stringify({ start: start("1") }));
    (await Journal.open(path)).close();
    assertEquals(await Deno.readTextFile(path), "");
  }));

Deno.test("Journal leaves an attempt whose line could not be written to the next start", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.jsonl`;
    const journal = await Journal.open(path);
    for (const id of ["1", "2"]) journal.begin({ start: start(id) });
    await journal.finish(passed("1"));
    journal.close();
    (await Journal.open(path)).close();
    const lines = await linesOf(path);
    assertEquals(lines.map((line) => line?.result), ["passed", "unfinished"]);
  }));

Deno.test("OwnerFile is locked until it is closed, and then gone", () =>
  inFolder(async (folder) => {
    const owner = OwnerFile.create(`${folder}/x`);
    owner.append("{}");
    assertEquals(foldersFiles(folder), [`x-${owner.id}`]);
    owner.close({ isDone: true });
    assertEquals(foldersFiles(folder), []);
    assert(owner.id.length > 30);
    await Promise.resolve();
  }));
