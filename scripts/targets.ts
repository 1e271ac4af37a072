/** A platform that dfuse is built for: a target of `deno compile`. */
export interface Target {
  readonly triple: string;
  /** The name of a release file. */
  readonly file: string;
  /** The npm package with the USB addon of this platform. */
  readonly addon: string;
}

/** Every platform that a release is built for. */
export const TARGETS: readonly Target[] = [
  {
    triple: "x86_64-unknown-linux-gnu",
    file: "dfuse-linux-x86_64",
    addon: "@node-usb/usb-linux-x64-gnu",
  },
  {
    triple: "aarch64-unknown-linux-gnu",
    file: "dfuse-linux-aarch64",
    addon: "@node-usb/usb-linux-arm64-gnu",
  },
  {
    triple: "x86_64-apple-darwin",
    file: "dfuse-macos-x86_64",
    addon: "@node-usb/usb-darwin-x64",
  },
  {
    triple: "aarch64-apple-darwin",
    file: "dfuse-macos-aarch64",
    addon: "@node-usb/usb-darwin-arm64",
  },
  {
    triple: "x86_64-pc-windows-msvc",
    file: "dfuse-windows-x86_64.exe",
    addon: "@node-usb/usb-win32-x64-msvc",
  },
];

/** The target that a triple names. Throws an `Error` that lists them all for any other. */
export function findTarget(triple: string): Target {
  const target = TARGETS.find((candidate) => candidate.triple === triple);
  if (target !== undefined) return target;
  const known = TARGETS.map((candidate) => candidate.triple).join(", ");
  throw new Error(`Cannot compile for ${triple}, expected one of ${known}`);
}
