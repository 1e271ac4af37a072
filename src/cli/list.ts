import { guessChips } from "../chips/guess_chip.ts";
import { type DeviceFacts, readDevice } from "../dfu/open_device.ts";
import { DfuRequest } from "../dfu/protocol.ts";
import { DfuseError } from "../errors.ts";
import { profileOfDevice } from "../plan/device_profile.ts";
import { realClock } from "../usb/real_clock.ts";
import type { UsbBus } from "../usb/bus.ts";
import { type DfuCandidate, discoverDevices } from "../usb/discovery.ts";
import { openUsbBus } from "../usb/node_usb.ts";
import { openCandidate } from "../usb/open_device.ts";
import type { Clock, Transport } from "../usb/transport.ts";
import { createCommand } from "./create_command.ts";
import { DISCOVERY } from "./device_options.ts";
import type { Output } from "./output.ts";
import { type DeviceList, listDocument, type ListedDevice, renderList } from "./render_list.ts";

/** `dfuse list`: what is attached. */
export function listCommand(output: Output) {
  return createCommand()
    .description("List the attached devices: boot loaders with their memory, and running programs.")
    .option("--json", "Print one JSON document (see docs/json.md).")
    .example("All devices", "dfuse list")
    .action(async (options) => {
      const list = await listDevices(await openUsbBus(), realClock());
      if (options.json === true) {
        output.out(JSON.stringify(listDocument(list), null, 2) + "\n");
        return;
      }
      const { text, notice } = renderList(list, output);
      output.out(text);
      output.err(notice);
    });
}

/**
 * Looks at every attached device. One that cannot be opened is listed with the reason.
 *
 * @throws {TransportError} if the system has no USB.
 */
export async function listDevices(bus: UsbBus, clock: Clock): Promise<DeviceList> {
  const { candidates, others } = await discoverDevices(bus, DISCOVERY);
  const devices = await Promise.all(candidates.map((candidate) => lookAt(candidate, clock)));
  return { devices, otherCount: others.length };
}

/** A device that runs its program is left alone: nothing more would be learnt from it. */
async function lookAt(candidate: DfuCandidate, clock: Clock): Promise<ListedDevice> {
  const { device } = candidate;
  if (device.mode === "runtime") return { device };
  try {
    const { transport } = await openCandidate(candidate, { clock });
    try {
      const facts = await readDevice(transport);
      const state = await readState(transport, facts.interfaceNumber);
      return {
        device,
        facts,
        profile: profileOfDevice(identityOf(facts)),
        chips: guessChips(facts).map((chip) => chip.id),
        ...(state === undefined ? {} : { state }),
      };
    } finally {
      await transport.close();
    }
  } catch (error) {
    if (!(error instanceof DfuseError)) throw error;
    return { device, problem: error };
  }
}

function identityOf(facts: DeviceFacts) {
  const { functional, ...identity } = facts;
  const size = functional?.transferSize ?? 0;
  return { ...identity, ...(size > 0 ? { transferSize: size } : {}) };
}

const CLASS_INTERFACE_IN = 0xA1;
const STATE_TIMEOUT_MS = 1_000;

/** GETSTATE changes nothing (DFU 1.1 §6.1.5), unlike GETSTATUS. Undefined if the device does not answer. */
async function readState(transport: Transport, index: number): Promise<number | undefined> {
  const setup = { requestType: CLASS_INTERFACE_IN, request: DfuRequest.getState, value: 0, index };
  try {
    return (await transport.controlIn(setup, 1, STATE_TIMEOUT_MS))[0];
  } catch (error) {
    if (error instanceof DfuseError) return undefined;
    throw error;
  }
}
