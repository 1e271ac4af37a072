import { assertEquals } from "@std/assert";
import { makeExample } from "../../scripts/make_example.ts";

Deno.test("makeExample() gives the example file that the project carries", async () => {
  const carried = await Deno.readFile(new URL("../../examples/example.dfu", import.meta.url));
  assertEquals(makeExample(), carried);
});
