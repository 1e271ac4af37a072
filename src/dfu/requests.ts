import { DeviceError } from "../errors.ts";
import type { ControlSetup, Transport } from "../usb/transport.ts";
import { decodeStatus, DfuRequest, type DfuStatus, STATUS_SIZE } from "./protocol.ts";

/** bmRequestType: class requests to the interface, out of and into the host (USB 2.0 §9.3.1). */
const CLASS_OUT = 0x21;
const CLASS_IN = 0xA1;

/** SET_INTERFACE, a standard request to the interface (USB 2.0 §9.4.10). */
const STANDARD_INTERFACE_OUT = 0x01;
const SET_INTERFACE = 11;

/** Long enough for every request that makes the device do no flash work. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** The requests of DFU 1.1, one control transfer each; they know nothing of states. */
export class DfuRequests {
  readonly #transport: Transport;
  readonly #interfaceNumber: number;

  constructor(transport: Transport, interfaceNumber: number) {
    this.#transport = transport;
    this.#interfaceNumber = interfaceNumber;
  }

  /** Throws `DeviceError` where the answer is shorter than DFU 1.1 demands. */
  async getStatus(timeoutMs: number = REQUEST_TIMEOUT_MS): Promise<DfuStatus> {
    const setup = this.#setup(CLASS_IN, DfuRequest.getStatus, 0);
    const bytes = await this.#transport.controlIn(setup, STATUS_SIZE, timeoutMs);
    const status = decodeStatus(bytes);
    if (status !== undefined) return status;
    throw new DeviceError(
      `Cannot read the device's status: ${bytes.length} bytes, expected ${STATUS_SIZE}`,
      { hint: "Unplug the device, plug it in again, and run the same command once more." },
    );
  }

  async clearStatus(): Promise<void> {
    await this.#out(DfuRequest.clearStatus, 0, new Uint8Array());
  }

  async abort(): Promise<void> {
    await this.#out(DfuRequest.abort, 0, new Uint8Array());
  }

  async download(block: number, data: Uint8Array): Promise<void> {
    await this.#out(DfuRequest.download, block, data);
  }

  upload(block: number, length: number): Promise<Uint8Array> {
    const setup = this.#setup(CLASS_IN, DfuRequest.upload, block);
    return this.#transport.controlIn(setup, length, REQUEST_TIMEOUT_MS);
  }

  async selectAlternate(alternate: number): Promise<void> {
    const setup = {
      requestType: STANDARD_INTERFACE_OUT,
      request: SET_INTERFACE,
      value: alternate,
      index: this.#interfaceNumber,
    };
    await this.#transport.controlOut(setup, new Uint8Array(), REQUEST_TIMEOUT_MS);
  }

  async #out(request: number, value: number, data: Uint8Array): Promise<void> {
    const setup = this.#setup(CLASS_OUT, request, value);
    await this.#transport.controlOut(setup, data, REQUEST_TIMEOUT_MS);
  }

  #setup(requestType: number, request: number, value: number): ControlSetup {
    return { requestType, request, value, index: this.#interfaceNumber };
  }
}
