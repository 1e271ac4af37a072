import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CHIPS, findChip } from "../../src/chips/chips.ts";
import { sentBy } from "../../src/chips/guess_chip.ts";
import { PlanError } from "../../src/errors.ts";
import {
  profileOfChip,
  profileOfDevice,
  profileOfLayout,
  specialArea,
} from "../../src/plan/device_profile.ts";
import { formatMemoryLayout } from "../../src/plan/layout_text.ts";
import { parseMemoryLayout } from "../../src/plan/memory_layout.ts";

const ST = { vendorId: 0x0483, productId: 0xDF11 };
const FLASH = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";

Deno.test("profileOfChip() gives every part all its alternates", () => {
  for (const chip of CHIPS) {
    const profile = profileOfChip(chip);
    assertEquals(profile.alternates.map((entry) => entry.alternate), [...chip.alternates.keys()]);
    assertEquals(profile.unusable, undefined);
    assertEquals(profile.chip, chip.id);
    assertEquals(profile.timing, chip.timing);
    assertEquals(profile.transferSize, chip.transferSize);
    assertEquals(profile.quirks, chip.quirks);
  }
});

Deno.test("profileOfChip() aligns writes to the flash word where that is larger", () => {
  const alignment = (id: string) => profileOfChip(findChip(id)).writeAlignment;
  assertEquals(alignment("stm32f405"), 4);
  assertEquals(alignment("stm32f767"), 8);
  assertEquals(alignment("stm32g0b1"), 8);
  assertEquals(alignment("stm32l476"), 8);
  assertEquals(alignment("stm32h7a3"), 16);
  assertEquals(alignment("stm32u585"), 16);
  assertEquals(alignment("stm32h743"), 32);
});

Deno.test("profileOfChip() takes the timing of the stated voltage where the part has one", () => {
  const chip = findChip("stm32f405");
  const { timing } = profileOfChip(chip, { voltage: "2.7-3.6" });
  assertEquals(timing, chip.timingAtVoltage!["2.7-3.6"]);
  assert(timing!.program.unit === 4);
  const other = findChip("stm32l476");
  assertEquals(profileOfChip(other, { voltage: "2.7-3.6" }).timing, other.timing);
});

Deno.test("profileOfLayout() numbers layouts as alternate settings and has safe defaults", () => {
  const profile = profileOfLayout([FLASH, "@SPI  /0x90000000/2048*4Kg"]);
  assertEquals(profile.name, "Internal Flash");
  assertEquals(profile.alternates.map((entry) => entry.alternate), [0, 1]);
  assertEquals(formatMemoryLayout(profile.alternates[0]!.layout), FLASH);
  assertEquals(profile.transferSize, 2048);
  assertEquals(profile.timing, undefined);
  const { writeAlignment } = profile;
  for (const chip of CHIPS) assertEquals(writeAlignment % profileOfChip(chip).writeAlignment, 0);
});

Deno.test("profileOfLayout() takes transfer size and alignment from its options", () => {
  const profile = profileOfLayout([FLASH], { transferSize: 1024, writeAlignment: 4 });
  assertEquals([profile.transferSize, profile.writeAlignment], [1024, 4]);
});

Deno.test("profileOfLayout() refuses what is no layout, and no layout at all", () => {
  assertThrows(() => profileOfLayout(["RAM 0x32000000"]), PlanError, "RAM 0x32000000");
  assertThrows(() => profileOfLayout([]), PlanError, "no layout");
});

Deno.test("profileOfDevice() recognises a part and believes the device's transfer size", () => {
  const strings = findChip("stm32g474").alternates;
  const device = { ...ST, strings, deviceVersion: 0x0200, transferSize: 512 };
  const profile = profileOfDevice(device);
  assertEquals(profile.chip, "stm32g474");
  assertEquals(profile.name, findChip("stm32g474").title);
  assertEquals(profile.transferSize, 512);
  assertEquals(profile.deviceVersion, 0x0200);
  assertEquals(profile.timing, findChip("stm32g474").timing);
  assertEquals(profileOfDevice({ ...ST, strings }).transferSize, 1024);
});

Deno.test("profileOfDevice() names no chip when several look the same, and is as careful as all", () => {
  const strings = findChip("stm32f411").alternates;
  const profile = profileOfDevice({ ...ST, strings });
  assertEquals(profile.chip, undefined);
  assertEquals(profile.name, "Internal Flash");
  assertEquals(profile.writeAlignment, 4);
  assertEquals(profile.timing, findChip("stm32f411").timing);
  assert(profile.quirks.includes("mass-erase-underreports"));
  assertEquals(profile.quirks.length, new Set(profile.quirks).size);
});

Deno.test("profileOfDevice() takes the strictest alignment, and no timing, of parts that differ", () => {
  const chip = findChip("stm32f411");
  const timing = { ...chip.timing, program: { unit: 4, typicalUs: 1, maximumUs: 2 } };
  const table = [{ ...chip, writeAlignment: 8, timing }, chip];
  const profile = profileOfDevice({ ...ST, strings: chip.alternates }, { table });
  assertEquals(profile.writeAlignment, 8);
  assertEquals(profile.timing, undefined);
});

Deno.test("profileOfDevice() reads unusual strings of parts that do not lie, as they come", () => {
  const strings = sentBy(findChip("stm32f427"));
  const profile = profileOfDevice({ ...ST, strings });
  assertEquals(profile.chip, "stm32f427");
  assertEquals(profile.alternates[1]!.layout.notes, [
    "The regions are not in order of address and were sorted",
  ]);
});

Deno.test("profileOfDevice() obeys the named chip, and the voltage", () => {
  const strings = findChip("stm32f411").alternates;
  const chip = findChip("stm32f446");
  const profile = profileOfDevice({ ...ST, strings }, { chip, voltage: "2.7-3.6" });
  assertEquals(profile.chip, "stm32f446");
  assertEquals(profile.timing, chip.timingAtVoltage!["2.7-3.6"]);
  assertEquals(profile.quirks, chip.quirks);
});

Deno.test("profileOfDevice() replaces a layout that is known to lie, and says so", () => {
  const chip = findChip("stm32h7a3");
  const { layout } = profileOfDevice({ ...ST, strings: sentBy(chip) }).alternates[0]!;
  assertEquals(layout.regions, parseMemoryLayout(chip.alternates[0]!).regions);
  assertEquals(layout.notes, [
    'The device sends "@Internal Flash   /0x08000000/256*02Kg", which is wrong for stm32h7a3: ' +
    "the table's is used",
  ]);
});

Deno.test("profileOfDevice() believes the later ROM of the same part, which does not lie", () => {
  const { alternates } = findChip("stm32h7a3");
  const profile = profileOfDevice({ ...ST, strings: alternates });
  assertEquals(profile.chip, "stm32h7a3");
  assertEquals(profile.alternates.map((entry) => entry.layout.notes), [[], [], []]);
});

Deno.test("profileOfDevice() corrects a GD32VF103 by its serial number, and doubts without", () => {
  const strings = sentBy(findChip("gd32vf103"));
  const device = { vendorId: 0x28E9, productId: 0x0189, strings };
  const small = profileOfDevice({ ...device, serial: "3C8J" });
  assertEquals(
    formatMemoryLayout(small.alternates[0]!.layout),
    "@Internal Flash  /0x08000000/64*001Kg",
  );
  const unsure = profileOfDevice(device);
  assertEquals(unsure.chip, undefined);
  const { layout } = unsure.alternates[0]!;
  assertEquals(formatMemoryLayout(layout), "@Internal Flash  /0x08000000/128*001Kg");
  assertStringIncludes(layout.notes.join(), "unless it is gd32vf103x8, which --chip would say");
});

Deno.test("profileOfDevice() corrects alternates that repeat the flash's string", () => {
  const chip = findChip("stm32g0b1");
  const { alternates } = profileOfDevice({ ...ST, strings: sentBy(chip) });
  assertEquals(alternates.map((entry) => entry.layout.name), [
    "Internal Flash",
    "Option Bytes",
    "OTP Memory",
  ]);
});

Deno.test("profileOfDevice() keeps alternates without memory, with the reason", () => {
  const strings = [
    "@Internal Flash  2MB   /0x08000000/01*128Ka,15*128Kg",
    "@Ext File Flash  0MB   /0x00000000/0*4Kg",
    "@Arduino  boot  v.25   /0x00000000/0*4Kg",
    "",
  ];
  const profile = profileOfDevice({ vendorId: 0x2341, productId: 0x035B, strings });
  assertEquals(profile.alternates.map((entry) => entry.alternate), [0]);
  assertEquals(profile.unusable?.map((entry) => [entry.alternate, entry.text]), [
    [1, strings[1]!],
    [2, strings[2]!],
    [3, ""],
  ]);
  assertStringIncludes(profile.unusable![0]!.reason, "no group of pages is usable");
  assertStringIncludes(profile.unusable![2]!.reason, "it is empty");
  assertEquals(profile.name, "Internal Flash  2MB");
});

Deno.test("profileOfDevice() is careful with loaders that it does not know", () => {
  const profile = profileOfDevice({ vendorId: 0x1209, productId: 1, strings: [FLASH, ""] });
  assertEquals(profile.chip, undefined);
  assertEquals([profile.writeAlignment, profile.transferSize], [32, 2048]);
  assertEquals([profile.timing, profile.quirks], [undefined, []]);
  const none = profileOfDevice({ vendorId: 0x1209, productId: 1, strings: [] });
  assertEquals([none.name, none.alternates], ["Unknown device", []]);
});

Deno.test("profiles treat special areas as not erasable, whatever they claim", () => {
  const claim = "@Option Bytes  /0x1FFFC000/01*016 g";
  for (
    const profile of [
      profileOfLayout([FLASH, claim]),
      profileOfDevice({ ...ST, strings: [FLASH, claim] }),
    ]
  ) {
    const [flash, option] = profile.alternates;
    assertEquals(flash!.layout.regions.map((region) => region.erasable), [true, true, true]);
    assertEquals(option!.layout.regions.map((region) => region.erasable), [false]);
    assertEquals(option!.layout.regions[0]!.writable, true);
    assertEquals(option!.layout.notes, ["It claims to be erasable, which such an area is not"]);
  }
});

Deno.test("specialArea() knows the spellings of all vendors, and no ordinary memory", () => {
  const area = (name: string) => specialArea({ name, regions: [], notes: [] });
  assertEquals(
    ["Option Bytes", "Option byte", "Option Byte", "OTP Memory", "Device Feature"].map(area),
    ["option-bytes", "option-bytes", "option-bytes", "otp", "device-feature"],
  );
  for (const name of ["Internal Flash", "DATA Memory", "SPI Flash", "Optional", "", "Notes OTP"]) {
    assertEquals(area(name), undefined);
  }
});
