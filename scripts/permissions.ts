/**
 * What dfuse may do, from source and in the executable: one flag each, with the reason. Nothing else is granted and
 * nothing is asked for, so that it never starts another program and never talks to a network.
 */
export const PERMISSIONS: readonly string[] = [
  // Firmware and settings, wherever they are.
  "--allow-read",
  // What commands are told to write: firmware, pictures, journals. The USB addon must be a real file to be loaded.
  "--allow-write",
  // The USB addon is native code.
  "--allow-ffi",
  // `simulate` serves USB/IP to this machine only.
  "--allow-net=127.0.0.1,[::1],localhost",
  `--allow-env=${environment().join(",")}`,
  "--no-prompt",
];

/** The variables that dfuse reads, or sets for itself. */
function environment(): string[] {
  return [
    // How the terminal shows text.
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "COLUMNS",
    // Where the USB addon is unpacked: a folder of its own, removed at once.
    "TMPDIR",
    "TMP",
    "TEMP",
    // What the loader of the USB addon asks for; nobody needs to set them.
    "NAPI_RS_NATIVE_LIBRARY_PATH",
    "NAPI_RS_ENFORCE_VERSION_CHECK",
    "NAPI_RS_FORCE_WASI",
    "NAPI_RS_WASI_FLAVOR",
  ];
}
