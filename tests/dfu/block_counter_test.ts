import { assertEquals } from "@std/assert";
import { BlockCounter } from "../../src/dfu/block_counter.ts";

const SIZE = 2048;
const START = 0x08000000;

Deno.test("BlockCounter counts consecutive full blocks from 2 on", () => {
  const counter = new BlockCounter(SIZE);
  assertEquals(counter.next({ address: START, size: SIZE }), undefined);
  counter.start(START);
  for (let index = 0; index < 4; index++) {
    const extent = { address: START + index * SIZE, size: SIZE };
    assertEquals(counter.next(extent), 2 + index);
    counter.advance(extent);
  }
});

Deno.test("BlockCounter gives a short block a number only right behind the pointer, and none after it", () => {
  const counter = new BlockCounter(SIZE);
  counter.start(START);
  counter.advance({ address: START, size: SIZE });
  const tail = { address: START + SIZE, size: 16 };
  assertEquals(counter.next(tail), undefined);
  counter.start(tail.address);
  assertEquals(counter.next(tail), 2);
  counter.advance(tail);
  assertEquals(counter.next({ address: tail.address + 16, size: SIZE }), undefined);
  assertEquals(counter.next({ address: tail.address + SIZE, size: SIZE }), undefined);
});

Deno.test("BlockCounter wants a new pointer where the address jumps, either way", () => {
  const counter = new BlockCounter(SIZE);
  counter.start(START);
  counter.advance({ address: START, size: SIZE });
  for (const address of [START, START + 2 * SIZE, START + SIZE + 1]) {
    assertEquals(counter.next({ address, size: SIZE }), undefined);
  }
  counter.forget();
  assertEquals(counter.next({ address: START + SIZE, size: SIZE }), undefined);
});

Deno.test("BlockCounter uses 0xFFFF and wants a new pointer after it: wBlockNum has 16 bits", () => {
  const counter = new BlockCounter(1);
  counter.start(START);
  for (let block = 2; block < 0xFFFF; block++) {
    counter.advance({ address: START + block - 2, size: 1 });
  }
  const last = { address: START + 0xFFFF - 2, size: 1 };
  assertEquals(counter.next(last), 0xFFFF);
  counter.advance(last);
  assertEquals(counter.next({ address: last.address + 1, size: 1 }), undefined);
});
