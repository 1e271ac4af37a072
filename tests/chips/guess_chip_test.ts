import { assert, assertEquals } from "@std/assert";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { guessChips, sentBy } from "../../src/chips/guess_chip.ts";

const ST = { vendorId: 0x0483, productId: 0xDF11 };
const ids = (traits: Parameters<typeof guessChips>[0]) => guessChips(traits).map((chip) => chip.id);

Deno.test("guessChips() finds every part by what its loader sends", () => {
  for (const chip of CHIPS) {
    const { vendorId, productId } = chip;
    assert(ids({ vendorId, productId, strings: sentBy(chip) }).includes(chip.id), chip.id);
    assert(ids({ vendorId, productId, strings: chip.alternates }).includes(chip.id), chip.id);
  }
});

Deno.test("guessChips() names all parts that share a boot loader's strings", () => {
  const strings = findChip("stm32f411").alternates;
  assertEquals(ids({ ...ST, strings }), ["stm32f407xe", "stm32f401", "stm32f411", "stm32f446"]);
});

Deno.test("guessChips() tells parts with equal flash apart by their option bytes", () => {
  const flash = "@Internal Flash   /0x08000000/256*02Kg";
  const others = (address: string, otp: string) => [flash, address, otp];
  assertEquals(
    ids({
      ...ST,
      strings: others(
        "@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e",
        "@OTP Memory   /0x1FFF7000/01*1024 e",
      ),
    }),
    ["stm32g474"],
  );
  assertEquals(
    ids({
      ...ST,
      strings: others(
        "@Option Bytes   /0x5200201C/01*297 e",
        "@OTP Memory   /0x08FFF000/01*1024 e",
      ),
    }),
    ["stm32h7a3"],
  );
  assertEquals(ids({ ...ST, strings: [flash, flash, flash] }), ["stm32g0b1"]);
});

Deno.test("guessChips() sees past blanks, case and garbage tails", () => {
  const [flash, option, otp, feature] = findChip("stm32f427xg").alternates;
  const strings = [
    flash + "\uCCAB\u01A8",
    option!.toUpperCase(),
    otp!.replaceAll(" ", ""),
    feature!,
  ];
  assertEquals(ids({ ...ST, strings }), ["stm32f205", "stm32f405", "stm32f427xg"]);
});

Deno.test("guessChips() accepts option bytes of another size at the same address", () => {
  const strings = ["@Internal Flash   /0x08000000/16*128Kg", "@Option Bytes   /0x5200201C/01*88 e"];
  assertEquals(ids({ ...ST, strings }), ["stm32h743"]);
});

Deno.test("guessChips() knows a GD32VF103 by its serial number, and both without one", () => {
  const chip = findChip("gd32vf103");
  const traits = { vendorId: 0x28E9, productId: 0x0189, strings: sentBy(chip) };
  assertEquals(ids({ ...traits, serial: "3CBJ" }), ["gd32vf103"]);
  assertEquals(ids({ ...traits, serial: "3C8J" }), ["gd32vf103x8"]);
  assertEquals(ids({ ...traits, serial: "??" }), ["gd32vf103", "gd32vf103x8"]);
  assertEquals(ids(traits), ["gd32vf103", "gd32vf103x8"]);
});

Deno.test("guessChips() takes no loader in flash for a ROM", () => {
  const flash = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
  assertEquals(ids({ ...ST, strings: [flash] }), []);
  assertEquals(ids({ ...ST, strings: [flash, "@SPI /0x80000000/1*4Kg", "", ""] }), []);
  assertEquals(ids({ ...ST, strings: [] }), []);
  const strings = findChip("stm32f405").alternates;
  assertEquals(ids({ vendorId: 0x1209, productId: 0xDF11, strings }), []);
});
