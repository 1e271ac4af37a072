import { assertEquals } from "@std/assert";
import { messageOf, writeReasonOf } from "../src/errors.ts";

Deno.test("messageOf() gives the words of an error without its name, and anything else as text", () => {
  assertEquals(messageOf(new TypeError("no such field")), "no such field");
  assertEquals(messageOf("thrown as text"), "thrown as text");
  assertEquals(messageOf(undefined), "undefined");
});

Deno.test("writeReasonOf() has words for what systems say of files, and passes on the rest", () => {
  assertEquals(
    writeReasonOf(Object.assign(new Error("raw"), { code: "ENOSPC" })),
    "the disk is full",
  );
  assertEquals(
    writeReasonOf(new Deno.errors.NotCapable("compile with other rights")),
    "it is a special file, expected an ordinary one",
  );
  assertEquals(writeReasonOf(Object.assign(new Error("raw"), { code: "EIO" })), "raw");
  assertEquals(writeReasonOf("thrown as text"), "thrown as text");
});
