import { assert, assertEquals } from "@std/assert";
import type { Attempt } from "../../src/station/attempt.ts";
import {
  initialState,
  type StationState,
  withAttempt,
  withPort,
  withProgress,
} from "../../src/cli/station_state.ts";
import { renderStation } from "../../src/cli/station_table.ts";
import { PLAIN_STYLE, type Style } from "../../src/cli/style.ts";

function attempt(result: "passed" | "failed", more: Partial<Attempt> = {}): Attempt {
  return {
    schema: "dfuse.attempt/1",
    id: "1",
    time: "2030-01-01T00:00:00.000Z",
    port: "A",
    path: "1-4.2",
    files: [],
    dfuse: "0.0.0",
    result,
    durations: { survey: 0, read: 0, erase: 0, write: 0, verify: 0, leave: 0, total: 12_345 },
    ...more,
  };
}

const LOST = {
  error: "TransportError",
  exitCode: 6,
  message: "Cannot write 0x08001000: the device was disconnected",
  facts: {},
};

/** Four ports: passed, failed, in work, empty. */
function line(): StationState {
  const names = new Map([["1-4.2", "A"], ["1-4.3", "B"]]);
  let state = initialState("firmware.dfu", names);
  state = withPort(state, { path: "1-10", state: "flashing", serial: "3573" });
  state = withPort(state, { path: "1-9", state: "queued" });
  const event = { kind: "progress", stage: "write", address: 0, size: 1, done: 61, total: 100 };
  state = withProgress(state, "1-10", { event: event as never, elapsedMs: 3100 });
  state = withAttempt(state, "1-4.2", attempt("passed", { unit: { serial: "A0001" } }));
  state = withPort(state, { path: "1-4.2", state: "passed", serial: "3574" });
  state = withAttempt(state, "1-4.3", attempt("failed", { error: LOST }));
  return withPort(state, { path: "1-4.3", state: "failed" });
}

function render(style: Partial<Style>, rows: number): string {
  return renderStation(line(), { ...PLAIN_STYLE, ...style }, { rows });
}

Deno.test("renderStation() shows large letters where there is room, at 80 columns", () => {
  assertEquals(
    render({}, 50),
    `firmware.dfu                                                passed 1   failed 1

####   ###   ####  ####  A (1-4.2)
#   # #   # #     #      PASS
####  #####  ###   ###   12.3 s
#     #   #     #     #  unit serial A0001
#     #   # ####  ####   device serial 3574

XXXXX  XXX  XXXXX X      B (1-4.3)
X     X   X   X   X      FAIL
XXXX  XXXXX   X   X      12.3 s
X     X   X   X   X
X     X   X XXXXX XXXXX

                         1-9
                         its turn comes




                         1-10
[#############........]  write 61 %
                         3.1 s
                         device serial 3573


B: Cannot write 0x08001000: the device was disconnected
`,
  );
});

Deno.test("renderStation() shows one line per port in a low window", () => {
  assertEquals(
    render({}, 24),
    `firmware.dfu                                                passed 1   failed 1

A         ** PASS **  12.3 s, unit serial A0001, device serial 3574
B         XX FAIL XX  12.3 s
1-9                   its turn comes
1-10                  write 61 %, 3.1 s, device serial 3573
B: Cannot write 0x08001000: the device was disconnected
`,
  );
});

Deno.test("renderStation() fits into 40 columns", () => {
  assertEquals(
    render({ columns: 40 }, 24),
    `firmware.dfu        passed 1   failed 1

A         ** PASS **  12.3 s, unit s...
B         XX FAIL XX  12.3 s
1-9                   its turn comes
1-10                  write 61 %, 3....
B: Cannot write 0x08001000: the device
  was disconnected
`,
  );
});

Deno.test("renderStation() tells what to do about a failure where the window has room for it", () => {
  const error = { ...LOST, hint: "Plug it in again, and run the same command." };
  const state = withAttempt(line(), "1-4.3", attempt("failed", { error }));
  const endOf = (rows: number) => {
    const text = renderStation(state, { ...PLAIN_STYLE, columns: 40 }, { rows });
    return text.slice(text.indexOf("B: Cannot"));
  };
  const message = "B: Cannot write 0x08001000: the device\n  was disconnected\n";
  assertEquals(
    endOf(11),
    `${message}  hint: Plug it in again, and run the\n    same command.\n`,
  );
  assertEquals(endOf(10), message);
  // Of two failures, the second may still have room for its own.
  const two = withPort(
    withAttempt(
      state,
      "1-10",
      attempt("failed", { error: { ...LOST, message: "Lost", hint: "Wait." } }),
    ),
    { path: "1-10", state: "failed" },
  );
  const text = renderStation(two, { ...PLAIN_STYLE, columns: 40 }, { rows: 11 });
  assert(text.endsWith(`${message}1-10: Lost\n  hint: Wait.\n`), text);
});

Deno.test("renderStation() never fills a line to the edge, in any window", () => {
  for (let columns = 20; columns <= 120; columns++) {
    for (const rows of [10, 60]) {
      const widths = render({ columns }, rows).split("\n").map((text) => text.length);
      assert(Math.max(...widths) < Math.max(columns, 34), `${columns} columns`);
    }
  }
});

Deno.test("renderStation() is lower than any window", () => {
  for (let rows = 2; rows < 40; rows++) assert(render({}, rows).split("\n").length <= rows);
});

Deno.test("withAttempt() counts neither way what the user stopped", () => {
  const { error: _, ...stopped } = attempt("failed");
  const state = withAttempt(line(), "1-9", { ...stopped, result: "interrupted" });
  assertEquals([state.passed, state.failed], [1, 1]);
});

Deno.test("renderStation() colours nothing but what the words say too", () => {
  // deno-lint-ignore no-control-regex
  const plain = render({ color: true }, 50).replaceAll(/\x1b\[\d+m/g, "");
  assertEquals(plain.replaceAll(/ +$/gm, ""), render({}, 50).replaceAll(/ +$/gm, ""));
});

Deno.test("renderStation() waits, and says that it stops", () => {
  const state = { ...initialState("fw.dfu", new Map()), stopping: true };
  const text = renderStation(state, PLAIN_STYLE, { rows: 24 });
  assert(text.includes("Waiting for a device.") && text.includes("Stopping when"), text);
});

Deno.test("withPort() puts named ports first, and the others in order of path", () => {
  assertEquals(line().ports.map(({ name }) => name), ["A", "B", "1-9", "1-10"]);
});
