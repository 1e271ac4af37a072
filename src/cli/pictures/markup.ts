/** Values of attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element of SVG or HTML, on one line. `content` is markup already; without it the element is empty: `<rect/>`. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(formatValue(value!))}"`).join("");
  return content === undefined ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

/** Numbers with two decimals at most: a hundredth of a pixel is more than anyone sees. */
function formatValue(value: string | number): string {
  return typeof value === "string" ? value : String(Math.round(value * 100) / 100);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What XML 1.0 §2.2 forbids, what makes text read in another order than it has, and what nobody can see. */
const UNFIT = /(?![\t\n])\p{C}/gu;

/** Text that means itself between tags and in attributes of SVG and HTML, whatever file it came from. */
export function escapeText(text: string): string {
  return text.replace(UNFIT, "\uFFFD").replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
