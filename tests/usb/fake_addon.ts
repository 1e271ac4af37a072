import type { Addon, AddonDevice } from "../../src/usb/addon.ts";

/** What a fake device does on a call, by the call's name; others resolve. */
export type FakeCalls = Partial<Record<string, (...args: unknown[]) => unknown>>;

/** The addon's surface without a machine behind it: calls are recorded, and answered as the test says. */
export class FakeAddonDevice {
  readonly calls: string[] = [];
  readonly device: AddonDevice;

  constructor(facts: Partial<AddonDevice> = {}, calls: FakeCalls = {}) {
    const call = (name: string) => async (...args: unknown[]) => {
      this.calls.push([name, ...args.filter((arg) => typeof arg === "number")].join(" "));
      await Promise.resolve();
      return calls[name]?.(...args) ?? {};
    };
    const base = {
      handle: "h1",
      vendorId: 0x0483,
      productId: 0xDF11,
      deviceVersionMajor: 0x22,
      deviceVersionMinor: 0,
      deviceVersionSubminor: 0,
      deviceClass: 0,
      bus: "001",
      address: 7,
      ports: [4, 2],
      serialNumber: null,
      manufacturerName: null,
      productName: null,
      configuration: null,
      open: call("open"),
      close: call("close"),
      reset: call("reset"),
      claimInterface: call("claim"),
      releaseInterface: call("release"),
      selectAlternateInterface: call("select"),
      controlTransferIn: call("in"),
      controlTransferOut: call("out"),
    };
    this.device = Object.defineProperties(base, Object.getOwnPropertyDescriptors(facts)) as
      & typeof base
      & AddonDevice;
  }
}

/** An addon with these devices. */
export function fakeAddon(
  devices: readonly AddonDevice[],
  emitter: Partial<Addon["usb"]["nativeEmitter"]> = {},
): Addon {
  const nativeEmitter = {
    addAttach: () => Promise.resolve(),
    removeAttach: () => Promise.resolve(),
    ...emitter,
  };
  return { usb: { getDevices: () => Promise.resolve([...devices]), nativeEmitter } };
}

/** What the addon throws: one class, one code, the reason in the text. */
export function addonError(text: string): Error {
  return Object.assign(new Error(text), { code: "GenericFailure" });
}
