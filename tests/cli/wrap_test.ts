import { assertEquals } from "@std/assert";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";
import { fitsBeside, hang, renderSentence, wrapPhrases, wrapText } from "../../src/cli/wrap.ts";

function narrow(columns: number): Style {
  return { ...PLAIN_STYLE, columns };
}

Deno.test("wrapText() never breaks between a number and its unit", () => {
  const text = "erase, write 12.1 KiB of 16 KiB in 2 min 5 s";
  assertEquals(wrapText(text, 18), ["erase, write", "12.1 KiB of 16 KiB", "in 2 min 5 s"]);
  assertEquals(wrapText("has 12 x 128 KiB", 12), ["has", "12 x 128 KiB"]);
  assertEquals(wrapText("Read 2048 bytes", 10), ["Read", "2048 bytes"]);
  assertEquals(wrapText("It is errVENDOR (11)", 12), ["It is", "errVENDOR (11)"]);
  assertEquals(wrapText("Version 2 Before", 10), ["Version 2", "Before"]);
});

Deno.test("wrapText() begins a line where the text does, and keeps further blanks", () => {
  assertEquals(wrapText("one\n  two  three", 20, "  "), ["one", "    two  three"]);
});

Deno.test("wrapText() breaks sums into equal pieces and layouts after commas, but nothing to copy", () => {
  const sum = "0123456789abcdef".repeat(4);
  assertEquals(wrapText(sum, 40), [sum.slice(0, 32), sum.slice(32)]);
  assertEquals(wrapText(sum, 26), Array(4).fill("0123456789abcdef"));
  assertEquals(wrapText(sum, 64), [sum]);
  const layout = "/0x08000000/04*016Kg,01*064Kg,07*128Kg";
  assertEquals(wrapText(layout, 30), ["/0x08000000/04*016Kg,01*064Kg,", "07*128Kg"]);
  const rule = 'SUBSYSTEM=="usb",ATTR{idVendor}=="0483",MODE="0666"';
  assertEquals(wrapText(`Put ${rule} there`, 20), ["Put", rule, "there"]);
});

Deno.test("wrapPhrases() breaks between phrases, and within one only if it is longer than a line", () => {
  const phrases = ["erase 2 pages", "write 20.9 KiB in 13 blocks", "verify 1 KiB"];
  assertEquals(wrapPhrases(phrases, { width: 36, indent: "  " }), [
    "erase 2 pages,",
    "  write 20.9 KiB in 13 blocks,",
    "  verify 1 KiB",
  ]);
  assertEquals(wrapPhrases(phrases, { width: 19, start: "Do: ", indent: "  " }), [
    "Do: erase 2 pages,",
    "  write 20.9 KiB in",
    "  13 blocks,",
    "  verify 1 KiB",
  ]);
});

Deno.test("hang() lets the text hang behind its head, or stand below where there is little room", () => {
  const text = "12.1 KiB (12345 B), at offset 293 of the file";
  assertEquals(hang(text, narrow(50), { head: "  Size       " }), [
    "  Size       12.1 KiB (12345 B), at offset 293 of",
    "             the file",
  ]);
  assertEquals(hang(text, narrow(40), { head: "  0x08000000..0x08003039  " }), [
    "  0x08000000..0x08003039",
    "    12.1 KiB (12345 B), at offset 293",
    "    of the file",
  ]);
  assertEquals(hang("64 B", narrow(40), { head: "  0x08000000..0x08003039  " }), [
    "  0x08000000..0x08003039  64 B",
  ]);
});

Deno.test("hang() paints head and text apart, line by line", () => {
  const style = { ...narrow(20), color: true };
  assertEquals(hang("a few words more", style, { head: "hint: ", paintHead: "cyan", indent: 2 }), [
    "\x1b[36mhint: \x1b[39ma few words",
    "  more",
  ]);
  assertEquals(hang("a few words more or less", style, { paintText: "bold", indent: 2 }), [
    "\x1b[1ma few words more or\x1b[22m",
    "\x1b[1m  less\x1b[22m",
  ]);
});

Deno.test("fitsBeside() wants room for words, or for all of every text", () => {
  const head = " ".repeat(20);
  assertEquals(fitsBeside(head, ["short"], narrow(40)), true);
  assertEquals(fitsBeside(head, ["short", "more than it has room for"], narrow(40)), false);
  assertEquals(fitsBeside(head, ["more than it has room for"], narrow(50)), true);
  assertEquals(fitsBeside(head, ["one-word-that-is-longer-than-the-room"], narrow(50)), false);
});

Deno.test("renderSentence() ends with its line", () => {
  assertEquals(renderSentence("Done: read 16 KiB", narrow(20)), "Done: read 16 KiB\n");
  assertEquals(renderSentence("Done: 16 KiB read, all", narrow(20)), "Done: 16 KiB read,\n  all\n");
});
