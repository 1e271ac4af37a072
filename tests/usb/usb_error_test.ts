import { assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { TransportError, type TransportErrorKind } from "../../src/errors.ts";
import { transportErrorOf, udevRule, type UsbPlatform } from "../../src/usb/usb_error.ts";
import { addonError } from "./fake_addon.ts";

const IDS = { vendorId: 0x0483, productId: 0xDF11 };

function errorOf(text: string, platform: UsbPlatform = "linux"): TransportError {
  const context = { doing: "open the device at 1-4.2", platform, ids: IDS };
  return transportErrorOf(addonError(text), context);
}

const LINUX: readonly (readonly [text: string, kind: TransportErrorKind])[] = [
  ["controlTransferIn error: endpoint stalled", "stall"],
  ["controlTransferOut error: transfer was cancelled", "timeout"],
  ["controlTransferIn error: device disconnected", "disconnected"],
  ["controlTransferIn error: hardware fault or protocol violation", "fault"],
  ["controlTransferIn error: invalid state", "fault"],
  ["controlTransferIn error: invalid or unsupported argument", "fault"],
  ["controlTransferIn error: unknown (errno 12)", "fault"],
  ["claimInterface error: interface is busy (errno 16)", "busy"],
  ["claimInterface error: interface not found (errno 22)", "fault"],
  ["claimInterface error: device disconnected (errno 19)", "disconnected"],
  ["open error: permission denied (errno 13)", "access-denied"],
  ["open error: permission denied (errno 1)", "access-denied"],
  ["open error: device not found (errno 2)", "disconnected"],
  ["open error: failed to open device (errno 19)", "disconnected"],
  ["open error: failed to open device (errno 24)", "fault"],
  ["selectAlternateInterface error: failed to set alternate setting (errno 32)", "stall"],
  ["selectAlternateInterface error: failed to set alternate setting (errno 110)", "timeout"],
  ["selectAlternateInterface error: failed to set alternate setting (errno 71)", "fault"],
  ["selectAlternateInterface error: alternate setting not found (errno 22)", "fault"],
  ["reset error: device is busy (errno 16)", "busy"],
  ["reset error: device disconnected (errno 19)", "disconnected"],
  ["getDevices error: /sys/bus/usb/devices/ not found (errno 2)", "not-found"],
  ["getDevices error: /sys/bus/usb/devices/ permission denied (errno 13)", "access-denied"],
  ["The same native value cannot be borrowed mutably while it is borrowed", "fault"],
];

const OTHERS: readonly (readonly [
  platform: UsbPlatform,
  text: string,
  kind: TransportErrorKind,
])[] = [
  [
    "windows",
    "claimInterface error: incompatible driver is installed for this device",
    "no-driver",
  ],
  [
    "windows",
    "claimInterface error: incompatible driver is installed for this interface",
    "no-driver",
  ],
  ["windows", "claimInterface error: could not determine driver for interface", "no-driver"],
  [
    "windows",
    "claimInterface error: Could not find DeviceInterfaceGUIDs in registry. WinUSB driver may not be correctly installed for this interface.",
    "no-driver",
  ],
  ["windows", "claimInterface error: failed to find device path for WinUSB device", "no-driver"],
  ["windows", "claimInterface error: failed to initialize WinUSB (error 8)", "no-driver"],
  ["windows", "claimInterface error: failed to open device (error 5)", "busy"],
  ["windows", "claimInterface error: interface is already claimed", "busy"],
  ["windows", "open error: failed to find parent hub", "disconnected"],
  ["windows", "controlTransferIn error: unknown (error 22)", "disconnected"],
  ["windows", "reset error: reset not supported by WinUSB", "fault"],
  [
    "darwin",
    "claimInterface error: could not open interface for exclusive access (error 0xe00002c5)",
    "busy",
  ],
  ["darwin", "open error: not found by registry id", "disconnected"],
  ["darwin", "open error: failed to open (error 0xe00002e2)", "access-denied"],
];

Deno.test("transportErrorOf() knows every text of the addon on Linux", () => {
  for (const [text, kind] of LINUX) assertEquals(errorOf(text).kind, kind, text);
});

Deno.test("transportErrorOf() knows the texts of the other systems", () => {
  for (const [platform, text, kind] of OTHERS) {
    assertEquals(errorOf(text, platform).kind, kind, text);
  }
});

Deno.test("transportErrorOf() always says what was tried and what to do", () => {
  for (const [text] of LINUX) {
    const { message, hint, exitCode, cause } = errorOf(text);
    assertStringIncludes(message, "Cannot open the device at 1-4.2: ");
    assertEquals(message.includes("error:"), false, message);
    assertEquals((hint ?? "").length > 20, true, text);
    assertEquals(exitCode, 6);
    assertEquals((cause as Error).message, text);
  }
});

Deno.test("transportErrorOf() gives the udev rule of the device as one word, so that it can be copied", () => {
  const { hint } = errorOf("open error: permission denied (errno 13)");
  const rule = 'SUBSYSTEM=="usb",ATTR{idVendor}=="0483",ATTR{idProduct}=="df11",MODE="0666"';
  assertEquals(udevRule(IDS), rule);
  assertStringIncludes(hint ?? "", `\n${rule}\n`);
  assertStringIncludes(hint ?? "", "/etc/udev/rules.d/70-dfuse.rules");
});

Deno.test("transportErrorOf() names Zadig where Windows has no driver", () => {
  const error = errorOf("claimInterface error: incompatible driver is installed", "windows");
  assertStringIncludes(error.hint ?? "", "Zadig");
});

Deno.test("transportErrorOf() finds the reason why the addon does not load in the chain of causes", () => {
  const reason = new Error('Requires ffi access to "/x/usb.node", run again with --allow-ffi');
  const loading = new Error("Cannot find native binding.", { cause: reason });
  const context = { doing: "use USB", platform: "linux" } as const;
  assertEquals(transportErrorOf(loading, context).kind, "access-denied");
  assertEquals(
    transportErrorOf(new Error("Cannot find native binding."), context).kind,
    "no-driver",
  );
});

Deno.test("transportErrorOf() ends on an error that caused itself", () => {
  const error = new Error("strange");
  error.cause = error;
  assertEquals(transportErrorOf(error, { doing: "use USB", platform: "linux" }).kind, "fault");
});

Deno.test("transportErrorOf() passes on what is known already", () => {
  const error = new TransportError("busy", "Cannot open");
  assertStrictEquals(transportErrorOf(error, { doing: "x", platform: "linux" }), error);
});
