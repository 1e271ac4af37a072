import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileNameOf, JOB_FIELDS } from "../../src/cli/job_fields.ts";
import { jobSchema, parseJobFile } from "../../src/cli/job_file.ts";
import { UsageError } from "../../src/errors.ts";
import { projectRoot, runDfuse } from "../helpers/run_dfuse.ts";

const PATH = "line/job.json";

function parse(text: string) {
  return parseJobFile(text, { path: PATH });
}

/** The problems of a job file, without their beginning. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const error = await assertRejects(() => parse(text), UsageError);
  const problems = error.facts["problems"] as readonly string[];
  return problems.map((problem) => problem.replace(`Cannot use ${PATH}: `, ""));
}

Deno.test("parseJobFile() gives the words and flags of the command line", async () => {
  const job = await parse(`{
    "$schema": "../docs/job.schema.json",
    "firmware": ["boot.hex", "/abs/app.bin@0x08008000"],
    "watch": true, "jobs": 4, "leave": "0x08008000", "verify": true, "wait": 2.5,
    "portNames": { "1-4.2": "A", "1-4.3": "B" },
    "places": { "serial": "0x0800F000:ascii:16" },
    "unitData": "units.csv", "journal": "/var/line.jsonl", "publicKey": "keys/line.pub"
  }`);
  assertEquals(job.words, ["line/boot.hex", "/abs/app.bin@0x08008000"]);
  assertEquals(job.flags, {
    watch: true,
    jobs: 4,
    leave: 0x08008000,
    verify: true,
    wait: 2.5,
    portName: ["1-4.2=A", "1-4.3=B"],
    place: ["serial=0x0800F000:ascii:16"],
    unitData: "line/units.csv",
    journal: "/var/line.jsonl",
    publicKey: "line/keys/line.pub",
  });
  const { flags } = await parse(`{"firmware": "a", "leave": false, "publicKey": "RWabc"}`);
  assertEquals(flags, { leave: false, publicKey: "RWabc" });
});

Deno.test("parseJobFile() points at every field that is wrong, by its path and line", async () => {
  const text = `{
    "jobs": 0,
    "watch": "yes",
    "erase": "some",
    "portNames": { "1-4.2": "A",
      "1-4.3": 7 },
    "exspectChip": "stm32f405",
    "address": 134217728,
    "watch": true,
    "expectIds": "0483",
    "places": ["serial"]
  }`;
  assertEquals(await problemsOf(text), [
    "line 2, $.jobs is 0, expected a whole number of 1 to 1000",
    'line 3, $.watch is "yes", expected true or false',
    'line 4, $.erase is "some", expected "needed" or "touched" or "all" or "none"',
    "line 6, $.portNames.1-4.3 is 7, expected a text",
    "line 7, $.exspectChip is no field of a job",
    'line 8, $.address is 134217728, expected an address such as "0x08000000"',
    "line 9, $.watch is there twice",
    'line 10, $.expectIds is "0483", expected ids such as 0483:df11',
    'line 11, $.places is ["serial"], expected an object of texts',
    "line 1, $.firmware is missing",
  ]);
});

Deno.test("parseJobFile() tells where a file is no JSON", async () => {
  assert((await problemsOf('{\n "firmware": "a",\n}'))[0]!.startsWith("line 3, $ is no JSON: "));
  assertEquals(await problemsOf("[1]"), ["line 1, $ expected an object"]);
  assertEquals((await problemsOf('{"firmware": []}')).length, 1);
});

Deno.test("docs/job.schema.json is the schema that job files are checked against", async () => {
  const published = await Deno.readTextFile(`${projectRoot}docs/job.schema.json`);
  assertEquals(JSON.parse(published), JSON.parse(JSON.stringify(jobSchema())));
});

Deno.test("a job file has a field for every option of dfuse flash", async () => {
  const { stdout } = await runDfuse(["flash", "--help"]);
  const options = [...stdout.matchAll(/^ +(?:-\w, )?--(no-)?([a-z0-9-]+)/gm)]
    .map((match) => match[2]!.replaceAll(/-([a-z])/g, (_, letter) => letter.toUpperCase()))
    .filter((name) => !["help", "json"].includes(name));
  assertEquals([...new Set(options)].sort(), JOB_FIELDS.map(({ name }) => name).sort());
  assert(JOB_FIELDS.every((field) => fileNameOf(field) !== "firmware"));
});
