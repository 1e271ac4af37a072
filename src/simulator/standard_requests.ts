import {
  CONFIGURATION_VALUE,
  encodeConfiguration,
  encodeDevice,
  encodeFunctional,
  type SelfDescription,
} from "./descriptor_bytes.ts";
import { ACKNOWLEDGED, NEVER, type Reply, STALL, type UsbRequest } from "./usb_request.ts";

/** What SET_CONFIGURATION and SET_INTERFACE have set. */
export interface UsbSettings {
  /** 0: none, and with it no interface (USB 2.0 §9.1.1.4). Whoever opens a device finds it configured. */
  configuration: number;
  /** Of the only interface that has several. */
  alternate: number;
}

/** Requests that every USB device knows (USB 2.0 §9.4), with the numbers of their setup packets. */
const STANDARD_REQUESTS: Readonly<Record<string, string>> = {
  "80.0": "GET_STATUS",
  "81.0": "GET_STATUS",
  "82.0": "GET_STATUS",
  "00.1": "CLEAR_FEATURE",
  "01.1": "CLEAR_FEATURE",
  "02.1": "CLEAR_FEATURE",
  "00.3": "SET_FEATURE",
  "01.3": "SET_FEATURE",
  "02.3": "SET_FEATURE",
  "80.6": "GET_DESCRIPTOR",
  "81.6": "GET_DESCRIPTOR",
  "80.8": "GET_CONFIGURATION",
  "00.9": "SET_CONFIGURATION",
  "81.10": "GET_INTERFACE",
  "01.11": "SET_INTERFACE",
};

/** The name of a request by direction, type, recipient and number, if the device knows it. */
export function standardRequestName(setup: UsbRequest["setup"]): string | undefined {
  const type = setup.requestType.toString(16).padStart(2, "0");
  return STANDARD_REQUESTS[`${type}.${setup.request}`];
}

export interface StandardRequestTarget {
  readonly description: SelfDescription;
  readonly settings: UsbSettings;
  /** Whether a request for the functional descriptor alone has no answer. */
  readonly hidesFunctional?: boolean;
}

/** Answers a request that is not of the DFU class; unknown ones are stalled. */
export function answerStandardRequest(request: UsbRequest, target: StandardRequestTarget): Reply {
  const { setup, length } = request;
  const { settings } = target;
  const answer = (...bytes: number[]): Reply => cut(Uint8Array.from(bytes), length);
  switch (standardRequestName(setup)) {
    case "GET_STATUS":
      return getStatus(request, target);
    case "CLEAR_FEATURE":
      // A SETUP ends the halt of a control pipe (USB 2.0 §8.5.3.4), so there is nothing left to clear.
      return setup.requestType === 0x02 && setup.value === ENDPOINT_HALT && isPipeZero(setup)
        ? ACKNOWLEDGED
        : STALL;
    case "SET_FEATURE":
      // There is no remote wake-up, no test mode, and no halt of the control pipe (USB 2.0 §9.4.9, §9.4.5).
      return STALL;
    case "GET_DESCRIPTOR":
      return getDescriptor(request, target);
    case "GET_CONFIGURATION":
      return answer(settings.configuration);
    case "SET_CONFIGURATION":
      if (setup.value !== 0 && setup.value !== CONFIGURATION_VALUE) return STALL;
      // Every interface is back at its first setting, also if the configuration is the same (USB 2.0 §9.1.1.5).
      Object.assign(settings, { configuration: setup.value, alternate: 0 });
      return ACKNOWLEDGED;
    case "GET_INTERFACE":
      if (!hasInterface(setup, target)) return STALL;
      return answer(alternateCount(setup, target) > 1 ? settings.alternate : 0);
    case "SET_INTERFACE":
      if (!hasInterface(setup, target)) return STALL;
      if (setup.value >= alternateCount(setup, target)) return STALL;
      if (alternateCount(setup, target) > 1) settings.alternate = setup.value;
      return ACKNOWLEDGED;
    default:
      return STALL;
  }
}

/** USB 2.0 table 9-6. */
const ENDPOINT_HALT = 0;

/** The first bit of the status of a device (USB 2.0 §9.4.5), as its configuration says too. */
const IS_SELF_POWERED = 1;

type Setup = UsbRequest["setup"];

function getStatus({ setup, length }: UsbRequest, target: StandardRequestTarget): Reply {
  const status = (low: number) => cut(Uint8Array.of(low, 0), length);
  if (setup.requestType === 0x80) return status(IS_SELF_POWERED);
  const exists = setup.requestType === 0x81 ? hasInterface(setup, target) : isPipeZero(setup);
  return exists ? status(0) : STALL;
}

/** The control pipe, by either of its directions. */
function isPipeZero({ index }: Setup): boolean {
  return index === 0x00 || index === 0x80;
}

function hasInterface({ index }: Setup, { description, settings }: StandardRequestTarget): boolean {
  return settings.configuration !== 0 && index < description.interfaces.length;
}

function alternateCount({ index }: Setup, { description }: StandardRequestTarget): number {
  return description.interfaces[index]?.nameIndexes.length ?? 0;
}

function getDescriptor({ setup, length }: UsbRequest, target: StandardRequestTarget): Reply {
  const { description, hidesFunctional } = target;
  const type = Math.floor(setup.value / 256);
  const index = setup.value % 256;
  if (type === 1 && index === 0) return cut(encodeDevice(description), length);
  if (type === 2 && index === 0) return cut(encodeConfiguration(description), length);
  if (type === 3) {
    const bytes = description.strings[index];
    return bytes === undefined ? STALL : cut(bytes, length);
  }
  if (type !== 0x21 || setup.requestType !== 0x81) return STALL;
  if (hidesFunctional === true) return NEVER;
  return cut(encodeFunctional(description), length);
}

function cut(bytes: Uint8Array, length: number): Reply {
  return { kind: "answer", bytes: bytes.subarray(0, length) };
}
