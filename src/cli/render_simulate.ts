import { formatAddress, formatCount, formatSize, formatUsbIds } from "../format.ts";
import type { SimulatorReport } from "../simulator/report.ts";
import type { ServedDevice, UsbipBus, UsbipServer } from "../simulator/usbip_server.ts";
import { paint, type Style } from "./style.ts";

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
  const rows = devices.map(({ device }, index) => {
    const description = device.describe();
    return `  ${bus.busIds[index]}  ${formatUsbIds(description)}, serial ${description.serial}`;
  });
  const portOption = port === USUAL_PORT ? "" : ` --tcp-port ${port}`;
  const [first] = bus.busIds;
  return [
    paint(
      style,
      "bold",
      `${formatCount(devices.length, "simulated device")} on ${hostname}:${port}`,
    ),
    ...rows,
    "",
    "Linux    sudo modprobe vhci-hcd",
    `         sudo usbip${portOption} attach -r ${hostname} -b ${first}`,
    `Windows  usbip${portOption} attach -r ${hostname} -b ${first}`,
    "",
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}

/** What the hosts did to each device. */
export function renderSimulatorReports({ bus, devices }: Served): string {
  return devices.map(({ device }, index) => `${bus.busIds[index]}  ${summaryOf(device.report)}\n`)
    .join("");
}

const USUAL_PORT = 3240;

function summaryOf(report: SimulatorReport): string {
  const { transfers, erases, bytesWritten, bytesRead, violations, violationCount, left } = report;
  const parts = [
    formatCount(transfers, "transfer"),
    `${formatCount([...erases.values()].reduce((sum, count) => sum + count, 0), "page")} erased`,
    `${formatSize(bytesWritten)} written`,
    `${formatSize(bytesRead)} read`,
    ...(left === undefined ? [] : [`started at ${formatAddress(left.address)}`]),
    violationCount === 0 ? "no violations" : formatCount(violationCount, "violation"),
  ];
  return [parts.join(", "), ...violations.map((text) => `       ${text}`)].join("\n");
}
