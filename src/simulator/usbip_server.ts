import { DfuseError, messageOf, TransportError } from "../errors.ts";
import { formatUsbIds } from "../format.ts";
import type { Clock } from "../usb/transport.ts";
import type { SimulatedDevice } from "./simulated_device.ts";
import { serveImport, type TransferRecord } from "./usbip_import.ts";
import {
  BUS_ID_SIZE,
  decodeBusId,
  decodeOperation,
  type DeviceRecord,
  encodeDeviceList,
  encodeImport,
  IMPORT_STATUS,
  OPERATION_HEADER_SIZE,
} from "./usbip_protocol.ts";
import { type ByteInput, UsbipReader } from "./usbip_reader.ts";

/** A simulated device that hosts may attach; it is plugged in while one has it. */
export interface ServedDevice {
  readonly device: SimulatedDevice;
  /** The one that the device was made with. */
  readonly clock: Clock;
}

/** What is told about the devices as it happens; bus ids are as in `usbip list`. */
export interface UsbipEvents {
  /** A line for people. */
  readonly log?: (text: string) => void;
  readonly transfer?: (busId: string, record: TransferRecord) => void;
}

/** A TCP connection, or what acts as one in a test. */
export interface ByteDuplex extends ByteInput {
  /** Sends the first bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Bus 1 of a USB/IP server: simulated devices at the ports 1-1, 1-2, and so on. */
export class UsbipBus {
  readonly #ports: readonly Port[];
  readonly #events: UsbipEvents;

  constructor(devices: readonly ServedDevice[], events: UsbipEvents = {}) {
    this.#events = events;
    this.#ports = devices.map((served, index) => ({
      ...served,
      busId: `${BUS_NUMBER}-${index + 1}`,
      deviceNumber: index + FIRST_DEVICE_NUMBER,
      isImported: false,
    }));
  }

  get busIds(): readonly string[] {
    return this.#ports.map(({ busId }) => busId);
  }

  /** Serves one connection to its end. What the other side does wrong ends it, with a line in the log. */
  async serve(connection: ByteDuplex, peer: string): Promise<void> {
    const reader = new UsbipReader(connection);
    const write = createWriter(connection);
    try {
      await this.#serveOperation({ reader, write, peer });
    } catch (error) {
      if (!isOfConnection(error)) throw error;
      this.#events.log?.(`Connection of ${peer} ended. ${error.message}`);
    } finally {
      reader.cancel();
      closeOnce(connection);
    }
  }

  async #serveOperation(connection: Connection): Promise<void> {
    const { reader, write } = connection;
    const header = await reader.read(OPERATION_HEADER_SIZE);
    if (header === undefined) return;
    if (decodeOperation(header) === "list") {
      return await write(encodeDeviceList(this.#ports.map(recordOf)));
    }
    const bytes = await reader.read(BUS_ID_SIZE);
    if (bytes === undefined) return;
    const busId = decodeBusId(bytes);
    const port = this.#ports.find((port) => port.busId === busId);
    if (port === undefined) return await write(encodeImport(IMPORT_STATUS.noDevice));
    if (port.isImported) return await write(encodeImport(IMPORT_STATUS.busy));
    port.isImported = true;
    try {
      await this.#import(port, connection);
    } finally {
      port.isImported = false;
    }
  }

  /** To attach is to plug in the cable, to detach is to pull it. What has left by itself to come back waits for it. */
  async #import(port: Port, { reader, write, peer }: Connection): Promise<void> {
    const { device, clock, busId } = port;
    const { log, transfer } = this.#events;
    if (!device.isPresent) device.replug();
    const transport = await device.open();
    try {
      await write(encodeImport(recordOf(port)));
      log?.(`${busId} attached by ${peer}`);
      const onTransfer = transfer && ((done: TransferRecord) => transfer(busId, done));
      await serveImport({ device, clock, transport, reader, write, onTransfer });
    } finally {
      const hasLeft = !transport.isConnected;
      const next = hasLeft && device.isPresent
        ? `; it is ${formatUsbIds(device.describe())} now, to be attached again`
        : "";
      log?.(`${busId} ${hasLeft ? "has left the bus" : "detached"}${next}`);
      if (!hasLeft) device.unplug();
    }
  }
}

/** A server that runs. */
export interface UsbipServer {
  readonly hostname: string;
  /** The one that was asked for, or the one that was free if that was 0. */
  readonly port: number;
  /** Ends all connections; every device is unplugged when it resolves. */
  stop(): Promise<void>;
}

/**
 * Serves a bus over TCP.
 *
 * @throws {TransportError} `busy` if the port is in use, `access-denied` if it may not be used, else `fault`.
 */
export function startUsbipServer(
  bus: UsbipBus,
  options: { readonly hostname: string; readonly port: number },
): UsbipServer {
  const listener = listen(options);
  const connections = new Map<Deno.TcpConn, Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      if (connections.size >= MAXIMUM_CONNECTIONS) {
        connection.close();
        continue;
      }
      // A control transfer is two small messages: to wait for more to send would cost 40 ms each.
      connection.setNoDelay(true);
      const { hostname, port } = connection.remoteAddr;
      const served = bus.serve(connection, `${hostname}:${port}`);
      connections.set(connection, served.finally(() => connections.delete(connection)));
    }
  })();
  return {
    hostname: listener.addr.hostname,
    port: listener.addr.port,
    async stop() {
      listener.close();
      await accepting;
      const served = [...connections.values()];
      for (const connection of connections.keys()) closeOnce(connection);
      await Promise.all(served);
    },
  };
}

const BUS_NUMBER = 1;
/** Number 1 is the root hub. */
const FIRST_DEVICE_NUMBER = 2;
/** Far more than there are ports in one Linux host controller for USB/IP; a bound for memory. */
const MAXIMUM_CONNECTIONS = 256;

interface Port extends ServedDevice {
  readonly busId: string;
  readonly deviceNumber: number;
  isImported: boolean;
}

/** As the device is now: a program and a boot loader have different ids. */
function recordOf({ device, busId, deviceNumber }: Port): DeviceRecord {
  const { vendorId, productId, deviceVersion, interfaces } = device.describe();
  const place = { busId, busNumber: BUS_NUMBER, deviceNumber };
  return { ...place, vendorId, productId, deviceVersion, interfaces };
}

interface Connection {
  readonly reader: UsbipReader;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly peer: string;
}

function listen(options: { readonly hostname: string; readonly port: number }): Deno.TcpListener {
  try {
    return Deno.listen(options);
  } catch (cause) {
    // Deno would tell how to compile dfuse with other rights.
    const reason = cause instanceof Deno.errors.NotCapable
      ? "other machines could reach it, expected 127.0.0.1 or ::1"
      : messageOf(cause);
    const what = `Cannot listen on ${options.hostname}:${options.port}: ${reason}`;
    if (cause instanceof Deno.errors.AddrInUse) {
      const hint = "Another program uses the port: choose one with --port, for example 3241.";
      throw new TransportError("busy", what, { hint, cause });
    }
    if (cause instanceof Deno.errors.NotCapable) {
      const hint =
        "dfuse serves this machine only. For another one, forward the port, for example " +
        `with: ssh -R ${options.port}:127.0.0.1:${options.port} OTHER-MACHINE`;
      throw new TransportError("access-denied", what, { hint, cause });
    }
    const isDenied = cause instanceof Deno.errors.PermissionDenied;
    throw new TransportError(isDenied ? "access-denied" : "fault", what, { cause });
  }
}

/** Writes messages whole, one after the other. */
function createWriter(connection: ByteDuplex): (bytes: Uint8Array) => Promise<void> {
  let turn = Promise.resolve();
  return (bytes) => turn = turn.then(() => writeAll(connection, bytes));
}

async function writeAll(connection: ByteDuplex, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

/** One that has been closed throws. */
function closeOnce(connection: ByteDuplex): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** The other side broke the rules or the line, or an image file cannot be saved; anything else is a bug. */
function isOfConnection(error: unknown): error is Error {
  return error instanceof DfuseError || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.NotConnected;
}
