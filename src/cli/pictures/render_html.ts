import { formatAddress, formatCount, formatRange, formatSize } from "../../format.ts";
import type { AlternateExtent, Operation, PageRun } from "../../plan/operation.ts";
import { runWords } from "../render_plan.ts";
import { element, escapeText } from "./markup.ts";
import { pageStyle } from "./page_style.ts";
import type { Picture } from "./picture.ts";
import { renderSvg } from "./render_svg.ts";

/** More rows than this are for programs: `--json` has them all. */
const MAX_ROWS = 1000;

/**
 * A plan as one page of HTML that needs nothing but itself: the map, whose pages tell about themselves under the pointer,
 * and in tables what is done, in order, and what is known of the file. No scripts; a browser may load nothing for it.
 */
export function renderHtml(picture: Picture): string {
  const { file, profile, plan, warnings, facts } = picture;
  const name = `${file} → ${profile.name}`;
  const body = [
    element("h1", {}, escapeText(name)),
    ...warnings.map((warning) =>
      element("p", { class: "warning" }, `<strong>Warning:</strong> ${escapeText(warning)}`)
    ),
    element(
      "div",
      { class: "picture", tabindex: 0, role: "region", "aria-label": "Memory map" },
      "\n" + renderSvg(picture, { details: true }),
    ),
    element("p", { class: "note" }, "Point at a page of the memory to see what happens to it."),
    ...section("The file", table(["Fact", "Value"], facts)),
    ...section("Elements of the file", elementTable(picture)),
    ...section(
      "Pages",
      table(["Alternate", "Addresses", "Pages", "What happens"], plan.pages.map(pageCells)),
    ),
    ...section("Lost: outside the image, erased", extentTable(plan.blanked)),
    ...section("Kept: outside the image, read first and written back", extentTable(plan.preserved)),
    ...section(
      "Operations, in order",
      table(["Step", "Operation", "Where", "Size"], operationRows(plan.operations)),
    ),
  ];
  return [
    "<!DOCTYPE html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    // Whatever a file's name or strings may try: nothing runs, and nothing is loaded.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    element("title", {}, escapeText(`dfuse plan: ${name}`)),
    `<style>\n${pageStyle()}\n</style>`,
    "</head>",
    "<body>",
    ...body,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

type Cells = readonly string[];

/** A heading and what belongs to it; nothing where that is empty. */
function section(title: string, content: string | undefined): string[] {
  return content === undefined ? [] : [element("h2", {}, escapeText(title)), content];
}

function table(head: Cells, rows: readonly Cells[]): string | undefined {
  if (rows.length === 0) return undefined;
  const line = (cells: Cells, name: "td" | "th") =>
    element("tr", {}, cells.map((cell) => element(name, lookOf(cell), escapeText(cell))).join(""));
  const rest = rows.length - MAX_ROWS;
  const lines = rows.slice(0, MAX_ROWS).map((cells) => line(cells, "td"));
  const more = rest <= 0 ? "" : element(
    "p",
    { class: "note" },
    `… and ${formatCount(rest, "more row")}: see dfuse plan --json`,
  );
  const parts = [
    element("thead", {}, line(head, "th")),
    element("tbody", {}, "\n" + lines.join("\n") + "\n"),
  ];
  return element("div", { class: "table" }, element("table", {}, parts.join("\n"))) + more;
}

/** What is longer than two addresses may be broken, anywhere as sums have no blanks; addresses and sizes may not. */
function lookOf(cell: string): { class?: string } {
  return cell.length > 28 ? { class: "long" } : {};
}

function elementTable({ elements }: Picture): string | undefined {
  const hasNames = elements.some(({ name }) => name !== undefined);
  return table(
    ["Addresses", "Size", ...(hasNames ? ["Name"] : [])],
    elements.map((part) => [
      formatRange(part),
      formatSize(part.size),
      ...(hasNames ? [part.name ?? ""] : []),
    ]),
  );
}

function pageCells(run: PageRun): Cells {
  const { alternate, address, pageSize, pageCount } = run;
  return [
    String(alternate),
    formatRange({ address, size: pageSize * pageCount }),
    `${pageCount} × ${formatSize(pageSize)}`,
    runWords(run),
  ];
}

function extentTable(extents: readonly AlternateExtent[]): string | undefined {
  return table(
    ["Alternate", "Addresses", "Size"],
    extents.map((
      extent,
    ) => [String(extent.alternate), formatRange(extent), formatSize(extent.size)]),
  );
}

function operationRows(operations: readonly Operation[]): Cells[] {
  return operations.map((operation, index) => [String(index + 1), ...operationCells(operation)]);
}

/** What is done, where, and how much. */
function operationCells(operation: Operation): Cells {
  switch (operation.kind) {
    case "select":
      return ["select", `alternate ${operation.alternate}`, ""];
    case "voltage":
      return [
        `tell the supply voltage, ${operation.range} V`,
        formatAddress(operation.address),
        "",
      ];
    case "erase": {
      const { address, pageSize, pageCount } = operation;
      const size = `${pageCount} × ${formatSize(pageSize)}`;
      return ["erase", formatRange({ address, size: pageSize * pageCount }), size];
    }
    case "erase-all":
      return ["erase", "the whole memory", ""];
    case "read":
    case "write":
    case "verify":
      return [operation.kind, formatRange(operation), formatSize(operation.size)];
    case "leave":
      return ["start the program", formatAddress(operation.address), ""];
  }
}
