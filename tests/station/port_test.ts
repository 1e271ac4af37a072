import { assertEquals } from "@std/assert";
import {
  emptyPort,
  finishPort,
  observePort,
  type Port,
  RETURN_MS,
  type SeenDevice,
} from "../../src/station/port.ts";

const DEVICE = { serial: "A" };

function look(port: Port, nowMs: number, device: SeenDevice | undefined = DEVICE): Port {
  return observePort(port, { device, nowMs });
}

function gone(port: Port, nowMs: number): Port {
  return observePort(port, { device: undefined, nowMs });
}

function done(passed: boolean, hasLeft: boolean): Port {
  return finishPort(look(emptyPort("1-1"), 0), { passed, hasLeft });
}

Deno.test("observePort() queues a device that comes, and forgets one that goes before its turn", () => {
  const queued = look(emptyPort("1-1"), 0);
  assertEquals(queued, { path: "1-1", state: "queued", serial: "A" });
  assertEquals(gone(queued, 1), emptyPort("1-1"));
});

Deno.test("observePort() leaves a port alone that is being flashed", () => {
  const port: Port = { path: "1-1", state: "flashing" };
  assertEquals(gone(port, 5), port);
  assertEquals(look(port, 6), port);
});

Deno.test("observePort() shows a result as long as the device is there", () => {
  assertEquals(look(done(true, false), 1e9).state, "passed");
  assertEquals(look(done(false, false), 1e9).state, "failed");
});

Deno.test("observePort() clears the result of a device that is taken out", () => {
  const absent = gone(done(true, false), 10);
  assertEquals(absent.state, "passed");
  assertEquals(gone(absent, 10 + RETURN_MS), emptyPort("1-1"));
});

Deno.test("observePort() keeps the result of a device that went to run its program", () => {
  const absent = gone(done(true, true), 10);
  const later = gone(absent, 1e6);
  assertEquals(later.state, "passed");
  assertEquals(look(later, 1e6 + 1).state, "queued");
});

Deno.test("observePort() takes a device for the next unit after a while, or by its serial number", () => {
  const absent = gone(done(true, true), 10);
  assertEquals(look(absent, 10 + RETURN_MS).state, "queued");
  assertEquals(look(absent, 11, { serial: "B" }).state, "queued");
});

Deno.test("observePort() shows no pass for what comes back at once, and flashes it only after it was taken out", () => {
  const back = look(gone(done(true, true), 10), 9 + RETURN_MS);
  assertEquals(back.state, "returned");
  assertEquals(look(back, 1e6).state, "returned");
  const absent = gone(back, 2e6);
  assertEquals(gone(absent, 2e6 + RETURN_MS), emptyPort("1-1"));
});

Deno.test("observePort() keeps the failure of what comes back at once", () => {
  const back = look(gone(done(false, true), 10), 11);
  assertEquals(back.state, "failed");
  assertEquals(back.absentSinceMs, undefined);
});

/** A unit that was found running its program, and is done. */
const PROGRAM = { serial: "P", isProgram: true };

function doneProgram(hasLeft: boolean): Port {
  return finishPort(look(emptyPort("1-1"), 0, PROGRAM), { passed: true, hasLeft });
}

Deno.test("observePort() knows a unit in its boot loader for the one whose program was there", () => {
  const stays = look(doneProgram(false), 10);
  assertEquals([stays.state, stays.serial, stays.isProgram], ["passed", "A", undefined]);
  const back = look(gone(stays, 20), 21);
  assertEquals(back.state, "returned");
});

Deno.test("observePort() does not compare the serial numbers of a program and a boot loader", () => {
  const stays = look(doneProgram(false), 10);
  assertEquals(look(gone(stays, 20), 21, PROGRAM).state, "returned");
  assertEquals(look(gone(stays, 20), 21, { serial: "B" }).state, "queued");
  assertEquals(look(gone(stays, 20), 20 + RETURN_MS, PROGRAM).state, "queued");
});

Deno.test("observePort() takes the program of a unit that started it for that unit, however late", () => {
  const back = look(gone(doneProgram(true), 10), 1e6, PROGRAM);
  assertEquals([back.state, back.hasLeft], ["returned", false]);
  const failed: Port = { ...doneProgram(true), state: "failed" };
  assertEquals(look(gone(failed, 10), 1e6, PROGRAM).state, "queued");
  const next = look(emptyPort("1-1"), 2e6, PROGRAM);
  assertEquals([next.state, next.isProgram], ["queued", true]);
});
