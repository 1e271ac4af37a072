import { assertEquals } from "@std/assert";
import { parseMemoryLayout } from "../../src/plan/memory_layout.ts";
import { FlashMemory } from "../../src/simulator/flash_memory.ts";

function memoryOf(...layouts: string[]): FlashMemory {
  const alternates = layouts.map((text, alternate) => ({
    alternate,
    layout: parseMemoryLayout(text),
  }));
  return new FlashMemory({ alternates, fill: "blank", seed: 1, erasedByte: 0xFF });
}

Deno.test("FlashMemory joins regions that touch and keeps others apart", () => {
  const memory = memoryOf(
    "@Flash /0x08000000/2*16Kg,1*64Kg/0x08040000/1*16Kg",
    "@RAM /0x20000000/1*1Kf",
  );
  assertEquals(
    memory.areas.map(({ alternate, address, bytes }) => [alternate, address, bytes.length]),
    [
      [0, 0x08000000, 96 * 1024],
      [0, 0x08040000, 16 * 1024],
      [1, 0x20000000, 1024],
    ],
  );
});

Deno.test("FlashMemory tells what an area is by its name and its letters", () => {
  const kinds = (text: string) => memoryOf(text).areas.map((area) => area.kind);
  assertEquals(kinds("@Internal Flash /0x08000000/2*16Ka,2*16Kg"), ["flash"]);
  assertEquals(kinds("@Read Only /0x08000000/2*16Ka"), ["flash"]);
  assertEquals(kinds("@Option Bytes  /0x1FFFC000/01*016 e"), ["option-bytes"]);
  assertEquals(kinds("@OTP Memory /0x1FFF7800/01*512 e"), ["otp"]);
  assertEquals(kinds("@Device Feature/0xFFFF0000/01*004 e"), ["device-feature"]);
  assertEquals(kinds("@DATA Memory /0x08080000/2*3Ke"), ["direct"]);
});

Deno.test("FlashMemory has pages that are no power of two, and finds none where there is no erase", () => {
  const memory = memoryOf("@Flash /0x08000000/4*3Kg,1*3Ka");
  const page = memory.erasablePageAt(0x08000000 + 3 * 1024, 0);
  assertEquals([page?.address, page?.size], [0x08000C00, 3072]);
  assertEquals(memory.erasablePageAt(0x08000000 + 12 * 1024, 0), undefined);
  assertEquals(memory.erasablePageAt(0x08000000 + 15 * 1024, 0), undefined);
  assertEquals(memory.erasablePages().length, 4);
});

Deno.test("FlashMemory is written in one area and in writable regions only", () => {
  const memory = memoryOf("@Flash /0x08000000/1*1Kg,1*1Ka,1*1Kg");
  const area = memory.areas[0]!;
  const isWritable = (address: number, size: number) => memory.isWritable(area, { address, size });
  assertEquals(isWritable(0x08000000, 1024), true);
  assertEquals(isWritable(0x08000000, 1025), false);
  assertEquals(isWritable(0x08000400, 1), false);
  assertEquals(isWritable(0x08000800, 1024), true);
  assertEquals(isWritable(0x08000800, 1025), false);
});

Deno.test("FlashMemory reads up to what cannot be read", () => {
  const memory = memoryOf("@Flash /0x08000000/1*1Kg,1*1Kf,1*1Kg");
  const area = memory.areas[0]!;
  assertEquals(memory.read(area, { address: 0x08000300, size: 1024 }).length, 256);
  assertEquals(memory.isReadable(area, 0x08000400), false);
  assertEquals(memory.read(area, { address: 0x08000900, size: 4096 }).length, 0x300);
});
