import {
  encodeConfiguration,
  encodeDevice,
  encodeFunctional,
  encodeString,
  LANGUAGES,
} from "./descriptor_bytes.ts";
import type { Part } from "./part.ts";
import { ACKNOWLEDGED, NEVER, type Reply, STALL, type UsbRequest } from "./usb_request.ts";
import type { Volatile } from "./work.ts";

/** Requests that every USB device knows (USB 2.0 §9.4), with the numbers of their setup packets. */
const STANDARD_REQUESTS: Readonly<Record<string, string>> = {
  "80.0": "GET_STATUS",
  "81.0": "GET_STATUS",
  "82.0": "GET_STATUS",
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

/** Answers a request that is not of the DFU class; unknown ones are stalled. */
export function answerStandardRequest(
  { setup, length }: UsbRequest,
  { part, state }: { readonly part: Part; readonly state: Volatile },
): Reply {
  const answer = (...bytes: number[]): Reply => cut(Uint8Array.from(bytes), length);
  switch (standardRequestName(setup)) {
    case "GET_STATUS":
      return answer(0, 0);
    case "GET_DESCRIPTOR":
      return getDescriptor(part, { setup, length });
    case "GET_CONFIGURATION":
      return answer(1);
    case "SET_CONFIGURATION":
      return setup.value === 1 ? ACKNOWLEDGED : STALL;
    case "GET_INTERFACE":
      return setup.index === 0 ? answer(state.alternate) : STALL;
    case "SET_INTERFACE":
      if (setup.index !== 0 || setup.value >= part.chip.alternates.length) return STALL;
      state.alternate = setup.value;
      return ACKNOWLEDGED;
    default:
      return STALL;
  }
}

function getDescriptor(part: Part, { setup, length }: Omit<UsbRequest, "data">): Reply {
  const type = Math.floor(setup.value / 256);
  const index = setup.value % 256;
  if (type === 1 && index === 0) return cut(encodeDevice(part), length);
  if (type === 2 && index === 0) return cut(encodeConfiguration(part), length);
  if (type === 3) {
    const bytes = index === 0 ? LANGUAGES : encodeString(part, index);
    return bytes === undefined ? STALL : cut(bytes, length);
  }
  if (type !== 0x21 || setup.requestType !== 0x81) return STALL;
  if (part.quirks.has("descriptor-request-unanswered")) return NEVER;
  return cut(encodeFunctional(part), length);
}

function cut(bytes: Uint8Array, length: number): Reply {
  return { kind: "answer", bytes: bytes.subarray(0, length) };
}
