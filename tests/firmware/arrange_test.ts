import { assertEquals, assertThrows } from "@std/assert";
import { FirmwareError, PlanError } from "../../src/errors.ts";
import { arrangeElements, labelsOf } from "../../src/firmware/arrange.ts";
import { countingBytes } from "../helpers/firmware_files.ts";
import { randomTest, seededRandom } from "../helpers/random.ts";

interface TestElement {
  readonly address: number;
  readonly data: Uint8Array;
}

Deno.test("arrangeElements() sorts elements and asks for no bytes where none overlap", () => {
  const elements = [
    { address: 0x90000000, size: 4, offset: 20 },
    { address: 0x08000000, size: 4, offset: 0 },
    { address: 0x08000004, size: 2, offset: 10 },
    { address: 0x08000001, size: 0, offset: 30 },
  ];
  const copy = () => {
    throw new Error("no bytes are needed");
  };
  assertEquals(arrangeElements(elements, { ...labelsOf(0), copy }), {
    parts: [
      { element: 1, start: 0, address: 0x08000000, size: 4 },
      { element: 2, start: 0, address: 0x08000004, size: 2 },
      { element: 0, start: 0, address: 0x90000000, size: 4 },
    ],
    warnings: [],
  });
});

Deno.test("arrangeElements() merges elements that overlap with the same bytes, with a warning", () => {
  const arrangement = arrange([
    { address: 0x108, data: countingBytes(8, 8) },
    { address: 0x100, data: countingBytes(10) },
    { address: 0x10E, data: countingBytes(2, 14) },
  ]);
  assertEquals(arrangement.parts, [
    { element: 1, start: 0, address: 0x100, size: 10 },
    { element: 0, start: 2, address: 0x10A, size: 6 },
  ]);
  assertEquals(arrangement.warnings, [{
    message: "The elements of target 3 overlap with the same bytes, 4 bytes in all; the first " +
      "are element 0 and element 1 at 0x00000108..0x0000010A",
    offset: 1000,
  }]);
});

Deno.test("arrangeElements() names the first address at which two elements differ", () => {
  const changed = countingBytes(10);
  changed[9] = 0xAB;
  const error = assertThrows(
    () =>
      arrange([{ address: 0x108, data: countingBytes(8, 8) }, { address: 0x100, data: changed }]),
    PlanError,
  );
  assertEquals(
    error.message,
    "Cannot put the elements of target 3 together: at 0x00000109 element 0 " +
      "(0x00000108..0x00000110) has 0x09 and element 1 (0x00000100..0x0000010A) has 0xab, " +
      "expected the same bytes where they overlap",
  );
  assertEquals(error.facts, {
    address: 0x109,
    offset: 1000,
    parts: ["element 0", "element 1"],
  });
});

Deno.test("arrangeElements() compares long overlaps to their end", () => {
  const one = countingBytes(200_000);
  const other = one.slice();
  other[199_999] = 0;
  const error = assertThrows(
    () => arrange([{ address: 0, data: one }, { address: 0, data: other }]),
    PlanError,
  );
  assertEquals(error.facts.address, 199_999);
});

Deno.test("arrangeElements() refuses more overlaps than it can compare in time", () => {
  const bytes = countingBytes(800);
  const elements = Array.from({ length: 400 }, (_, address) => {
    return { address, data: bytes.subarray(address, address + 400) };
  });
  const error = assertThrows(() => arrange(elements), FirmwareError);
  assertEquals(error.facts, { offset: 362_000 });
});

randomTest(
  "arrangeElements() covers each address of any elements once, or finds the conflict",
  (seed) => {
    const random = seededRandom(seed);
    let conflicts = 0;
    for (let round = 0; round < 500; round++) {
      const truth = random.bytes(64);
      const elements = Array.from({ length: 1 + random.below(6) }, () => {
        const address = random.below(50);
        return { address, data: truth.slice(address, address + random.below(15)) };
      });
      if (random.below(3) === 0) {
        elements.forEach(({ data }) => data.set([7].slice(0, data.length)));
      }
      const bytes = new Map<number, Set<number>>();
      for (const { address, data } of elements) {
        data.forEach((byte, at) => {
          bytes.set(address + at, (bytes.get(address + at) ?? new Set()).add(byte));
        });
      }
      const differing = [...bytes].filter(([_, values]) => values.size > 1).map(([at]) => at);
      if (differing.length > 0) {
        const error = assertThrows(() => arrange(elements), PlanError);
        assertEquals(differing.includes(error.facts.address as number), true);
        conflicts++;
        continue;
      }
      const arranged: [number, number][] = arrange(elements).parts.flatMap((part) =>
        [...elements[part.element]!.data.subarray(part.start, part.start + part.size)]
          .map((byte, at): [number, number] => [part.address + at, byte])
      );
      const expected = [...bytes].map(([at, values]): [number, number] => [at, [...values][0]!]);
      assertEquals(arranged, expected.sort((a, b) => a[0] - b[0]));
    }
    assertEquals(conflicts > 20 && conflicts < 480, true, `${conflicts} conflicts`);
  },
);

function arrange(elements: readonly TestElement[]) {
  const placed = elements.map(({ address, data }, index) => {
    return { address, size: data.length, offset: index * 1000 };
  });
  return arrangeElements(placed, {
    ...labelsOf(3),
    copy: (part, into) => {
      const { data } = elements[part.element]!;
      into.set(data.subarray(part.start, part.start + part.size));
    },
  });
}
