import { assert, assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, PlanError, UsageError } from "../../src/errors.ts";
import type { Attempt } from "../../src/station/attempt.ts";
import { parsePlace } from "../../src/station/place.ts";
import { findUsedEntry, peekUnit, UnitData } from "../../src/station/unit_data.ts";
import { inFolder } from "./folder.ts";

const SERIAL = parsePlace("serial=0x08001000:ascii:8");
const COUNTER = parsePlace("n=0x08002000:counter:100:5");

async function csv(folder: string, text: string): Promise<string> {
  const path = `${folder}/units.csv`;
  await Deno.writeTextFile(path, text);
  return path;
}

function open(path: string, places = [SERIAL]): Promise<UnitData> {
  return UnitData.open({ path, places });
}

function entry(id: string): Attempt {
  return {
    schema: "dfuse.attempt/1",
    id,
    time: "2030-01-01T00:00:00.000Z",
    port: "A",
    path: "1-1",
    files: [],
    dfuse: "0",
    result: "passed",
  };
}

Deno.test("UnitData gives each row to one unit, and a released one again", () =>
  inFolder(async (folder) => {
    const data = await open(await csv(folder, "serial\nA\nB\nC\n"));
    const [a, b] = [await data.reserve("1"), await data.reserve("2")];
    assertEquals([a.values, b.values], [{ serial: "A" }, { serial: "B" }]);
    await data.commit(b, entry("2"));
    await data.release(a, "1");
    assertEquals((await data.reserve("3")).values, { serial: "A" });
    assertEquals((await data.reserve("4")).values, { serial: "C" });
    await assertRejects(() => data.reserve("5"), PlanError, "every row");
    data.close();
  }));

Deno.test("UnitData remembers what was used, also when the rows are in another order", () =>
  inFolder(async (folder) => {
    const path = await csv(folder, "serial\nA\nB\n");
    const data = await open(path);
    await data.commit(await data.reserve("1"), entry("1"));
    data.close();
    await csv(folder, "name,serial\nx,C\nx,B\nx,A\n");
    const again = await open(path);
    const rows = [await again.reserve("2"), await again.reserve("3")];
    assertEquals(rows.map(({ values }) => values["serial"]), ["C", "B"]);
    again.close();
  }));

Deno.test("UnitData is shared by processes: what one takes the other does not get", () =>
  inFolder(async (folder) => {
    const path = await csv(folder, "serial\nA\nB\nC\nD\n");
    const [one, other] = [await open(path), await open(path)];
    const rows = await Promise.all([
      one.reserve("1"),
      other.reserve("2"),
      one.reserve("3"),
      other.reserve("4"),
    ]);
    assertEquals(rows.map(({ values }) => values["serial"]).sort(), ["A", "B", "C", "D"]);
    await assertRejects(() => other.reserve("5"), PlanError);
    one.close();
    other.close();
  }));

Deno.test("UnitData gives back what a killed process had reserved, and leaves a living one's alone", () =>
  inFolder(async (folder) => {
    const path = await csv(folder, "serial\nA\nB\nC\n");
    const dead = await open(path);
    const [a, b] = [await dead.reserve("1"), await dead.reserve("2")];
    await dead.commit(b, entry("2"));
    // As if it had been killed: its file stays, and nobody holds it.
    dead.close();
    const living = await open(path);
    assertEquals((await living.reserve("3")).values, a.values);
    const third = await open(path);
    assertEquals((await third.reserve("4")).values, { serial: "C" });
    living.close();
    third.close();
  }));

Deno.test("UnitData marks no row as used that another attempt has", () =>
  inFolder(async (folder) => {
    const data = await open(await csv(folder, "serial\nA\nB\n"));
    const row = await data.reserve("1");
    await assertRejects(() => data.commit(row, entry("2")), PlanError);
    await data.release(row, "2");
    await data.commit(row, entry("1"));
    await assertRejects(() => data.commit(row, entry("1")), PlanError, "used");
    data.close();
  }));

Deno.test("UnitData tells where a journal finds the end of an attempt", () =>
  inFolder(async (folder) => {
    const data = await open(await csv(folder, "serial\nA\nB\n"));
    await data.commit(await data.reserve("1"), entry("1"));
    await data.reserve("2");
    const find = (id: string) =>
      findUsedEntry({ start: { ...entry(id) }, unitData: data.statePath });
    assertEquals(find("1"), entry("1"));
    assertEquals(find("2"), undefined);
    assertEquals(find("3"), undefined);
    data.close();
  }));

Deno.test("UnitData counts without a file, and never the same twice", () =>
  inFolder(async (folder) => {
    const path = `${folder}/count`;
    const data = await open(path, [COUNTER]);
    const rows = [await data.reserve("1"), await data.reserve("2")];
    await data.commit(rows[1]!, entry("2"));
    await data.release(rows[0]!, "1");
    data.close();
    const again = await open(path, [COUNTER]);
    const values = [await again.reserve("3"), await again.reserve("4")].map(({ values }) => values);
    assertEquals(values, [{ n: "100" }, { n: "110" }]);
    again.close();
  }));

Deno.test("UnitData ends where a counter passes 2^32", () =>
  inFolder(async (folder) => {
    const data = await open(`${folder}/count`, [parsePlace("n=0x100:counter:0xFFFFFFFE:1")]);
    assertEquals(data.countFree(), 2);
    await data.reserve("1");
    assertEquals((await data.reserve("2")).values, { n: "4294967295" });
    await assertRejects(() => data.reserve("3"), PlanError);
    data.close();
  }));

Deno.test("UnitData refuses a file with errors before anything is reserved", () =>
  inFolder(async (folder) => {
    const cases: [text: string, part: string][] = [
      ["serial\nA\nB\nA\n", "lines 2 and 4 have the same serial"],
      ["serial\nA\nTOO LONG 9\n", "in line 3 serial"],
      ["other\nA\n", 'no column "serial"'],
      ["serial\n", "no rows"],
      ['serial\n"A\n', "Cannot read"],
      ["serial\nA,B\n", "Cannot read"],
    ];
    for (const [text, part] of cases) {
      const path = await csv(folder, text);
      await assertRejects(() => open(path), FirmwareError, part);
    }
    await assertRejects(() => open(`${folder}/none.csv`), FirmwareError, "no such file");
    await assertRejects(() => open(`${folder}/none.csv`, []), UsageError, "--unit-data");
    assert([...Deno.readDirSync(folder)].length === 1, "files were left behind");
  }));

Deno.test("UnitData compares values by their bytes, and lets units share what may be shared", () =>
  inFolder(async (folder) => {
    const id = parsePlace("id=0x08003000:u32");
    const path = await csv(folder, "serial,id\nA,16\nB,0x10\n");
    await assertRejects(() => open(path, [id]), FirmwareError, "the same id");
    const data = await open(path, [SERIAL, { ...id, shared: true }]);
    assertEquals(data.countFree(), 2);
    data.close();
    await assertRejects(() => open(path, [{ ...id, shared: true }]), UsageError, "shared");
  }));

Deno.test("UnitData refuses a value that a unit got with others, after the file was changed", () =>
  inFolder(async (folder) => {
    const key = parsePlace("key=0x08003000:hex:1");
    const path = await csv(folder, "serial,key\nA,01\nB,02\n");
    const data = await open(path, [SERIAL, key]);
    await data.commit(await data.reserve("1"), entry("1"));
    data.close();
    await csv(folder, "serial,key\nA,03\n");
    await assertRejects(() => open(path, [SERIAL, key]), PlanError, "a unit has it already");
  }));

Deno.test("peekUnit() tells what the next unit gets, and changes nothing", () =>
  inFolder(async (folder) => {
    const path = await csv(folder, "serial\nA\nB\n");
    const source = { path, places: [SERIAL] };
    assertEquals((await peekUnit(source)).row.values, { serial: "A" });
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    const data = await open(path);
    await data.commit(await data.reserve("1"), entry("1"));
    const { row, free } = await peekUnit(source);
    assertEquals([row.values, free], [{ serial: "B" }, 1]);
    data.close();
  }));

Deno.test("UnitData finds the values of a unit by what is in its memory", () =>
  inFolder(async (folder) => {
    const data = await open(await csv(folder, "serial\nA\nB\n"), [SERIAL, COUNTER]);
    const row = await data.reserve("1");
    const read = (place: typeof SERIAL) => row.bytes.get(place)!;
    assertEquals(data.findUsed(read), undefined);
    await data.commit(row, entry("1"));
    assertEquals(data.findUsed(read), { n: "100", serial: "A" });
    assertEquals(data.findUsed((place) => new Uint8Array(place.size)), undefined);
    data.close();
  }));
