import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findChip } from "../../src/chips/chips.ts";
import { renderServed, renderSimulatorReports } from "../../src/cli/render_simulate.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { createSimulatedDevice } from "../../src/simulator/simulated_device.ts";
import { UsbipBus } from "../../src/simulator/usbip_server.ts";
import { VirtualClock } from "../../src/simulator/virtual_clock.ts";
import { dfuseCommand, runDfuse } from "../helpers/run_dfuse.ts";
import { importRequest, submitCommand } from "../simulator/usbip_client.ts";

Deno.test({
  name: "dfuse simulate serves devices until Ctrl-C, and then reports and keeps their memory",
  // Windows cannot send Ctrl-C to one process.
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const [record, image] = [`${folder}/record.jsonl`, `${folder}/board.img`];
    const child = startSimulate(
      [`stm32f042,image=${image},speed=1000`, "--count", "2", "--record", record],
    );
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("Ctrl-C")) text += (await output.read()).value ?? "Ctrl-C";
    assertStringIncludes(text, "2 simulated devices on 127.0.0.1:");
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(importRequest("1-2"));
    await connection.write(submitCommand(1, { setup: [0x80, 6, 0, 1, 0, 0, 18, 0] }));
    const reader = connection.readable.getReader();
    for (let size = 0; size < 320 + 48 + 18;) size += (await reader.read()).value?.length ?? 1000;
    child.kill("SIGINT");
    const [{ code }, errors] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
      reader.read().then(() => reader.cancel()),
    ]);
    for (let { value } = await output.read(); value !== undefined;) {
      text += value;
      ({ value } = await output.read());
    }
    assertEquals(code, 0);
    assertStringIncludes(text, "1-1  0 transfers, 0 pages erased, 0 B written, 0 B read, no viol");
    assertStringIncludes(text, "1-2  1 transfer, 0 pages");
    assertStringIncludes(errors, "1-2 attached by 127.0.0.1:");
    const { startMs, endMs, ...line } = JSON.parse(await Deno.readTextFile(record));
    assert(endMs > startMs);
    assertEquals(line, {
      ...{ device: "1-2", name: "GET_DESCRIPTOR", requestType: 0x80, request: 6, value: 256 },
      ...{ index: 0, length: 18, result: "ok", size: 18 },
      data: "12 01 00 01 00 00 00 40 83 04 11 df 00 22 01 02",
    });
    assert((await Deno.stat(`${image}.2`)).isFile, "each device has an image of its own");
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "dfuse simulate goes on serving where its record cannot be written, and says so once",
  // The executable may open no devices, so that it refuses this one at once.
  ignore: Deno.build.os !== "linux" || dfuseCommand().length === 1,
  async fn() {
    const child = startSimulate(["stm32f042,speed=1000", "--record", "/dev/full"]);
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await readUntil(output, "Ctrl-C"))!;
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const reader = connection.readable.getReader();
    const getDescriptor = async (sequence: number, replySize: number) => {
      await connection.write(submitCommand(sequence, { setup: [0x80, 6, 0, 1, 0, 0, 18, 0] }));
      for (let size = 0; size < replySize;) size += (await reader.read()).value?.length ?? 1000;
    };
    await connection.write(importRequest("1-1"));
    await getDescriptor(1, 320 + 48 + 18);
    let said = await readUntil(errors, "without a record.");
    await getDescriptor(2, 48 + 18);
    child.kill("SIGINT");
    const reports = await readUntil(output);
    said += await readUntil(errors);
    await reader.cancel();
    assertEquals((await child.status).code, 8, said);
    assertStringIncludes(
      said,
      "error: Cannot write /dev/full: the disk is full\nhint: The devices go",
    );
    assertEquals(said.split("error: ").length, 2, said);
    assertStringIncludes(reports, "1-1  2 transfers");
  },
});

/** `dfuse simulate` at a port that is free. */
function startSimulate(args: readonly string[]): Deno.ChildProcess {
  const [program, ...first] = dfuseCommand();
  return new Deno.Command(program!, {
    args: [...first, "simulate", ...args, "--port", "0"],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What a stream says up to a text, or to its end. */
async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  wanted?: string,
): Promise<string> {
  let text = "";
  while (wanted === undefined || !text.includes(wanted)) {
    const { value } = await reader.read();
    if (value === undefined) return text;
    text += value;
  }
  return text;
}

for (
  const [args, message] of [
    [["stm32f999"], "stm32f999"],
    [["stm32f405", "--count", "0"], "Cannot simulate 0 devices, expected 1 to 64"],
    [["stm32f405", "stm32f042", "--count", "33"], "Cannot simulate 66 devices"],
    [["stm32f405", "--port", "65536"], "Cannot listen on port 65536"],
    [["stm32f405", "--port", "0", "--record", "no/such/folder/x"], "Cannot write no/such/folder/x"],
  ] as const
) {
  Deno.test(`dfuse simulate ${args.join(" ")} is refused`, async () => {
    const { code, stderr } = await runDfuse(["simulate", ...args]);
    assertEquals(code, 2);
    assertStringIncludes(stderr.replaceAll("\n  ", " "), message);
  });
}

Deno.test("renderServed() says how to attach, with the port where it is not the usual one", () => {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f405"), serial: "A1" }, clock);
  const devices = [{ device, clock }];
  const bus = new UsbipBus(devices);
  const text = (port: number) =>
    renderServed({ bus, devices, server: { hostname: "127.0.0.1", port } }, PLAIN_STYLE);
  assertStringIncludes(text(3240), "1 simulated device on 127.0.0.1:3240\n");
  assertStringIncludes(text(3240), "  1-1  0483:df11, serial A1\n");
  assertStringIncludes(text(3240), "sudo usbip attach -r 127.0.0.1 -b 1-1\n");
  assertStringIncludes(text(3241), "usbip --tcp-port 3241 attach");
});

Deno.test("renderSimulatorReports() lists what the host did wrong", async () => {
  const clock = new VirtualClock();
  const device = createSimulatedDevice({ chip: findChip("stm32f405") }, clock);
  const transport = await device.open();
  const detach = { requestType: 0x21, request: 0, value: 0, index: 0 };
  await transport.controlOut(detach, new Uint8Array(0), 1000).catch(() => {});
  const devices = [{ device, clock }];
  assertEquals(
    renderSimulatorReports({ bus: new UsbipBus(devices), devices }, PLAIN_STYLE),
    "1-1  1 transfer, 0 pages erased, 0 B written, 0 B read, 1 violation\n" +
      "       DETACH in dfuIDLE\n",
  );
});
