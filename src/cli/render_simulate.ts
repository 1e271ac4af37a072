import { formatAddress, formatCount, formatSize, formatUsbIds } from "../format.ts";
import type { SimulatorReport } from "../simulator/report.ts";
import type { ServedDevice, UsbipBus, UsbipServer } from "../simulator/usbip_server.ts";
import { paint, type Style } from "./style.ts";
import { hang, lineWidth } from "./wrap.ts";

interface Served {
  readonly bus: UsbipBus;
  /** In the order of the bus ids. */
  readonly devices: readonly ServedDevice[];
}

/** What is served, and how to attach it. */
export function renderServed(
  { bus, devices, server }: Served & { readonly server: Pick<UsbipServer, "hostname" | "port"> },
  style: Style,
): string {
  const { hostname, port } = server;
  const rows = devices.flatMap(({ device }, index) => {
    const description = device.describe();
    const running = description.mode === "runtime" ? ", runs its program" : "";
    const ids = `${formatUsbIds(description)}, serial ${description.serial}`;
    return hang(`${ids}${running}`, style, { head: `  ${bus.busIds[index]}  ` });
  });
  const portOption = port === USUAL_PORT ? "" : ` --tcp-port ${port}`;
  const attach = `usbip${portOption} attach -r ${hostname} -b ${bus.busIds[0]}`;
  return [
    paint(
      style,
      "bold",
      `${formatCount(devices.length, "simulated device")} on ${hostname}:${port}`,
    ),
    ...rows,
    "",
    ...commandLines("Linux", ["sudo modprobe vhci-hcd", `sudo ${attach}`], style),
    ...commandLines("Windows", [attach], style),
    "",
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}

/** Commands stay whole, so that they can be copied: beside their system, or below it where there is no room. */
function commandLines(system: string, commands: readonly string[], style: Style): string[] {
  const head = system.padEnd(9);
  if (commands.some((command) => head.length + command.length > lineWidth(style))) {
    return [system, ...commands.map((command) => `  ${command}`)];
  }
  return commands.map((command, index) => (index === 0 ? head : " ".repeat(9)) + command);
}

/** What the hosts did to each device. */
export function renderSimulatorReports({ bus, devices }: Served, style: Style): string {
  return devices.flatMap(({ device }, index) => {
    const head = `${bus.busIds[index]}  `;
    const [summary, ...violations] = summaryOf(device.report);
    return [
      ...hang(summary!, style, { head }),
      ...violations.flatMap((text) => hang(text, style, { head: " ".repeat(head.length + 2) })),
    ];
  }).map((line) => `${line}\n`).join("");
}

const USUAL_PORT = 3240;

function summaryOf(report: SimulatorReport): readonly string[] {
  const { transfers, erases, bytesWritten, bytesRead, violations, violationCount, left } = report;
  const parts = [
    formatCount(transfers, "transfer"),
    `${formatCount([...erases.values()].reduce((sum, count) => sum + count, 0), "page")} erased`,
    `${formatSize(bytesWritten)} written`,
    `${formatSize(bytesRead)} read`,
    ...(left === undefined ? [] : [`started at ${formatAddress(left.address)}`]),
    violationCount === 0 ? "no violations" : formatCount(violationCount, "violation"),
  ];
  return [parts.join(", "), ...violations];
}
