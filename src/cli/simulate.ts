import { createCommand } from "./create_command.ts";
import { ExitCode, UsageError } from "../errors.ts";
import { createSimulatedDevice } from "../simulator/simulated_device.ts";
import { parseSimulatorSpec, type SimulatorSpec } from "../simulator/simulator_spec.ts";
import { UsbipClock } from "../simulator/usbip_clock.ts";
import { type ServedDevice, startUsbipServer, UsbipBus } from "../simulator/usbip_server.ts";
import { type Output, renderError, ReportedError } from "./output.ts";
import { addStopListener, removeStopListener } from "./stop_signals.ts";
import { openTransferLog } from "./transfer_log.ts";
import { renderServed, renderSimulatorReports } from "./render_simulate.ts";

interface SimulateFlags {
  readonly count?: number;
  readonly host?: string;
  readonly port?: number;
  readonly record?: string;
}

/** `dfuse simulate`: simulated devices for any program on Linux or Windows, over USB/IP. */
export function simulateCommand(output: Output) {
  return createCommand()
    .description("Serve simulated devices over USB/IP, to be attached like real ones.")
    .arguments("<chip...:string:chip>")
    .option("-n, --count <number:integer>", "So many devices of each kind. Default: 1.")
    .option("--host <address:string>", `Address to listen on. Default: ${DEFAULT_HOST}.`)
    .option("--port <number:integer>", `TCP port to listen on. Default: ${DEFAULT_PORT}.`)
    .option("--record <file:file>", "Write every transfer to a file, one JSON object per line.")
    .example("One board", "dfuse simulate stm32f405")
    .example("Eight boards, ten times as fast", "dfuse simulate stm32f405,speed=10 --count 8")
    .example(
      "Two kinds, one with memory that stays",
      "dfuse simulate stm32f042,image=a.img gd32vf103",
    )
    .action((flags: SimulateFlags, ...specs: string[]) => simulate(output, { ...flags, specs }));
}

/** The port that USB/IP is registered for. */
const DEFAULT_PORT = 3240;
/** Whoever can reach the port can attach the devices, so nobody else can unless asked for. */
const DEFAULT_HOST = "127.0.0.1";
/** As many as Linux can attach to all of its virtual host controllers. */
const MAXIMUM_DEVICES = 64;

async function simulate(
  output: Output,
  flags: SimulateFlags & { readonly specs: readonly string[] },
): Promise<void> {
  const { count = 1, host: hostname = DEFAULT_HOST, port = DEFAULT_PORT } = flags;
  if (port < 0 || port > 65_535) {
    throw new UsageError(`Cannot listen on port ${port}, expected 0 to 65535`);
  }
  const devices = createDevices(flags.specs, count);
  const transferLog = flags.record === undefined ? undefined : openTransferLog(flags.record, {
    onLoss: (error) => output.err(renderError(error, output.errorStyle)),
  });
  const bus = new UsbipBus(devices, {
    log: (text) => output.err(`${text}\n`),
    ...(transferLog === undefined ? {} : { transfer: transferLog.add }),
  });
  const server = startUsbipServer(bus, { hostname, port });
  output.out(renderServed({ bus, devices, server }, output.style));
  await interrupted();
  // The terminal has written ^C.
  if (output.errorIsTerminal) output.err("\n");
  await server.stop();
  const isRecorded = transferLog?.close() ?? true;
  output.out(renderSimulatorReports({ bus, devices }, output.style));
  if (!isRecorded) throw new ReportedError(ExitCode.output);
}

/** The given parts, each so many times. */
function createDevices(specs: readonly string[], count: number): ServedDevice[] {
  const total = specs.length * count;
  if (!(count >= 1) || total > MAXIMUM_DEVICES) {
    throw new UsageError(`Cannot simulate ${total} devices, expected 1 to ${MAXIMUM_DEVICES}`);
  }
  return specs.flatMap((text) => {
    const spec = parseSimulatorSpec(text);
    return Array.from({ length: count }, (_, index) => createServed(spec, index));
  });
}

/** Devices of one kind differ in what chance decides, serial numbers too where the part has any, and in their files. */
function createServed({ options, speed = 1 }: SimulatorSpec, index: number): ServedDevice {
  const { seed = 1, image } = options;
  const clock = new UsbipClock(speed);
  const imageOfIts = image === undefined || index === 0 ? image : `${image}.${index + 1}`;
  const device = createSimulatedDevice({
    ...options,
    seed: seed + index,
    ...(imageOfIts === undefined ? {} : { image: imageOfIts }),
  }, clock);
  return { device, clock };
}

/** Resolves at Ctrl-C, or when the system asks the program to end. */
async function interrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  addStopListener(resolve);
  await promise;
  removeStopListener(resolve);
}
