import { assertEquals } from "@std/assert";
import {
  decodeStatus,
  describeState,
  describeStatus,
  DfuState,
  encodeErasePage,
  encodeMassErase,
  encodeSetAddress,
  nameOfState,
} from "../../src/dfu/protocol.ts";
import { DFU_STATES, DFU_STATUSES } from "../../src/simulator/dfu_numbers.ts";

Deno.test("encodeSetAddress() writes every address as 0x21 and four bytes, lowest first", () => {
  assertEquals(encodeSetAddress(0), Uint8Array.of(0x21, 0, 0, 0, 0));
  assertEquals(encodeSetAddress(0x08001234), Uint8Array.of(0x21, 0x34, 0x12, 0x00, 0x08));
  assertEquals(encodeSetAddress(0x90000000), Uint8Array.of(0x21, 0, 0, 0, 0x90));
  assertEquals(encodeSetAddress(0xFFFFFFFF), Uint8Array.of(0x21, 0xFF, 0xFF, 0xFF, 0xFF));
});

Deno.test("encodeErasePage() and encodeMassErase() differ in the address only", () => {
  assertEquals(encodeErasePage(0xFFFF0000), Uint8Array.of(0x41, 0, 0, 0xFF, 0xFF));
  assertEquals(encodeMassErase(), Uint8Array.of(0x41));
});

Deno.test("decodeStatus() reads 24 bits of bwPollTimeout", () => {
  const status = (...bytes: number[]) => decodeStatus(Uint8Array.from(bytes));
  assertEquals(status(0, 0, 0, 0, 2, 0), { status: 0, pollTimeoutMs: 0, state: 2 });
  assertEquals(status(11, 1, 2, 3, 10, 9), { status: 11, pollTimeoutMs: 0x030201, state: 10 });
  assertEquals(status(15, 0xFF, 0xFF, 0xFF, 4, 0)?.pollTimeoutMs, 0xFFFFFF);
});

Deno.test("decodeStatus() takes no answer that is too short", () => {
  for (let size = 0; size < 6; size++) {
    assertEquals(decodeStatus(new Uint8Array(size)), undefined);
  }
});

Deno.test("Every state and status has the number and the name that the simulator gives it", () => {
  DFU_STATES.forEach((name, number) => {
    assertEquals(nameOfState(number), name);
    assertEquals(describeState(number).name, `${name} (${number})`);
  });
  for (const [name, number] of Object.entries(DfuState)) {
    assertEquals(nameOfState(number), name.replace("_", "-").replace("_", "-"));
  }
  DFU_STATUSES.forEach((name, number) =>
    assertEquals(describeStatus(number).name, `${name} (${number})`)
  );
});

Deno.test("describeStatus() and describeState() have words for numbers that do not exist", () => {
  assertEquals(describeStatus(16).name, "unknown status (16)");
  assertEquals(describeState(11).name, "unknown state (11)");
  assertEquals(nameOfState(11), "unknown state 11");
});
