import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CHIPS } from "../../src/chips/chips.ts";
import { diagnose, type Machine } from "../../src/cli/diagnose.ts";
import { diagnosisDocument, renderDiagnosis } from "../../src/cli/render_doctor.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { installUdevRules, readUdevRules, udevRules } from "../../src/cli/udev.ts";
import { TransportError, UsageError } from "../../src/errors.ts";
import type { BusDevice } from "../../src/usb/bus.ts";
import { transportErrorOf, udevRule } from "../../src/usb/usb_error.ts";
import { runDfuse } from "../helpers/run_dfuse.ts";
import { FakeBus, fakeDevice } from "../usb/fake_bus.ts";

const RULE = 'SUBSYSTEM=="usb",ATTR{idVendor}=="0483",ATTR{idProduct}=="df11",MODE="0666"';

function machine(devices: readonly BusDevice[], parts: Partial<Machine> = {}): Machine {
  return {
    platform: "linux",
    openBus: () => Promise.resolve(new FakeBus(devices)),
    readUdevRules: () => Promise.resolve(new Map()),
    ...parts,
  };
}

/** A boot loader whose opening fails with the addon's words. */
function refusing(text: string, platform: Machine["platform"] = "linux") {
  const ids = { vendorId: 0x0483, productId: 0xDF11 };
  const error = transportErrorOf(new Error(text), { doing: "open it", platform, ids });
  return fakeDevice({
    path: "1-5",
    product: "STM32  BOOTLOADER",
    open: () => Promise.reject(error),
  });
}

const DENIED = "open error: permission denied (errno 13)";

async function report(subject: Machine): Promise<string> {
  return renderDiagnosis(await diagnose(subject), PLAIN_STYLE);
}

Deno.test("diagnose() opens a boot loader, and closes it again", async () => {
  const calls: string[] = [];
  const transport = { close: () => Promise.resolve(void calls.push("close")) };
  const open = () => {
    calls.push("open");
    // deno-lint-ignore no-explicit-any
    return Promise.resolve(transport as any);
  };
  assertEquals(
    await report(machine([fakeDevice({ path: "1-4", open })])),
    "ok      1-4  0483:df11: is in its boot loader and can be used\n",
  );
  assertEquals(calls, ["open", "close"]);
});

Deno.test("diagnose() gives the udev rule where Linux denies access", async () => {
  assertEquals(
    await report(machine([refusing(DENIED)])),
    `problem 1-5  0483:df11  STM32  BOOTLOADER: Cannot open it: permission denied
        (errno 13)
        No udev rule lets other users than root open it. This one does:
          ${RULE}
        Install it, for all boot loaders that dfuse knows:
          sudo dfuse doctor --install-udev
          sudo udevadm control --reload
          sudo udevadm trigger
        Then plug the device in again.
`,
  );
});

Deno.test("diagnose() says to reload where a rule is there already, and ignores comments", async () => {
  const path = "/etc/udev/rules.d/45.rules";
  const rules = (text: string) => ({
    readUdevRules: () => Promise.resolve(new Map([["/a.rules", "#\n"], [path, text]])),
  });
  const known = await report(machine([refusing(DENIED)], rules(`# x\n${RULE}\n`)));
  assertStringIncludes(known, `${path} has a rule for it`);
  assert(!known.includes("--install-udev"));
  const commented = await report(machine([refusing(DENIED)], rules(`# ${RULE}\n`)));
  assertStringIncludes(commented, "--install-udev");
});

Deno.test("diagnose() names who holds a device on macOS, and the driver on Windows", async () => {
  const busy = await report(machine(
    [refusing("could not claim: exclusive access", "darwin")],
    { platform: "darwin" },
  ));
  assertStringIncludes(busy, "          ioreg -p IOUSB -l\n");
  const driver = await report(machine(
    [refusing("incompatible driver is installed", "windows")],
    { platform: "windows" },
  ));
  assertStringIncludes(driver, "Zadig");
  const denied = await report(machine([refusing(DENIED, "windows")], { platform: "windows" }));
  assertStringIncludes(denied, "administrator once");
  assert(!denied.includes("udev"));
  assert(!driver.includes("udev"));
});

Deno.test("diagnose() says what else is attached, and how to start a boot loader", async () => {
  const text = await report(machine([
    fakeDevice({ path: "1-1", productId: 0x374B, protocol: "none" }),
    fakeDevice({ path: "1-2", vendorId: 0x046D, productId: 0xC52B, protocol: "none" }),
  ]));
  assertStringIncludes(text, "note    1-1  0483:374b: an ST-Link debug probe");
  assertStringIncludes(text, "note    1-2  046d:c52b: does no DFU\n");
  assertStringIncludes(text, "problem None of the attached devices is in its boot loader\n");
  assertStringIncludes(text, "BOOT0");
});

Deno.test("diagnose() tells nothing attached from no USB at all", async () => {
  assertStringIncludes(await report(machine([])), "problem No USB device is attached\n");
  const none = new TransportError("not-found", "Cannot look for USB devices: no USB", {
    hint: "Hint.",
  });
  const findings = await diagnose(machine([], { openBus: () => Promise.reject(none) }));
  assertEquals(findings, [{ kind: "problem", text: none.message, remedy: ["Hint."] }]);
});

Deno.test("diagnose() takes a running program for no problem", async () => {
  const findings = await diagnose(machine([fakeDevice({ path: "2-1", protocol: 1 })]));
  assertEquals(findings.map(({ kind }) => kind), ["note"]);
  assertEquals(diagnosisDocument(findings)["ok"], true);
});

Deno.test("udevRules() has the rule of every part's boot loader once", () => {
  const lines = udevRules().trimEnd().split("\n");
  assertEquals(new Set(lines).size, lines.length);
  for (const chip of CHIPS) assert(lines.includes(udevRule(chip)), chip.id);
});

Deno.test("installUdevRules() writes them where they are then found, and says why it cannot", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await installUdevRules("linux", `${folder}/70-dfuse.rules`);
    await Deno.writeTextFile(`${folder}/other.txt`, RULE);
    const rules = await readUdevRules([`${folder}/missing`, folder]);
    assertEquals([...rules], [[`${folder}/70-dfuse.rules`, udevRules()]]);
    await assertRejects(
      () => installUdevRules("linux", `${folder}/missing/70-dfuse.rules`),
      TransportError,
      "Cannot write",
    );
    await assertRejects(
      () => installUdevRules("darwin", `${folder}/x`),
      UsageError,
      "expected Linux",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("dfuse doctor ends with 6 where there is a problem, and its JSON says so", async () => {
  const run = await runDfuse(["doctor", "--json"]);
  const document = JSON.parse(run.stdout);
  assertEquals(document.schema, "dfuse.doctor/1");
  assertEquals(run.code, document.ok ? 0 : 6);
  assertEquals(run.stderr, "");
});
