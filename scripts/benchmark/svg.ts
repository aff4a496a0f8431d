/** Parts of an SVG picture as text. Numbers are rounded to a tenth of a pixel. */

/** Readable on white and on black: the picture has no background, and its greys follow the reader's colour scheme. */
const STYLE = `text{font:11px system-ui,sans-serif;fill:#57606a}.head{font-weight:600}.axis{stroke:#8c959f;stroke-width:1;fill:none}.grid{stroke:#8c959f;stroke-opacity:.25;stroke-width:1}@media(prefers-color-scheme:dark){text{fill:#adbac7}.axis{stroke:#768390}.grid{stroke:#768390}}`;

export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img" aria-label="${escaped(title)}"><style>${STYLE}</style>\n${parts.join("\n")}\n</svg>\n`;
}

interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly isHead?: boolean;
}

export function text(
  x: number,
  y: number,
  content: string,
  { anchor = "start", isHead = false }: TextOptions = {},
): string {
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${isHead ? ' class="head"' : ""}>${escaped(content)}</text>`;
}

export function line(from: Point, to: Point, kind: "axis" | "grid"): string {
  return `<line class="${kind}" x1="${px(from.x)}" y1="${px(from.y)}" x2="${px(to.x)}" y2="${px(to.y)}"/>`;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function polyline(points: readonly Point[], color: string, width = 1.5): string {
  const path = points.map(({ x, y }) => `${px(x)},${px(y)}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="${width}"/>`;
}

export function dot(
  { x, y }: Point,
  color: string,
  { radius = 2.5, title }: { radius?: number; title?: string } = {},
): string {
  const told = title === undefined ? "/>" : `><title>${escaped(title)}</title></circle>`;
  return `<circle cx="${px(x)}" cy="${px(y)}" r="${radius}" fill="${color}"${told}`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
