/** Text that is HTML already: made by `markup` only, so that nothing reaches a page unescaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};
// What is no character of XML would break the SVG as a whole.
// oxlint-disable-next-line no-control-regex
const NO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;

/**
 * Template tag: everything put in is escaped, for text and for quoted attribute values, unless it is Markup itself.
 * @example markup`<td title="${name}">${name}</td>`
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(parts.map((part, i) => part + render(values[i])).join(""));
}

function render(value: Part): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return String(value)
    .replace(NO_XML, "\ufffd")
    .replace(/[&<>"'`]/g, (sign) => ENTITIES[sign] ?? sign);
}
